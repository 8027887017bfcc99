package io.berth.jobs.simulation;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How fast a run goes, where and when, and how full it gets: over hours, with limits of minutes, or
 * over weeks in which the clocks change, with limits of hours and days.
 *
 * @param unit what a minute of a run over hours is in this one
 * @param start when it begins
 * @param crontab when the jobs run; null: each unit
 * @param crowd so many come at once at most
 */
record Pace(Duration unit, Instant start, ZoneId zone, @Nullable Crontab crontab, int crowd) {

  /** Some days before each change to summer time and from it; Lord Howe's are of half an hour. */
  private static final List<Pace> WEEKS =
      List.of(
          weeks("2026-03-25T07:10:00Z", "Europe/Berlin"),
          weeks("2026-10-21T16:20:00Z", "Europe/Berlin"),
          weeks("2026-03-04T21:10:00Z", "America/New_York"),
          weeks("2026-10-28T03:40:00Z", "America/New_York"),
          weeks("2026-09-30T11:05:00Z", "Australia/Lord_Howe"),
          weeks("2026-04-01T12:00:00Z", "Australia/Lord_Howe"));

  private static final Pace HOURS = hours(1);
  private static final Pace CROWDED = hours(12);

  private static final int ONE_IN = 5;

  private static Pace hours(int crowd) {
    Instant start = Instant.parse("2026-03-28T12:00:00Z");
    return new Pace(Duration.ofMinutes(1), start, ZoneId.of("UTC"), null, crowd);
  }

  private static Pace weeks(String start, String zone) {
    ZoneId there = ZoneId.of(zone);
    return new Pace(Duration.ofMinutes(30), Instant.parse(start), there, new Crontab(there), 1);
  }

  /** That of a seed: of five, one runs over weeks, and two on a host that is full. */
  static Pace of(long seed) {
    return switch (Math.floorMod(seed, ONE_IN)) {
      case 4 -> WEEKS.get(Math.floorMod(seed / ONE_IN, WEEKS.size()));
      case 0, 3 -> CROWDED;
      default -> HOURS;
    };
  }

  Duration units(long count) {
    return unit.multipliedBy(count);
  }

  /** How many whole ones that is. */
  long in(Duration time) {
    return time.toNanos() / unit.toNanos();
  }
}
