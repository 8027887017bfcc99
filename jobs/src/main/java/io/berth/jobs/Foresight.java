package io.berth.jobs;

import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import java.util.List;
import java.util.Map;

/**
 * What the rules say at one moment, now or later, if nothing changed until then.
 *
 * @param opinions one for each container and job with a rule
 * @param trips whether so much would be done that the breaker held all of it back
 * @param heldBack how many acts a cap would leave for later sweeps, by the cap
 */
public record Foresight(List<Opinion> opinions, boolean trips, Map<String, Integer> heldBack) {

  /** What one job's rule says of one container. */
  public record Opinion(JobName job, Subject subject, Verdict verdict) {}
}
