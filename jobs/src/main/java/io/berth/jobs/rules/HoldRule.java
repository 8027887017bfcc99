package io.berth.jobs.rules;

import static io.berth.policies.LimitKey.GPU_HOLD_AFTER_STOP;

import io.berth.jobs.container.Container;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.TimeLimit;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Releases the devices of a stopped container, once their hold is over; the container stays. */
public final class HoldRule implements Rule {

  @Override
  public String name() {
    return "gpu-hold";
  }

  @Override
  public Instant stampOf(Container container, Facts facts) {
    Instant finished = container.finishedAt();
    return finished == null ? container.created() : finished;
  }

  @Override
  public Action action(Container container, Limits limits, PolicyBook.Policies policies) {
    return Action.RELEASE;
  }

  /** Whether a stopped container of that type holds its devices for a time. */
  public static boolean appliesTo(ContainerType type) {
    return type != ContainerType.ORCHESTRATION && type != ContainerType.API;
  }

  @Override
  public Verdict judge(Container container, Facts facts, Instant now) {
    if (!container.state().isStopped() || !container.everStarted()) {
      return Verdict.keep("it is " + container.state().word() + ": it keeps its devices");
    }
    TimeLimit hold = facts.limits().get(GPU_HOLD_AFTER_STOP);
    Optional<Clock> clock = Clock.under(hold, facts.clock(), facts.floor(), now);
    if (clock.isEmpty()) {
      return Verdict.keep("gpu_hold_after_stop is never");
    }
    Clock running = clock.get();
    String why = "it stopped, and its gpu_hold_after_stop is " + hold;
    if (now.isBefore(running.due())) {
      return new Verdict.Keep(why, running);
    }
    Map<String, Object> numbers =
        Map.of(
            "finished_at",
            String.valueOf(container.finishedAt()),
            GPU_HOLD_AFTER_STOP.word(),
            hold.toString());
    return new Verdict.Act(
        new Verdict.Cause(Action.RELEASE, Reason.HOLD_EXPIRED, numbers), why, running);
  }
}
