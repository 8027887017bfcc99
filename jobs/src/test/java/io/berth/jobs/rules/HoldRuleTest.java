package io.berth.jobs.rules;

import static io.berth.policies.LimitKey.GPU_HOLD_AFTER_STOP;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.TimeLimit;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HoldRuleTest {

  private static final Duration HOLD = Duration.ofMinutes(15); // the built-in one
  private final HoldRule rule = new HoldRule();

  private Verdict judge(Container container, Given facts) {
    return rule.judge(container, facts.build(), Given.NOW);
  }

  private static Container exited() {
    return Containers.exited("done").gpu("0").build();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 60})
  void the_devices_go_when_the_hold_is_over(long secondsLate) {
    Duration age = HOLD.plusSeconds(secondsLate);
    Instant since = Given.NOW.minus(age);
    Verdict verdict = judge(exited(), Given.facts().clock(new Clock(since, since.plus(HOLD))));

    assertThat(verdict).isInstanceOf(Verdict.Act.class);
    Verdict.Act act = (Verdict.Act) verdict;
    assertThat(act.cause())
        .isEqualTo(
            new Verdict.Cause(
                Action.RELEASE,
                Reason.HOLD_EXPIRED,
                Map.of(
                    "finished_at",
                    Containers.FINISHED_AT.toString(),
                    "gpu_hold_after_stop",
                    "15m")));
    assertThat(act.why()).isEqualTo("it stopped, and its gpu_hold_after_stop is 15m");
    assertThat(act.running().due()).isEqualTo(since.plus(HOLD));
  }

  @Test
  void a_moment_before_they_are_kept_and_it_is_said_until_when() {
    Instant since = Given.NOW.minus(HOLD).plusMillis(1);
    Verdict verdict = judge(exited(), Given.facts().clock(new Clock(since, since.plus(HOLD))));

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    assertThat(verdict.clock().orElseThrow().due()).isEqualTo(since.plus(HOLD));
    assertThat(verdict.why()).isEqualTo("it stopped, and its gpu_hold_after_stop is 15m");
  }

  @Test
  void a_hold_that_is_never_over_keeps_them() {
    Limits limits = Limits.builtIn().with(GPU_HOLD_AFTER_STOP, TimeLimit.NONE);

    assertThat(judge(exited(), Given.facts().limits(limits).seenFor(Duration.ofDays(400))))
        .isEqualTo(Verdict.keep("gpu_hold_after_stop is never"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Container.State.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"EXITED", "DEAD"})
  void what_did_not_stop_keeps_them(Container.State state) {
    Container container = Containers.exited("c").gpu("0").state(state).build();

    assertThat(judge(container, Given.facts().seenFor(Duration.ofDays(1))))
        .isEqualTo(Verdict.keep("it is " + state.word() + ": it keeps its devices"));
  }

  @Test
  void what_never_ran_keeps_them() {
    Container container = Containers.exited("c").gpu("0").startedAt(null).finishedAt(null).build();

    assertThat(judge(container, Given.facts().seenFor(Duration.ofDays(1))))
        .isInstanceOf(Verdict.Keep.class);
  }

  @ParameterizedTest
  @EnumSource(ContainerType.class)
  void all_types_hold_but_a_wrappers_own_and_servers(ContainerType type) {
    boolean none = type == ContainerType.ORCHESTRATION || type == ContainerType.API;

    assertThat(HoldRule.appliesTo(type)).isEqualTo(!none);
  }

  @Test
  void its_clock_is_of_the_stop() {
    Facts facts = Given.facts().build();

    assertThat(rule.stampOf(exited(), facts)).isEqualTo(Containers.FINISHED_AT);
    assertThat(rule.stampOf(Containers.created("c").build(), facts))
        .isEqualTo(Containers.CREATED_AT);
    assertThat(rule.name()).isEqualTo("gpu-hold");
    assertThat(rule.action(exited(), Limits.builtIn(), facts.policies())).isEqualTo(Action.RELEASE);
  }
}
