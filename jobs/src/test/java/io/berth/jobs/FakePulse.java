package io.berth.jobs;

import io.berth.jobs.container.Containers;
import io.berth.jobs.rules.Idleness;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Containers that do what a test says: nothing is measured. All are active unless told. */
final class FakePulse implements Pulse {

  private final Map<String, Idleness> idleness = new HashMap<>();
  private final List<String> sampled = new ArrayList<>();
  private final List<Instant> came = new ArrayList<>();
  private Runnable beforeAct = () -> {};

  void idleSince(String name, Instant since) {
    idleness.put(
        Containers.idOf(name), Idleness.idle(since, "it does nothing", Map.of("gpu_percent", 0)));
  }

  void active(String name) {
    idleness.remove(Containers.idOf(name));
  }

  void unknown(String name) {
    idleness.put(Containers.idOf(name), Idleness.unknown("NVML does not answer"));
  }

  /** Is run when a container is looked at once more, right before an act. */
  void beforeAct(Runnable meanwhile) {
    beforeAct = meanwhile;
  }

  /** When somebody came to a container. */
  List<Instant> came() {
    return came;
  }

  List<String> sampled() {
    return sampled;
  }

  @Override
  public void attempt(Instant now) {}

  @Override
  public void sample(
      Collection<Subject> running, Collection<Subject> all, PolicyBook book, Instant now) {
    running.forEach(each -> sampled.add(each.container().name()));
  }

  @Override
  public Idleness of(Subject subject, Limits limits, PolicyBook.Policies policies, Instant now) {
    return idleness.getOrDefault(subject.id(), Idleness.active("it is busy", Map.of()));
  }

  @Override
  public Idleness now(Subject subject, Limits limits, PolicyBook.Policies policies, Instant now) {
    beforeAct.run();
    return of(subject, limits, policies, now);
  }

  @Override
  public void touched(String containerId, Instant at) {
    came.add(at);
    idleness.remove(containerId);
  }

  @Override
  public void executed(String containerId, String action, Instant at) {
    came.add(at);
    idleness.remove(containerId);
  }

  @Override
  public void broken(String why) {
    idleness.replaceAll((id, each) -> Idleness.unknown(why));
  }
}
