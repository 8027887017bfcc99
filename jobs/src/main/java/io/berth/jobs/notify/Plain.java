package io.berth.jobs.notify;

/** Text from elsewhere, made harmless to show: it can neither steer a terminal nor fake a line. */
final class Plain {

  /** Longer values are cut. */
  static final int MAX_LENGTH = 300;

  private Plain() {}

  /** One line of it, at most {@link #MAX_LENGTH} code points. */
  static String line(String text) {
    return line(text, MAX_LENGTH);
  }

  /** One line of it, at most that many code points. */
  static String line(String text, int most) {
    StringBuilder plain = new StringBuilder();
    int count = 0;
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      if (++count > most) {
        return plain.append("...").toString();
      }
      int point = text.codePointAt(at);
      plain.appendCodePoint(isHarmless(point) ? point : '?');
    }
    return plain.toString();
  }

  /** Not so: control characters (C0, C1), those that turn or hide text, and what has no meaning. */
  private static boolean isHarmless(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
