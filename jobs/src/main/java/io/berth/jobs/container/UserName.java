package io.berth.jobs.container;

import java.util.Optional;

/**
 * Tells what can be the name of a user from what can't.
 *
 * <p>A label is whatever somebody typed. Surrounding blanks are dropped; case is kept, and so are
 * blanks inside, {@code @}, {@code .}, {@code \} and letters of every script, since directories
 * have such names. Not a name: nothing at all, more than 256 characters (longer than any login name
 * on Linux), anything with a character that can't be seen (it would forge log lines, or look like
 * another user), and the word {@code unknown}, which says that nobody is known.
 */
final class UserName {

  private static final int MAX_LENGTH = 256;

  private UserName() {}

  /** The name in that text; empty where there is none. */
  static Optional<String> of(String text) {
    String name = trim(text);
    boolean possible =
        !name.isEmpty()
            && name.length() <= MAX_LENGTH
            && !name.equals(Owner.UNKNOWN_NAME)
            && name.codePoints().allMatch(UserName::isVisible);
    return possible ? Optional.of(name) : Optional.empty();
  }

  /** Without surrounding blanks of any kind; {@code strip} leaves the no-break space. */
  private static String trim(String text) {
    int begin = 0;
    int end = text.length();
    while (begin < end && isBlank(text.charAt(begin))) {
      begin++;
    }
    while (begin < end && isBlank(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(begin, end);
  }

  private static boolean isBlank(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  private static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
