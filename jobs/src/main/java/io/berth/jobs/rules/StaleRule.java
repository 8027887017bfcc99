package io.berth.jobs.rules;

import static io.berth.policies.LimitKey.CONTAINER_HOLD_AFTER_STOP;
import static io.berth.policies.LimitKey.GPU_HOLD_AFTER_STOP;
import static io.berth.policies.LimitKey.INTERRUPTED_HOLD;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.EndedBy;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.TimeLimit;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Removes a container that ran and stopped, once its hold is over; announces it when the stop is
 * seen.
 */
public final class StaleRule implements Rule {

  /** How long it is kept, and the reason given when that is over. */
  private record Hold(TimeLimit limit, Reason reason, String name) {}

  @Override
  public String name() {
    return "stale";
  }

  @Override
  public Instant stampOf(Container container, Facts facts) {
    Instant finished = container.finishedAt();
    return finished == null ? container.created() : finished;
  }

  @Override
  public Action action(Container container, Limits limits, PolicyBook.Policies policies) {
    return Action.REMOVE;
  }

  @Override
  public Verdict judge(Container container, Facts facts, Instant now) {
    if (!container.state().isStopped() || !container.everStarted()) {
      return Verdict.keep(
          "it is " + container.state().word() + ", not a container that ran and stopped");
    }
    Hold hold = holdOf(container, facts);
    Optional<Clock> clock = Clock.under(hold.limit, facts.clock(), facts.floor(), now);
    if (clock.isEmpty()) {
      return Verdict.keep("its " + hold.name + " is never over");
    }
    Clock running = clock.get();
    String why = "it stopped, and its " + hold.name + " is " + hold.limit;
    if (!now.isBefore(running.due())) {
      return isUnannounced(facts.clock())
          ? new Verdict.Warn(cause(container, facts, hold), why, anew(running, hold, now), true)
          : new Verdict.Act(cause(container, facts, hold), why, running);
    }
    return running.warnings() > 0 && !movedLater(facts.clock(), running)
        ? new Verdict.Keep(why, running)
        : new Verdict.Warn(cause(container, facts, hold), why, running.told(1), true);
  }

  /**
   * Whether its clock ran and its owner was told nothing: the announcement could not be written (a
   * full disk), was not meant (observe), or nobody could tell whose the container is.
   */
  private static boolean isUnannounced(@Nullable Clock kept) {
    return kept != null && kept.warnings() == 0;
  }

  /** The whole hold, for an announcement that comes late. */
  private static Clock anew(Clock running, Hold hold, Instant now) {
    Instant due = hold.limit.after(now).orElse(running.due());
    return new Clock(running.since(), due, 1);
  }

  /** Whether what was announced no longer holds: later news made an interruption of the stop. */
  private static boolean movedLater(@Nullable Clock announced, Clock running) {
    return announced != null && Warnings.isLater(announced.due(), running.due());
  }

  /**
   * DESIGN section 3: the longest of the holds that apply, or the short one of a wrapper's own
   * container.
   */
  private static Hold holdOf(Container container, Facts facts) {
    if (endedWell(container, facts)) {
      return new Hold(facts.policies().twoStateSettle(), Reason.TWO_STATE, "two_state_settle");
    }
    Hold hold =
        new Hold(
            facts.limits().get(CONTAINER_HOLD_AFTER_STOP),
            Reason.HOLD_EXPIRED,
            CONTAINER_HOLD_AFTER_STOP.word());
    if (container.gpus().any() && HoldRule.appliesTo(facts.type())) {
      hold = longer(hold, facts.limits().get(GPU_HOLD_AFTER_STOP), GPU_HOLD_AFTER_STOP.word());
    }
    if (facts.endedBy().isInterruption()) {
      hold = longer(hold, facts.limits().get(INTERRUPTED_HOLD), INTERRUPTED_HOLD.word());
    }
    return hold;
  }

  private static Hold longer(Hold hold, TimeLimit other, String name) {
    return other.compareTo(hold.limit) > 0 ? new Hold(other, hold.reason, name) : hold;
  }

  private static boolean endedWell(Container container, Facts facts) {
    return facts.type() == ContainerType.ORCHESTRATION
        && facts.endedBy() == EndedBy.SELF
        && container.state() == Container.State.EXITED
        && container.exitCode() == 0;
  }

  private static Verdict.Cause cause(Container container, Facts facts, Hold hold) {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("finished_at", String.valueOf(container.finishedAt()));
    numbers.put("exit_code", container.exitCode());
    numbers.put("ended_by", facts.endedBy().word());
    numbers.put(hold.name, hold.limit.toString());
    return new Verdict.Cause(Action.REMOVE, hold.reason, numbers);
  }
}
