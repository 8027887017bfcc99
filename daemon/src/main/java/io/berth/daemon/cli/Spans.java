package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;

/** Times as a person says them: {@code in 12 min}, {@code 3 h ago}. */
final class Spans {

  private static final long MINUTE = 60;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;

  private Spans() {}

  /** The moment, as seen from that other one. */
  static String relative(Instant moment, Instant now) {
    long seconds = Duration.between(now, moment).toSeconds();
    if (seconds == 0) {
      return "now";
    }
    return seconds > 0 ? "in " + length(seconds) : length(-seconds) + " ago";
  }

  /** The same for what JSON has; empty for null. */
  static String relative(JsonNode moment, Instant now) {
    return moment.isTextual() ? relative(Instant.parse(moment.asText()), now) : "";
  }

  /** When something ends, or ended, with the exact time: {@code ends in 4 h (2026-...Z)}. */
  static String end(JsonNode until, Instant now) {
    if (!until.isTextual()) {
      return "without end";
    }
    String word = Instant.parse(until.asText()).isBefore(now) ? "ended " : "ends ";
    return word + relative(until, now) + " (" + Moments.shown(until) + ")";
  }

  /** Two figures are enough, and one unit. */
  private static String length(long seconds) {
    if (seconds < 2 * MINUTE) {
      return seconds + " s";
    }
    if (seconds < 2 * HOUR) {
      return seconds / MINUTE + " min";
    }
    return seconds < 2 * DAY ? seconds / HOUR + " h" : seconds / DAY + " d";
  }
}
