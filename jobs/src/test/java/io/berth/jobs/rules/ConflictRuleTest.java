package io.berth.jobs.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.rules.ConflictRule.Intrusion;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook.AutoRemoveAction;
import io.berth.policies.PolicyBook.GpuConflict;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ConflictRuleTest {

  private static final Intrusion INTRUSION = new Intrusion("GPU-1", "train of ben (active)");
  private final ConflictRule rule = new ConflictRule();

  private Verdict judge(Containers container, Given facts) {
    return rule.judge(container.gpu("0").build(), facts.build(), Given.NOW);
  }

  private static Given toStop() {
    return Given.facts().gpuConflict(GpuConflict.STOP).intrusion(INTRUSION);
  }

  @Test
  void who_came_back_to_anothers_gpu_is_stopped_at_once_and_told_whose_it_is() {
    Verdict verdict = judge(Containers.running("late"), toStop());

    assertThat(verdict)
        .isEqualTo(
            new Verdict.Act(
                new Verdict.Cause(
                    Action.STOP,
                    Reason.GPU_CONFLICT,
                    Map.of("device", "GPU-1", "holder", "train of ben (active)")),
                "its GPU GPU-1 had been released, and train of ben (active) has it now",
                new Clock(Containers.STARTED_AT, Containers.STARTED_AT)));
  }

  @Test
  void by_default_it_is_only_reported() {
    Verdict verdict = judge(Containers.running("late"), Given.facts().intrusion(INTRUSION));

    assertThat(verdict)
        .isEqualTo(Verdict.keep("a conflict is only reported: gpu_conflict is report"));
  }

  @Test
  void who_is_on_nobody_elses_gpu_is_kept() {
    Verdict verdict =
        judge(Containers.running("fine"), Given.facts().gpuConflict(GpuConflict.STOP));

    assertThat(verdict).isEqualTo(Verdict.keep("it is on no GPU that became another's"));
  }

  @ParameterizedTest
  @EnumSource(value = Container.State.class, mode = EnumSource.Mode.EXCLUDE, names = "RUNNING")
  void who_does_not_run_is_kept(Container.State state) {
    assertThat(judge(Containers.running("late").state(state), toStop()))
        .isInstanceOf(Verdict.Keep.class);
  }

  @ParameterizedTest
  @CsvSource({"PAUSE, PAUSE", "STOP, STOP"})
  void what_would_be_gone_with_its_stop_is_treated_as_configured(
      AutoRemoveAction configured, Action done) {
    Verdict verdict =
        judge(Containers.running("late").autoRemove(), toStop().autoRemoveAction(configured));

    assertThat(verdict).isInstanceOf(Verdict.Act.class);
    assertThat(((Verdict.Act) verdict).cause().action()).isEqualTo(done);
  }

  @Test
  void what_is_only_to_be_warned_of_is_kept() {
    Verdict verdict =
        judge(
            Containers.running("late").autoRemove(),
            toStop().autoRemoveAction(AutoRemoveAction.WARN));

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    assertThat(verdict.why()).endsWith("it is --rm, and only reported");
  }

  @Test
  void its_clock_is_of_its_life() {
    Facts facts = Given.facts().build();

    assertThat(rule.stampOf(Containers.running("c").build(), facts))
        .isEqualTo(Containers.STARTED_AT);
    assertThat(rule.stampOf(Containers.created("c").build(), facts))
        .isEqualTo(Containers.CREATED_AT);
    assertThat(rule.name()).isEqualTo("conflict");
    assertThat(rule.action(Containers.running("c").build(), Limits.builtIn(), facts.policies()))
        .isEqualTo(Action.STOP);
  }
}
