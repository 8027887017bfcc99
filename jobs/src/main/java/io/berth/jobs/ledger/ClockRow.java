package io.berth.jobs.ledger;

import io.berth.policies.Mode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One clock that runs towards an act on a container, as it is kept, and what has been said because
 * of it.
 *
 * @param stamp names the state that the clock belongs to: a clock of another state of the same
 *     container is another clock
 * @param since when it started
 * @param due what has been promised: no act before
 * @param warnedIn the mode in which its owner was told; null: not told
 * @param wouldHave the reason of the act that was reported instead of done; null: none was
 */
public record ClockRow(
    String containerId,
    String rule,
    Instant stamp,
    Instant since,
    Instant due,
    @Nullable Mode warnedIn,
    @Nullable String wouldHave) {

  public ClockRow running(Instant newSince, Instant newDue) {
    return new ClockRow(containerId, rule, stamp, newSince, newDue, warnedIn, wouldHave);
  }

  public ClockRow warned(Mode mode) {
    return new ClockRow(containerId, rule, stamp, since, due, mode, wouldHave);
  }

  public ClockRow reported(String reason) {
    return new ClockRow(containerId, rule, stamp, since, due, warnedIn, reason);
  }
}
