package io.berth.jobs;

import io.berth.jobs.activity.Activity;
import io.berth.jobs.container.Container;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.rules.Idleness;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The pulse as it is measured, on the devices that the ledger says a container has. */
public final class ActivityPulse implements Pulse {

  private final Activity activity;
  private final Ledger ledger;
  private volatile Map<String, Container> watched = Map.of();

  /** When commands were last started in containers that are not known yet; by id and command. */
  private final Map<String, Map<String, Instant>> undecided = new ConcurrentHashMap<>();

  public ActivityPulse(Activity activity, Ledger ledger) {
    this.activity = activity;
    this.ledger = ledger;
  }

  @Override
  public void attempt(Instant now) {
    activity.attempt(now);
  }

  @Override
  public void sample(
      Collection<Subject> running, Collection<Subject> all, PolicyBook book, Instant now) {
    List<Container> containers = running.stream().map(Subject::container).toList();
    Map<String, Container> byId = new HashMap<>();
    containers.forEach(each -> byId.put(each.id(), each));
    watched = Map.copyOf(byId);
    undecided.keySet().forEach(id -> decide(id, byId.get(id)));
    Map<String, Set<String>> devices = new HashMap<>();
    for (Claim each : ledger.read(tables -> tables.devices().allocation().claims())) {
      devices.computeIfAbsent(each.holder(), id -> new HashSet<>()).add(each.device());
    }
    Map<String, Instant> begins = new HashMap<>();
    for (Subject each : running) {
      Instant began = each.lifeStart();
      if (began != null) {
        begins.put(each.id(), began);
      }
    }
    activity.sample(
        containers,
        all.stream().map(Subject::container).toList(),
        each -> devices.getOrDefault(each.id(), Set.of()),
        each -> Optional.ofNullable(begins.get(each.id())),
        book,
        now);
  }

  @Override
  public Idleness of(Subject subject, Limits limits, PolicyBook.Policies policies, Instant now) {
    decide(subject.id(), subject.container());
    return activity.idleness(subject.container(), limits, policies, now);
  }

  @Override
  public Idleness now(Subject subject, Limits limits, PolicyBook.Policies policies, Instant now) {
    decide(subject.id(), subject.container());
    Set<String> devices = new HashSet<>();
    ledger
        .read(tables -> tables.devices().allocation().claimsBy(subject.id()))
        .forEach(each -> devices.add(each.device()));
    return activity.idlenessNow(subject.container(), devices, limits, policies, now);
  }

  @Override
  public void touched(String containerId, Instant at) {
    activity.executed(containerId, at);
  }

  /**
   * Which command is a health check is known once the container is: after its start, or the
   * daemon's, that of one may be told before it.
   */
  @Override
  public void executed(String containerId, String action, Instant at) {
    String command = action.substring(action.indexOf(':') + 1);
    undecided.compute(
        containerId,
        (id, commands) -> {
          Map<String, Instant> all = commands == null ? new HashMap<>() : commands;
          all.merge(command, at, (one, other) -> one.isAfter(other) ? one : other);
          return all;
        });
    Container container = watched.get(containerId);
    if (container != null) {
      decide(containerId, container);
    }
  }

  /**
   * In doubt it is somebody's: that only keeps a container longer.
   *
   * @param container null where nothing is known of it
   */
  private void decide(String id, @Nullable Container container) {
    Map<String, Instant> commands = undecided.remove(id);
    if (commands != null) {
      commands.forEach(
          (command, at) -> {
            if (container == null || !Activity.isHealthcheck(container, command)) {
              activity.executed(id, at);
            }
          });
    }
  }

  @Override
  public void broken(String why) {
    undecided.clear();
    activity.broken(why);
  }
}
