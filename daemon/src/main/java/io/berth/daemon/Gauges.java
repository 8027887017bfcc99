package io.berth.daemon;

import io.berth.daemon.http.Metrics;
import io.berth.daemon.http.Vitals;
import io.berth.jobs.Outcome;
import io.berth.jobs.Subject;
import io.berth.jobs.Tally;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Reason;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the jobs count, made into metrics. */
final class Gauges implements Tally {

  private final Metrics metrics;
  private volatile Map<Vitals.StateAndType, Integer> containers = Map.of();
  private volatile Map<DeviceState, Vitals.Share> devices = Map.of();
  private volatile List<Subject> seen = List.of();
  private volatile String nvmlTrouble = "it was not asked yet";
  private volatile int orphans;
  private volatile int overQuota;

  Gauges(Metrics metrics) {
    this.metrics = metrics;
  }

  Map<Vitals.StateAndType, Integer> containers() {
    return containers;
  }

  Map<DeviceState, Vitals.Share> devices() {
    return devices;
  }

  /** The containers as they were last looked at. */
  List<Subject> seen() {
    return seen;
  }

  String nvmlTrouble() {
    return nvmlTrouble;
  }

  int orphans() {
    return orphans;
  }

  int overQuota() {
    return overQuota;
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
    seen = List.copyOf(subjects);
  }

  @Override
  public void assigned(Reading<Inventory> listed, Allocation allocation) {
    listed.asOptional().ifPresent(known -> metrics.devices(known.devices()));
    metrics.claims(allocation.claims());
    Map<DeviceState, Vitals.Share> shares = new EnumMap<>(DeviceState.class);
    for (DeviceRow each : allocation.devices().values()) {
      shares.merge(allocation.stateOf(each), new Vitals.Share(1, each.gpueq()), Vitals.Share::plus);
    }
    devices = Map.copyOf(shares);
    nvmlTrouble = listed.why();
  }

  @Override
  public void orphans(int count) {
    orphans = count;
  }

  @Override
  public void overQuota(int count) {
    overQuota = count;
  }
}
