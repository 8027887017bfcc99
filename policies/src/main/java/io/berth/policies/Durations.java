package io.berth.policies;

import java.time.Duration;

/** The spelling of durations (DESIGN section 5). */
public final class Durations {

  private Durations() {}

  /**
   * As an admin would write it: {@code 1h30m}, {@code 7d}, {@code 90s} as {@code 1m30s}, {@code
   * 0s}.
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
