package io.berth.jobs.rules;

import io.berth.policies.TimeLimit;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The clock that runs towards one act on one container: since when, and what has been promised. It
 * is fair (DESIGN section 3): it starts when Berth first saw the container so, and what was
 * promised only ever moves later.
 *
 * @param since when it started
 * @param due the earliest moment of the act that anybody was told or could see
 * @param warnings how often its owner was told, in the mode in force
 */
public record Clock(Instant since, Instant due, int warnings) {

  public Clock(Instant since, Instant due) {
    this(since, due, 0);
  }

  /** The same, when its owner has been told that often. */
  Clock told(int times) {
    return new Clock(since, due, times);
  }

  /**
   * The clock as it stands under a limit.
   *
   * @param before the clock as it stood when last looked at; null: it starts now
   * @param floor nothing before this moment counts: the latest of the host's boot, the Engine's
   *     start and the switch to enforce. A limit runs in full after each of them, because before it
   *     nobody could have prevented the act
   * @return empty where the limit is none; the clock starts anew when there is one again
   */
  public static Optional<Clock> under(
      TimeLimit limit, @Nullable Clock before, Instant floor, Instant now) {
    Instant since = before == null ? now : before.since;
    return limit
        .after(later(since, floor))
        .map(
            due ->
                before == null
                    ? new Clock(since, due)
                    : new Clock(since, later(due, before.due), before.warnings));
  }

  /** The later of the two. */
  public static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }
}
