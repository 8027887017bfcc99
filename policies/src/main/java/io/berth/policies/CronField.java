package io.berth.policies;

import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One field of a cron line: its bounds, and the values that crontab(5) takes from it. The constants
 * stand in the order of a Quartz line; a 5-field line has the middle five.
 */
enum CronField {
  SECOND("second", 0, 59, ""),
  MINUTE("minute", 0, 59, ""),
  HOUR("hour", 0, 23, ""),
  DAY_OF_MONTH("day of month", 1, 31, ""),
  MONTH("month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
  DAY_OF_WEEK("day of week", 0, 7, "sun mon tue wed thu fri sat"),
  YEAR("year", 1970, 2099, "");

  private static final Pattern TERM =
      Pattern.compile("(?:(\\*)|(\\w{1,4})(?:-(\\w{1,4}))?)(?:/(\\d{1,4}))?");

  private final String title;
  private final int min;
  private final int max;
  private final String names;

  CronField(String title, int min, int max, String names) {
    this.title = title;
    this.min = min;
    this.max = max;
    this.names = names;
  }

  String title() {
    return title;
  }

  /** What may stand in this field of a 5-field line. */
  String allowed() {
    String range = this == DAY_OF_WEEK ? "0-7 (0 and 7 are Sunday)" : min + "-" + max;
    String named = names.isEmpty() ? "" : " or their names (" + names + ")";
    return "allowed: " + range + named + ", *, a-b, */n, a-b/n, and lists of these";
  }

  /** Whether crontab(5) takes the field as not restricting the day. */
  static boolean isStar(String field) {
    return field.equals("*");
  }

  /**
   * The values of a field of a 5-field line.
   *
   * @throws Refused where it is not one
   */
  SortedSet<Integer> values(String field) {
    SortedSet<Integer> values = new TreeSet<>();
    for (String term : field.split(",", -1)) {
      addTerm(field, term, values);
    }
    return values;
  }

  private void addTerm(String field, String term, SortedSet<Integer> values) {
    Matcher matcher = TERM.matcher(term);
    if (!matcher.matches()) {
      throw refused(field, Value.shown(term) + " is not understood", allowed());
    }
    boolean star = matcher.group(1) != null;
    boolean single = !star && matcher.group(3) == null;
    int from = star ? min : value(field, matcher.group(2));
    int to = star ? highest() : single ? from : value(field, matcher.group(3));
    int step = matcher.group(4) == null ? 1 : step(field, matcher.group(4));
    if (single && step != 1) {
      throw refused(field, "a step needs a range", "write " + from + "-" + highest() + "/" + step);
    }
    if (from > to) {
      throw refused(field, "the range runs backwards", "write it as two, separated by a comma");
    }
    for (int value = from; value <= to; value += step) {
      values.add(value);
    }
  }

  /** Sunday is in {@code *} once. */
  private int highest() {
    return this == DAY_OF_WEEK ? 6 : max;
  }

  private int value(String field, String text) {
    int named = List.of(names.split(" ")).indexOf(text.toLowerCase(Locale.ROOT));
    if (named >= 0) {
      return named + (this == MONTH ? 1 : 0);
    }
    int number = text.matches("\\d+") ? Integer.parseInt(text) : -1;
    if (number < min || number > max) {
      throw refused(field, Value.shown(text) + " is out of range", allowed());
    }
    return number;
  }

  private int step(String field, String text) {
    int step = Integer.parseInt(text);
    if (step < 1 || step > max) {
      throw refused(field, "the step " + step + " is out of range", "write 1-" + max);
    }
    return step;
  }

  /** The same field in a Quartz line, where the week begins with 1 for Sunday. */
  String quartz(String field) {
    SortedSet<Integer> values = values(field);
    if (isStar(field)) {
      return field;
    }
    return values.stream()
        .map(value -> this == DAY_OF_WEEK ? value % 7 + 1 : value)
        .sorted()
        .distinct()
        .map(String::valueOf)
        .collect(Collectors.joining(","));
  }

  Refused refused(String field, String what, String meant) {
    return new Refused("the " + title + " field " + Value.shown(field) + ": " + what, meant);
  }
}
