package io.berth.daemon.schedule;

import io.berth.policies.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When one job is due, as a pure function of its schedule and of the moment. A moment that passed
 * is never made up for.
 */
final class Rhythm {

  private final Schedule schedule;
  private final ZoneId zone;
  private final @Nullable Duration period;
  private final @Nullable CronTimes cron;

  /**
   * @throws IllegalArgumentException for a period that is not positive, or what is no cron line
   */
  Rhythm(Schedule schedule, ZoneId zone) {
    this.schedule = schedule;
    this.zone = zone;
    period = schedule instanceof Schedule.Every every ? every.period() : null;
    cron = schedule instanceof Schedule.Cron lines ? new CronTimes(lines.quartz(), zone) : null;
    if (period != null && period.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException("a job can't run every " + period);
    }
  }

  /** Whether it is the same schedule, so that what was planned by it still holds. */
  boolean sameAs(Rhythm other) {
    return schedule.equals(other.schedule) && (cron == null || zone.equals(other.zone));
  }

  /** The first moment: that of the cron line, or for a period soon. Empty for one that is off. */
  Optional<Instant> first(Instant now, Duration soon) {
    return period != null ? Optional.of(now.plus(shorter(period, soon))) : cronAfter(now);
  }

  /**
   * The first moment of a rhythm that replaces another: a period begins with what was planned, so
   * that no run is lost or doubled, and within one period of its own.
   *
   * @param planned by the rhythm before; null where that was off
   */
  Optional<Instant> takenOver(@Nullable Instant planned, Instant now, Duration soon) {
    if (period == null || planned == null) {
      return first(now, soon);
    }
    return Optional.of(earlier(planned, now.plus(period)));
  }

  /** The moment after {@code planned} that is still to come; {@code planned} itself if it is. */
  Optional<Instant> next(Instant planned, Instant now) {
    if (planned.isAfter(now)) {
      return Optional.of(planned);
    }
    return period != null ? Optional.of(onGrid(planned, period, now)) : cronAfter(now);
  }

  /**
   * What becomes of a planned moment when the wall clock moved against the monotonic one: a period
   * goes on as if nothing had been, and at most one period from now; a cron line follows the clock.
   *
   * @param jump by how much it moved, negative for a step back
   */
  Optional<Instant> moved(Instant planned, Duration jump, Instant now) {
    if (period == null) {
      return cronAfter(now);
    }
    return Optional.of(earlier(planned.plus(jump), now.plus(period)));
  }

  private Optional<Instant> cronAfter(Instant now) {
    return cron == null ? Optional.empty() : cron.after(now);
  }

  private static Instant onGrid(Instant planned, Duration period, Instant now) {
    long passed = Duration.between(planned, now).dividedBy(period);
    return planned.plus(period.multipliedBy(passed + 1));
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }
}
