package io.berth.policies;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long something may last: a duration, or no limit at all.
 *
 * @param duration never negative; null means no limit
 */
public record TimeLimit(@Nullable Duration duration) implements Comparable<TimeLimit> {

  public static final TimeLimit NONE = new TimeLimit(null);

  public TimeLimit {
    if (duration != null && duration.isNegative()) {
      throw new IllegalArgumentException("negative: " + duration);
    }
  }

  public static TimeLimit of(Duration duration) {
    return new TimeLimit(duration);
  }

  public boolean isNone() {
    return duration == null;
  }

  /** When the limit is reached that began to run at {@code start}; empty where there is none. */
  public Optional<Instant> after(Instant start) {
    return duration == null ? Optional.empty() : Optional.of(start.plus(duration));
  }

  /** The longer of the two; no limit is the longest. */
  public TimeLimit orLonger(TimeLimit other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** Shorter before longer, no limit last. */
  @Override
  public int compareTo(TimeLimit other) {
    if (duration == null || other.duration == null) {
      return Boolean.compare(duration == null, other.duration == null);
    }
    return duration.compareTo(other.duration);
  }

  /** As an admin would write it: {@code 1h30m}, {@code never}. */
  @Override
  public String toString() {
    return duration == null ? "never" : Durations.format(duration);
  }
}
