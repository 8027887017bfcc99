package io.berth.jobs;

import io.berth.jobs.ledger.Claim;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the rules say at one moment, now or later, if nothing changed until then.
 *
 * @param opinions one for each container and job with a rule
 * @param ends the holds and reservations that are over by then, the first to end first: they end in
 *     observe as well
 * @param rushes where the acts among them are more at once than a guard lets pass, in order
 */
public record Foresight(List<Opinion> opinions, List<Claim> ends, List<Rush> rushes) {

  /**
   * What one job's rule says of one container.
   *
   * @param warning the next one; null where none is to come
   */
  public record Opinion(JobName job, Subject subject, Verdict verdict, @Nullable Warning warning) {}

  /**
   * Its owner is told, if nothing changes until then.
   *
   * @param of what is done to it later; {@link Action#WARN} where that is all
   */
  public record Warning(Instant at, Action of) {}
}
