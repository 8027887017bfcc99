package io.berth.policies;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The spelling of durations (DESIGN section 5). */
public final class Durations {

  /** The longest that is accepted: a hundred years, far from where the arithmetic of time ends. */
  static final Duration LONGEST = Duration.ofDays(36_500);

  private static final String NUMBER = "(\\d{1,18}(?:\\.\\d{1,18})?)";

  /** What {@link #parse} reads besides ISO 8601; days before hours and so on. */
  static final String PATTERN =
      "(?:N d)?(?:N h)?(?:N m)?(?:N s)?(?:N ms)?".replace(" ", "").replace("N", NUMBER);

  private static final Pattern PARTS = Pattern.compile(PATTERN);
  private static final Pattern BARE = Pattern.compile(NUMBER);
  private static final Map<String, Duration> UNITS = units();

  private Durations() {}

  private static Map<String, Duration> units() {
    Map<String, Duration> units = new LinkedHashMap<>();
    units.put("d", Duration.ofDays(1));
    units.put("h", Duration.ofHours(1));
    units.put("m", Duration.ofMinutes(1));
    units.put("s", Duration.ofSeconds(1));
    units.put("ms", Duration.ofMillis(1));
    return units;
  }

  /**
   * Reads {@code 30m}, {@code 0.5h}, {@code 1h30m}, {@code 90s}, {@code 7d}, {@code PT30M} or
   * {@code 0}.
   *
   * @throws IllegalArgumentException whose message says what is wrong and what to write
   */
  public static Duration parse(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    if (text.startsWith("-") || text.startsWith("P-") || text.startsWith("PT-")) {
      throw refused(text, "is negative", "write a duration of 0 or more, such as 30m");
    }
    if (BARE.matcher(text).matches()) {
      String meant = String.format(Locale.ROOT, "write %1$ss, %1$sm or %1$sh", text);
      throw refused(text, "has no unit", meant);
    }
    Matcher parts = PARTS.matcher(text);
    if (!text.isEmpty() && parts.matches()) {
      return sum(text, parts);
    }
    return text.startsWith("P") ? iso(text) : notADuration(text);
  }

  /**
   * A bare number of a unit, as in {@code idle_timeout_h: 0.5}.
   *
   * @param unit one of {@code d, h, m, s, ms}
   * @throws IllegalArgumentException whose message says what is wrong and what to write
   */
  static Duration parse(String number, String unit) {
    if (number.startsWith("-")) {
      throw refused(number, "is negative", "write a number of 0 or more");
    }
    if (!BARE.matcher(number).matches()) {
      String meant = "write a bare number, such as 1 or 0.5: its key says the unit, " + unit;
      throw refused(number, "is not a number", meant);
    }
    return checked(number, times(number, unit));
  }

  private static Duration sum(String text, Matcher parts) {
    BigDecimal millis = BigDecimal.ZERO;
    int group = 0;
    for (String unit : UNITS.keySet()) {
      String number = parts.group(++group);
      millis = number == null ? millis : millis.add(times(number, unit));
    }
    return checked(text, millis);
  }

  private static BigDecimal times(String number, String unit) {
    Duration one = UNITS.get(unit);
    if (one == null) {
      throw new IllegalArgumentException("no such unit: " + unit);
    }
    return new BigDecimal(number).multiply(BigDecimal.valueOf(one.toMillis()));
  }

  /** Less than a millisecond is refused: rounded to 0 it could come to mean "no limit". */
  private static Duration checked(String text, BigDecimal millis) {
    if (millis.compareTo(BigDecimal.valueOf(LONGEST.toMillis())) > 0) {
      throw tooLong(text);
    }
    if (millis.signum() > 0 && millis.compareTo(BigDecimal.ONE) < 0) {
      throw refused(text, "is shorter than a millisecond", "write 0, or at least 1ms");
    }
    return Duration.ofMillis(millis.setScale(0, RoundingMode.HALF_UP).longValueExact());
  }

  private static Duration iso(String text) {
    try {
      Duration duration = Duration.parse(text);
      if (duration.compareTo(LONGEST) > 0) {
        throw tooLong(text);
      }
      return duration.isNegative() ? notADuration(text) : duration;
    } catch (DateTimeParseException e) {
      return notADuration(text);
    }
  }

  private static Duration notADuration(String text) {
    String meant = "write something like 30m, 0.5h, 1h30m, 90s, 7d or PT30M";
    throw refused(text, "is not a duration", meant);
  }

  private static Refused tooLong(String text) {
    return refused(text, "is too long", "the longest is " + LONGEST.toDays() + "d");
  }

  private static Refused refused(String text, String what, String meant) {
    return new Refused(Value.shown(text) + " " + what, meant);
  }

  /**
   * As an admin would write it: {@code 1h30m}, {@code 7d}, {@code 90s} as {@code 1m30s}, {@code
   * 0s}. {@link #parse} reads it back.
   */
  public static String format(Duration duration) {
    StringBuilder text = new StringBuilder();
    append(text, duration.toDays(), "d");
    append(text, duration.toHoursPart(), "h");
    append(text, duration.toMinutesPart(), "m");
    append(text, duration.toSecondsPart(), "s");
    append(text, duration.toMillisPart(), "ms");
    return text.isEmpty() ? "0s" : text.toString();
  }

  private static void append(StringBuilder text, long count, String unit) {
    if (count != 0) {
      text.append(count).append(unit);
    }
  }
}
