package io.berth.jobs.rules;

import static io.berth.jobs.container.Container.State.CREATED;

import io.berth.jobs.container.Container;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.TimeLimit;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Removes a container that was created and never started, {@code created_container_timeout} after
 * that was seen.
 */
public final class CreatedRule implements Rule {

  @Override
  public String name() {
    return "created";
  }

  @Override
  public Instant stampOf(Container container, Facts facts) {
    return container.created();
  }

  @Override
  public Action action(Container container, Limits limits, PolicyBook.Policies policies) {
    return Action.REMOVE;
  }

  @Override
  public Verdict judge(Container container, Facts facts, Instant now) {
    if (!appliesTo(container)) {
      return Verdict.keep(
          "it is " + container.state().word() + ", not a container that never started");
    }
    TimeLimit timeout = facts.policies().createdContainerTimeout();
    Optional<Clock> clock = Clock.under(timeout, facts.clock(), facts.floor(), now);
    if (clock.isEmpty()) {
      return Verdict.keep("created_container_timeout is never");
    }
    Clock running = clock.get();
    if (now.isBefore(running.due())) {
      return new Verdict.Keep("it never started; it may wait " + timeout, running);
    }
    return new Verdict.Act(
        new Verdict.Cause(
            Action.REMOVE,
            Reason.CREATED_NEVER_STARTED,
            Map.of(
                "created",
                container.created().toString(),
                "created_container_timeout",
                timeout.toString())),
        "it was created and not started for " + timeout,
        running);
  }

  /** Also one that the Engine calls exited or dead although no life of it ever began. */
  static boolean appliesTo(Container container) {
    return container.state() == CREATED
        || (container.state().isStopped() && !container.everStarted());
  }
}
