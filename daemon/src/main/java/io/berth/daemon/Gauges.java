package io.berth.daemon;

import io.berth.daemon.http.Metrics;
import io.berth.daemon.http.Vitals;
import io.berth.jobs.Outcome;
import io.berth.jobs.Subject;
import io.berth.jobs.Tally;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Reason;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the jobs count, made into metrics. */
final class Gauges implements Tally {

  private final Metrics metrics;
  private volatile Map<Vitals.StateAndType, Integer> containers = Map.of();

  Gauges(Metrics metrics) {
    this.metrics = metrics;
  }

  Map<Vitals.StateAndType, Integer> containers() {
    return containers;
  }

  @Override
  public void swept(JobName job, Duration took, boolean ok, Instant at) {
    metrics.sweepDone(job, took, ok);
  }

  @Override
  public void act(JobName job, Action action, Reason reason, Outcome outcome) {
    metrics.act(job, action.word(), reason.word(), outcome.word());
  }

  @Override
  public void heldBack(JobName job, String guard, int count) {
    metrics.heldBack(job, guard, count);
  }

  @Override
  public void counted(List<Subject> subjects) {
    Map<Vitals.StateAndType, Integer> counts = new HashMap<>();
    for (Subject each : subjects) {
      counts.merge(new Vitals.StateAndType(each.container().state(), each.type()), 1, Integer::sum);
    }
    containers = Map.copyOf(counts);
  }
}
