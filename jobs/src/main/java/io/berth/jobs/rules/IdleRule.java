package io.berth.jobs.rules;

import static io.berth.policies.LimitKey.IDLE_ACTION;
import static io.berth.policies.LimitKey.IDLE_TIMEOUT;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.policies.Durations;
import io.berth.policies.Exemption;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.TimeLimit;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stops, or does the {@code idle_action} to, a GPU container that did nothing for {@code
 * idle_timeout}, with warnings first.
 */
public final class IdleRule extends StopRule {

  public IdleRule() {
    super(Exemption.From.IDLE_TIMEOUT);
  }

  @Override
  public String name() {
    return "idle";
  }

  /** The run of idle samples: after activity, or a gap in what is known, it is another one. */
  @Override
  public Instant stampOf(Container container, Facts facts) {
    Instant since = facts.idleness().since();
    return since == null ? container.created() : since;
  }

  @Override
  public Action action(Container container, Limits limits, PolicyBook.Policies policies) {
    Action wanted =
        switch (limits.get(IDLE_ACTION)) {
          case STOP -> Action.STOP;
          case PAUSE -> Action.PAUSE;
          case WARN -> Action.WARN;
        };
    return actionFor(container, wanted, policies);
  }

  @Override
  public Verdict judge(Container container, Facts facts, Instant now) {
    if (container.state() != State.RUNNING) {
      return Verdict.keep("it is " + container.state().word() + ": no idle clock runs");
    }
    if (!container.gpus().any()) {
      return Verdict.keep("it asks for no GPU");
    }
    TimeLimit timeout = facts.limits().get(IDLE_TIMEOUT);
    Duration limit = timeout.duration();
    if (limit == null || limit.isZero()) {
      return Verdict.keep("its idle_timeout is never");
    }
    Idleness idleness = facts.idleness();
    Instant idleSince = idleness.since();
    if (idleSince == null) {
      return Verdict.keep(idleness.why());
    }
    Duration effective = facts.highDemand() ? reduced(limit, facts) : limit;
    Instant since = facts.clock() == null ? idleSince : facts.clock().since();
    return follow(
        course(container, facts, timeout, effective),
        Clock.later(since, facts.floor()),
        facts,
        now);
  }

  private static Duration reduced(Duration limit, Facts facts) {
    return Duration.ofMillis(
        Math.round(limit.toMillis() * facts.policies().highDemandIdleReduction()));
  }

  private Course course(Container container, Facts facts, TimeLimit timeout, Duration effective) {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("idle_since", String.valueOf(facts.idleness().since()));
    numbers.put(IDLE_TIMEOUT.word(), timeout.toString());
    if (facts.highDemand()) {
      numbers.put("idle_timeout_in_demand", Durations.format(effective));
    }
    numbers.putAll(facts.idleness().numbers());
    Action action = action(container, facts.limits(), facts.policies());
    return new Course(
        effective,
        facts.policies().idleWarnings(),
        new Verdict.Cause(action, Reason.IDLE_TIMEOUT, numbers),
        "%s; its idle_timeout is %s%s"
            .formatted(
                facts.idleness().why(),
                Durations.format(effective),
                facts.highDemand() ? " while GPUs are in high demand" : ""));
  }
}
