package io.berth.jobs.rules;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyBook.GpuConflict;
import java.time.Instant;
import java.util.Map;

/**
 * Stops a container that was started again after its GPU had been released, and came upon somebody
 * else there; only where {@code gpu_conflict} is {@code stop}. Who has the GPU is never touched.
 */
public final class ConflictRule implements Rule {

  /**
   * A container on a device that was its own and is another's now.
   *
   * @param device its UUID
   * @param holder who has it, in words
   */
  public record Intrusion(String device, String holder) {}

  @Override
  public String name() {
    return "conflict";
  }

  @Override
  public Instant stampOf(Container container, Facts facts) {
    Instant started = container.startedAt();
    return started == null ? container.created() : started;
  }

  @Override
  public Action action(Container container, Limits limits, PolicyBook.Policies policies) {
    return StopRule.actionFor(container, Action.STOP, policies);
  }

  @Override
  public Verdict judge(Container container, Facts facts, Instant now) {
    Intrusion intrusion = facts.intrusion();
    if (facts.policies().gpuConflict() != GpuConflict.STOP) {
      return Verdict.keep("a conflict is only reported: gpu_conflict is report");
    }
    if (intrusion == null || container.state() != State.RUNNING) {
      return Verdict.keep("it is on no GPU that became another's");
    }
    Action action = action(container, facts.limits(), facts.policies());
    Instant started = stampOf(container, facts);
    String why =
        "its GPU %s had been released, and %s has it now"
            .formatted(intrusion.device, intrusion.holder);
    if (action == Action.WARN) {
      return Verdict.keep(why + "; it is --rm, and only reported");
    }
    return new Verdict.Act(
        new Verdict.Cause(
            action,
            Reason.GPU_CONFLICT,
            Map.of("device", intrusion.device, "holder", intrusion.holder)),
        why,
        new Clock(started, started));
  }
}
