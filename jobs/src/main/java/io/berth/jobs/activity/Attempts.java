package io.berth.jobs.activity;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * When the last three samples were tried, whatever came of them: an Engine that fails again and
 * again makes what lies between two samples longer, and this hardly. Immutable.
 *
 * @param moments oldest first; fewer where the daemon has not run for so long
 */
record Attempts(List<Instant> moments) {

  static final Attempts NONE = new Attempts(List.of());

  private static final int KEPT = 3;

  Attempts with(Instant now) {
    return new Attempts(
        Stream.concat(moments.stream().skip(moments.size() < KEPT ? 0 : 1), Stream.of(now))
            .toList());
  }

  /** That interval, or the shorter one of the last two, where those are known and shorter. */
  Duration atMost(Duration interval) {
    Duration least = interval;
    for (int i = 1; i < moments.size() && moments.size() == KEPT; i++) {
      Duration length = Duration.between(moments.get(i - 1), moments.get(i));
      least = length.compareTo(least) < 0 ? length : least;
    }
    return least;
  }
}
