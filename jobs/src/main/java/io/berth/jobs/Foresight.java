package io.berth.jobs;

import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import java.util.List;

/**
 * What the rules say at one moment, now or later, if nothing changed until then.
 *
 * @param opinions one for each container and job with a rule
 * @param rushes where the acts among them are more at once than a guard lets pass, in order
 */
public record Foresight(List<Opinion> opinions, List<Rush> rushes) {

  /** What one job's rule says of one container. */
  public record Opinion(JobName job, Subject subject, Verdict verdict) {}
}
