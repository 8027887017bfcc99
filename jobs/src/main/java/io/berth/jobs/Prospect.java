package io.berth.jobs;

import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What another policy book changes in what is to come, if nothing else changed.
 *
 * @param moved the acts that get another time or become another act, by their new time
 * @param rushes where, with the other book, more would be done at once than a guard lets pass
 */
public record Prospect(List<Moved> moved, List<Rush> rushes) {

  /**
   * One job's act on one container, as it was to be and as it is to be.
   *
   * @param before null: there was to be none
   * @param after null: there is to be none
   */
  public record Moved(
      JobName job, Subject subject, Verdict.@Nullable Act before, Verdict.@Nullable Act after) {}
}
