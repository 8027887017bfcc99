package io.berth.policies;

/** The text of one {@code groups/<group>.members}: a user a line, {@code #} begins a comment. */
final class MembersFile {

  private MembersFile() {}

  static void read(String text, String group, Groups.Builder groups, Source source) {
    int number = 0;
    for (String line : text.split("\\R", -1)) {
      number++;
      String user = line.replaceFirst("#.*", "").strip();
      if (!user.isEmpty()) {
        add(user, group, groups, source, number, 1 + line.indexOf(user));
      }
    }
  }

  private static void add(
      String user, String group, Groups.Builder groups, Source source, int line, int column) {
    try {
      groups.add(group, UserType.check(user), source, line, column);
    } catch (Refused refused) {
      source.error(line, column, refused.what(), refused.meant());
    }
  }
}
