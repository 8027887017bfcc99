package io.berth.jobs;

import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.PolicyBook;
import java.time.Instant;

/**
 * Tells owners. Returns at once and never throws; what came of it is journalled when it is known.
 * Not called in observe.
 */
public interface Herald {

  /** What is told. */
  enum Kind {
    WARNED,
    /** No other warning comes before the act. */
    WARNED_LAST,
    STOPPED,
    PAUSED,
    EXEMPT,
    REMOVAL_ANNOUNCED,
    CONFLICT
  }

  /**
   * Tells the owner of {@code subject}.
   *
   * @param cause what is or was to be done, and what that rests on
   * @param why in words
   * @param at when it is to be done, or was
   */
  void tell(
      Kind kind,
      JobName job,
      Subject subject,
      Verdict.Cause cause,
      String why,
      Instant at,
      PolicyBook book);

  /** Tells nobody. */
  Herald NONE = (kind, job, subject, cause, why, at, book) -> {};
}
