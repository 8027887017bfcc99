package io.berth.jobs.rules;

import static io.berth.policies.LimitKey.MAX_RUNTIME;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.policies.Exemption;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.TimeLimit;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Stops a GPU container that ran for {@code max_runtime}, with warnings first. */
public final class RuntimeRule extends StopRule {

  public RuntimeRule() {
    super(Exemption.From.MAX_RUNTIME);
  }

  @Override
  public String name() {
    return "runtime";
  }

  @Override
  public Instant stampOf(Container container, Facts facts) {
    Instant start = facts.lifeStart();
    return start == null ? container.created() : start;
  }

  @Override
  public Action action(Container container, Limits limits, PolicyBook.Policies policies) {
    return actionFor(container, Action.STOP, policies);
  }

  @Override
  public Verdict judge(Container container, Facts facts, Instant now) {
    Instant start = facts.lifeStart();
    if (!container.state().isLive() || start == null) {
      return Verdict.keep("it is " + container.state().word() + ": no runtime clock runs");
    }
    if (!container.gpus().any()) {
      return Verdict.keep("it asks for no GPU");
    }
    TimeLimit limit = facts.limits().get(MAX_RUNTIME);
    Duration duration = limit.duration();
    if (duration == null || duration.isZero()) {
      return Verdict.keep("its max_runtime is never");
    }
    Instant since = facts.clock() == null ? start : facts.clock().since();
    if (container.state() != State.RUNNING) {
      String why =
          "it is %s; when it runs again its max_runtime of %s counts"
              .formatted(container.state().word(), limit);
      // Restarting: what was said stays said. Paused: it is said anew when it goes on.
      return container.state() == State.RESTARTING
          ? new Verdict.Keep(why, facts.clock())
          : new Verdict.Keep(why + ", with its warnings", unwarned(since, duration, facts));
    }
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("started_at", start.toString());
    numbers.put(MAX_RUNTIME.word(), limit.toString());
    Action action = action(container, facts.limits(), facts.policies());
    Course course =
        new Course(
            duration,
            facts.policies().runtimeWarnings(),
            new Verdict.Cause(action, Reason.MAX_RUNTIME, numbers),
            "it runs since %s; its max_runtime is %s".formatted(start, limit));
    return follow(course, since, facts, now);
  }
}
