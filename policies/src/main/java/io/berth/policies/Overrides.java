package io.berth.policies;

import java.util.LinkedHashMap;
import java.util.Map;

/** Users' own limits, from {@code user_overrides} or from {@code user-overrides.yaml}. */
final class Overrides {

  /** One user's limits, and where the user is named. */
  record Entry(LimitMap limits, Fields.Field at, Source source) {}

  private Overrides() {}

  /** Takes all the users of a section. */
  static Map<String, Entry> read(Fields users) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Fields.Field user : users.takeAll()) {
      check(user, users.source());
      user.value()
          .fields()
          .ifPresent(
              fields -> {
                LimitMap limits = LimitMap.owner(fields);
                fields.rejectRest();
                entries.put(user.word(), new Entry(limits, user, users.source()));
              });
    }
    return entries;
  }

  private static void check(Fields.Field user, Source source) {
    try {
      UserType.check(user.word());
    } catch (Refused refused) {
      source.error(user.key(), refused.what(), refused.meant());
    }
  }

  /** The users of both places; one who is in both is refused. */
  static Map<String, LimitMap> together(Map<String, Entry> main, Map<String, Entry> side) {
    Map<String, LimitMap> all = new LinkedHashMap<>();
    main.forEach((user, entry) -> all.put(user, entry.limits));
    side.forEach(
        (user, entry) -> {
          Entry before = main.get(user);
          if (before != null) {
            sayTwice(user, before, entry);
          }
          all.put(user, entry.limits);
        });
    return all;
  }

  private static void sayTwice(String user, Entry before, Entry here) {
    here.source.error(
        here.at.key(),
        "user "
            + Value.shown(user)
            + " has overrides here and in "
            + before.source.file()
            + ":"
            + before.at.line(),
        "keep one of them");
  }
}
