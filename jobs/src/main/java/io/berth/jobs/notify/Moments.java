package io.berth.jobs.notify;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Spells moments for people. */
final class Moments {

  private static final DateTimeFormatter EXACT =
      DateTimeFormatter.ofPattern("EEE d MMM yyyy HH:mm:ss zzz", Locale.ENGLISH);

  private Moments() {}

  /** Such as {@code Sat 21 Nov 2026 18:05:12 CET}. */
  static String exact(Instant moment, ZoneId zone) {
    return EXACT.format(moment.atZone(zone));
  }

  /** Such as {@code in 12 min}; rounded down, so that it promises no time that is not there. */
  static String left(Instant now, Instant moment) {
    Duration left = Duration.between(now, moment);
    if (left.toSeconds() < 1) {
      return "now";
    }
    if (left.toMinutes() < 1) {
      return "in " + left.toSeconds() + " s";
    }
    if (left.toHours() < 1) {
      return "in " + left.toMinutes() + " min";
    }
    return left.toDays() < 1
        ? "in " + left.toHours() + " h " + left.toMinutesPart() + " min"
        : "in " + left.toDays() + " d " + left.toHoursPart() + " h";
  }
}
