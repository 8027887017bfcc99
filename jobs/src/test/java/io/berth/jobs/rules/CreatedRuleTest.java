package io.berth.jobs.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.policies.TimeLimit;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CreatedRuleTest {

  private static final Instant NOW = Given.NOW;
  private final CreatedRule rule = new CreatedRule();

  @Test
  void keeps_until_the_timeout_and_says_until_when() {
    Verdict verdict =
        rule.judge(
            Containers.created("new").build(),
            Given.facts().seenFor(Duration.ofMinutes(29)).build(),
            NOW);

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    assertThat(verdict.clock().orElseThrow().due()).isEqualTo(NOW.plus(Duration.ofMinutes(1)));
  }

  @Test
  void removes_at_the_timeout() {
    Verdict verdict =
        rule.judge(
            Containers.created("litter").build(),
            Given.facts().seenFor(Duration.ofMinutes(30)).build(),
            NOW);

    assertThat(verdict).isInstanceOf(Verdict.Act.class);
    Verdict.Cause cause = ((Verdict.Act) verdict).cause();
    assertThat(cause.reason()).isEqualTo(Reason.CREATED_NEVER_STARTED);
    assertThat(cause.numbers()).containsEntry("created_container_timeout", "30m");
  }

  @Test
  void an_old_one_seen_for_the_first_time_gets_its_full_time() {
    Verdict verdict =
        rule.judge(
            Containers.created("old").createdAt(NOW.minus(Duration.ofDays(90))).build(),
            Given.facts().build(),
            NOW);

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    assertThat(verdict.clock().orElseThrow().due()).isEqualTo(NOW.plus(Duration.ofMinutes(30)));
  }

  @Test
  void keeps_for_ever_without_a_timeout() {
    Verdict verdict =
        rule.judge(
            Containers.created("new").build(),
            Given.facts().createdTimeout(TimeLimit.NONE).seenFor(Duration.ofDays(900)).build(),
            NOW);

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    assertThat(verdict.clock()).isEmpty();
  }

  @Test
  void removes_one_that_the_engine_calls_exited_though_it_never_ran() {
    Container failed = Containers.exited("failed").startedAt(null).finishedAt(null).build();

    Verdict verdict = rule.judge(failed, Given.facts().seenFor(Duration.ofHours(1)).build(), NOW);

    assertThat(verdict).isInstanceOf(Verdict.Act.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"RUNNING", "PAUSED", "RESTARTING", "EXITED", "DEAD", "REMOVING"})
  void keeps_every_container_that_ever_ran(Container.State state) {
    Container container = Containers.exited("ran").state(state).build();

    Verdict verdict = rule.judge(container, Given.facts().seenFor(Duration.ofDays(9)).build(), NOW);

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    assertThat(verdict.clock()).isEmpty();
  }
}
