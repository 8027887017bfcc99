package io.berth.jobs.simulation;

import static io.berth.jobs.simulation.Referee.require;

import io.berth.jobs.Herald;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Holds a run to telling owners in words, by the clock on their wall, what the event tells. */
final class Words {

  private static final Pattern WHEN =
      Pattern.compile("\n  When: (\\w+ \\d+ \\w+ \\d+ [0-9:]+) ([^ \n]+)");

  private static final DateTimeFormatter LOCAL =
      DateTimeFormatter.ofPattern("EEE d MMM yyyy HH:mm:ss", Locale.ENGLISH);

  /** An owner was told that something comes. */
  record Announced(String id, Instant at) {}

  private final ZoneId zone;
  private final List<Announced> announced = new ArrayList<>();

  Words(ZoneId zone) {
    this.zone = zone;
  }

  /** The time in the text is that instant, and no other. */
  void heard(Herald.Kind kind, String id, Instant at, String text) {
    Matcher words = WHEN.matcher(text);
    require(words.find(), 5, "no time is told: %s", text);
    LocalDateTime local = LocalDateTime.parse(words.group(1), LOCAL);
    List<Instant> meant =
        zone.getRules().getValidOffsets(local).stream()
            .map(local::toInstant)
            .filter(each -> words.group(2).equals(abbreviation(each)))
            .toList();
    require(
        meant.equals(List.of(at.truncatedTo(ChronoUnit.SECONDS))), 5, "%s is told as %s", at, text);
    switch (kind) {
      case WARNED, WARNED_LAST, REMOVAL_ANNOUNCED -> announced.add(new Announced(id, at));
      default -> {}
    }
  }

  private String abbreviation(Instant at) {
    return TimeZone.getTimeZone(zone)
        .getDisplayName(zone.getRules().isDaylightSavings(at), TimeZone.SHORT, Locale.ENGLISH);
  }

  /** What was announced since this was asked last. */
  List<Announced> announced() {
    List<Announced> all = List.copyOf(announced);
    announced.clear();
    return all;
  }
}
