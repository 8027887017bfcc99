package io.berth.jobs.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.policies.Limits;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The names of rules, the stamps their clocks go by, and whom they are not about. */
class RuleNamesTest {

  private static final Instant IDLE_SINCE = Given.NOW.minusSeconds(60);
  private static final Instant LIFE_START = Given.NOW.minusSeconds(600);

  @Test
  void rules_have_the_names_that_clocks_are_kept_under() {
    assertThat(List.of(new CreatedRule(), new StaleRule(), new IdleRule(), new RuntimeRule()))
        .extracting(Rule::name)
        .containsExactly("created", "stale", "idle", "runtime");
  }

  @Test
  void clocks_go_by_what_the_rule_is_about() {
    Container running = Containers.running("c").build();
    Container exited = Containers.exited("c").build();
    Container created = Containers.created("c").build();
    Facts facts = Given.facts().idle(IDLE_SINCE).lifeStart(LIFE_START).build();
    Facts none = Given.facts().build();

    assertThat(new CreatedRule().stampOf(exited, facts)).isEqualTo(Containers.CREATED_AT);
    assertThat(new StaleRule().stampOf(exited, facts)).isEqualTo(Containers.FINISHED_AT);
    assertThat(new StaleRule().stampOf(created, facts)).isEqualTo(Containers.CREATED_AT);
    assertThat(new IdleRule().stampOf(running, facts)).isEqualTo(IDLE_SINCE);
    assertThat(new IdleRule().stampOf(running, none)).isEqualTo(Containers.CREATED_AT);
    assertThat(new RuntimeRule().stampOf(running, facts)).isEqualTo(LIFE_START);
    assertThat(new RuntimeRule().stampOf(running, none)).isEqualTo(Containers.CREATED_AT);
  }

  @Test
  void removals_are_all_that_the_rules_of_stopped_containers_do() {
    Container exited = Containers.exited("c").build();
    Facts facts = Given.facts().build();

    assertThat(new CreatedRule().action(exited, Limits.builtIn(), facts.policies()))
        .isEqualTo(Action.REMOVE);
    assertThat(new StaleRule().action(exited, Limits.builtIn(), facts.policies()))
        .isEqualTo(Action.REMOVE);
  }

  @Test
  void no_runtime_clock_runs_for_what_is_stopped_or_has_no_gpu() {
    Facts facts = Given.facts().lifeStart(LIFE_START).build();

    assertThat(
            new RuntimeRule()
                .judge(Containers.exited("c").gpu("0").build(), facts, Given.NOW.plusSeconds(1)))
        .isEqualTo(Verdict.keep("it is exited: no runtime clock runs"));
    assertThat(new RuntimeRule().judge(Containers.running("c").build(), facts, Given.NOW))
        .isEqualTo(Verdict.keep("it asks for no GPU"));
  }

  @Test
  void words_are_those_of_the_events() {
    assertThat(Action.values())
        .extracting(Action::word)
        .containsExactly("remove", "stop", "pause", "warn", "release");
    assertThat(Action.values())
        .filteredOn(Action::isStop)
        .containsExactly(Action.STOP, Action.PAUSE);
    assertThat(Reason.values())
        .extracting(Reason::word)
        .containsExactly(
            "created_never_started",
            "hold_expired",
            "two_state",
            "idle_timeout",
            "max_runtime",
            "gpu_conflict");
  }
}
