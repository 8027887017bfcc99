package io.berth.policies;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is in which group.
 *
 * @param members of every group, in the order of the file
 * @param defaultGroup of users in none; null: no group
 * @param byUser the group of each member
 */
record Groups(
    Map<String, Set<String>> members, @Nullable String defaultGroup, Map<String, String> byUser) {

  Optional<String> of(String user) {
    return Optional.ofNullable(byUser.getOrDefault(user, defaultGroup));
  }

  /** Collects members from the main file and the members files, and says who is in two groups. */
  static final class Builder {

    private record Membership(String group, String place) {}

    private final Map<String, Set<String>> members = new LinkedHashMap<>();
    private final Map<String, Membership> first = new HashMap<>();

    void addGroup(String group) {
      members.putIfAbsent(group, new LinkedHashSet<>());
    }

    Set<String> names() {
      return members.keySet();
    }

    /**
     * Adds a member of a group that was added; refuses one who is in another group already.
     *
     * @param column from 1
     */
    void add(String group, String user, Source source, int line, int column) {
      Membership here = new Membership(group, source.file() + ":" + line);
      Membership before = first.putIfAbsent(user, here);
      if (before != null && !before.group.equals(group)) {
        source.error(
            line,
            column,
            "user "
                + Value.shown(user)
                + " is in group "
                + group
                + " here and in group "
                + before.group
                + " ("
                + before.place
                + ")",
            "keep one of them");
        return;
      }
      members.getOrDefault(group, new LinkedHashSet<>()).add(user);
    }

    Groups build(@Nullable String defaultGroup) {
      Map<String, String> byUser = new HashMap<>();
      first.forEach((user, membership) -> byUser.put(user, membership.group));
      Map<String, Set<String>> copy = new LinkedHashMap<>();
      members.forEach((group, users) -> copy.put(group, Collections.unmodifiableSet(users)));
      return new Groups(Collections.unmodifiableMap(copy), defaultGroup, Map.copyOf(byUser));
    }
  }
}
