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
 * @param warnings how often its owner was told of what is to come
 * @param warnedIn the mode in which that was; null: not told
 * @param wouldHave what was reported instead of done, in a word of the reporter's; null: nothing
 */
public record ClockRow(
    String containerId,
    String rule,
    Instant stamp,
    Instant since,
    Instant due,
    int warnings,
    @Nullable Mode warnedIn,
    @Nullable String wouldHave) {

  /** What is reported of a clock that stopped, whose announced time still holds. */
  private static final String WITHDRAWN = "withdrawn";

  public ClockRow running(Instant newSince, Instant newDue, int newWarnings) {
    String reported = isWithdrawn() ? null : wouldHave;
    return new ClockRow(
        containerId, rule, stamp, newSince, newDue, newWarnings, warnedIn, reported);
  }

  /** What its owner was told counts no more, but for the time. */
  public ClockRow unwarned() {
    return new ClockRow(containerId, rule, stamp, since, due, 0, warnedIn, wouldHave);
  }

  /** It runs no more; nothing is done before its time all the same. */
  public ClockRow withdrawn() {
    return reported(WITHDRAWN);
  }

  public boolean isWithdrawn() {
    return WITHDRAWN.equals(wouldHave);
  }

  /** Its owner was told in that mode. What was announced in enforce before stays announced. */
  public ClockRow warned(Mode mode) {
    Mode in = warnedIn == Mode.ENFORCE ? warnedIn : mode;
    return new ClockRow(containerId, rule, stamp, since, due, warnings, in, wouldHave);
  }

  public ClockRow reported(String what) {
    return new ClockRow(containerId, rule, stamp, since, due, warnings, warnedIn, what);
  }

  /** How often its owner was told, as far as it counts in that mode: in observe nobody is. */
  public int warningsIn(Mode mode) {
    return isAnnouncedIn(mode) ? warnings : 0;
  }

  /** Whether {@code due}, or an earlier time, was announced. */
  public boolean isAnnouncedIn(Mode mode) {
    return warnedIn != null && (mode == Mode.OBSERVE || warnedIn == mode);
  }
}
