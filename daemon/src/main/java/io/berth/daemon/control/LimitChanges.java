package io.berth.daemon.control;

import static java.util.stream.Collectors.toCollection;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.policies.ContainerType;
import io.berth.policies.LimitKey;
import io.berth.policies.PolicyBook;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What another book changes in effective limits: by limit, and by the users and types it is for.
 */
final class LimitChanges {

  /** One limit that became another, for containers of these types. */
  private record Change(String limit, String before, String after, List<String> types) {}

  private LimitChanges() {}

  /**
   * The changes, each once, with all users it is for.
   *
   * @param owners users that have containers, besides those that the books name
   */
  static ArrayNode between(PolicyBook before, PolicyBook after, Set<String> owners) {
    Map<Change, Set<String>> changes = new LinkedHashMap<>();
    for (String user : users(before, after, owners)) {
      for (LimitKey<?> key : LimitKey.ALL) {
        ofUser(before, after, user, key)
            .forEach(change -> changes.computeIfAbsent(change, same -> new TreeSet<>()).add(user));
      }
    }
    ArrayNode json = Answer.JSON.createArrayNode();
    changes.forEach(
        (change, users) -> {
          ObjectNode each =
              json.addObject()
                  .put("limit", change.limit)
                  .put("before", change.before)
                  .put("after", change.after);
          users.forEach(each.putArray("users")::add);
          change.types.forEach(each.putArray("types")::add);
        });
    return json;
  }

  private static Set<String> users(PolicyBook before, PolicyBook after, Set<String> owners) {
    Set<String> users = new TreeSet<>(owners);
    for (PolicyBook book : List.of(before, after)) {
      book.groups().values().forEach(users::addAll);
      users.addAll(book.usersWithOverrides());
    }
    users.add("unknown");
    return users;
  }

  private static Set<Change> ofUser(
      PolicyBook before, PolicyBook after, String user, LimitKey<?> key) {
    Map<List<String>, Set<ContainerType>> moved = new LinkedHashMap<>();
    for (ContainerType type : ContainerType.values()) {
      String was = LimitWords.of(before.limitsFor(user, type), key);
      String is = LimitWords.of(after.limitsFor(user, type), key);
      if (!was.equals(is)) {
        moved.computeIfAbsent(List.of(was, is), same -> new TreeSet<>()).add(type);
      }
    }
    return moved.entrySet().stream()
        .map(
            each ->
                new Change(
                    key.word(), each.getKey().get(0), each.getKey().get(1), words(each.getValue())))
        .collect(toCollection(java.util.LinkedHashSet::new));
  }

  private static List<String> words(Set<ContainerType> types) {
    return Arrays.stream(ContainerType.values())
        .filter(types::contains)
        .map(ContainerType::word)
        .toList();
  }
}
