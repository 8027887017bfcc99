package io.berth.policies;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** What was meant by a word that is not known: the closest of those that are. */
final class Spelling {

  private static final int MOST_LISTED = 20;

  private Spelling() {}

  /** {@code did you mean "x"?}, or, where nothing is close, what is allowed. */
  static String hint(String word, Collection<String> allowed) {
    return hint(word, allowed, allowed);
  }

  /**
   * @param listed those to name where nothing of all the allowed is close
   */
  static String hint(String word, Collection<String> allowed, Collection<String> listed) {
    return closest(word, allowed)
        .map(close -> "did you mean \"" + close + "\"?")
        .orElseGet(() -> list(listed));
  }

  private static String list(Collection<String> allowed) {
    if (allowed.isEmpty()) {
      return "there is none here";
    }
    String more = allowed.size() > MOST_LISTED ? ", ..." : "";
    return "allowed: " + String.join(", ", allowed.stream().limit(MOST_LISTED).toList()) + more;
  }

  /** The word that is at most a third of its letters away. */
  static Optional<String> closest(String word, Collection<String> allowed) {
    return allowed.stream()
        .filter(candidate -> distance(word, candidate) <= tolerance(candidate))
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)));
  }

  private static int tolerance(String candidate) {
    return candidate.length() < 3 ? 0 : candidate.length() / 3;
  }

  /** Edits between two words, a swap of neighbours being one; case and -/_ do not count. */
  static int distance(String left, String right) {
    String a = plain(left);
    String b = plain(right);
    if (Math.abs(a.length() - b.length()) > tolerance(right)) {
      return Integer.MAX_VALUE;
    }
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        cost[i][j] = cheapest(cost, a, b, i, j);
      }
    }
    return cost[a.length()][b.length()];
  }

  private static int cheapest(int[][] cost, String a, String b, int i, int j) {
    if (i == 0 || j == 0) {
      return i + j;
    }
    int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
    int best =
        Math.min(cost[i - 1][j - 1] + change, Math.min(cost[i - 1][j] + 1, cost[i][j - 1] + 1));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
  }

  private static String plain(String word) {
    return word.toLowerCase(Locale.ROOT).replace('-', '_');
  }
}
