package io.berth.jobs.rules;

import static io.berth.policies.LimitKey.CONTAINER_HOLD_AFTER_STOP;
import static io.berth.policies.LimitKey.GPU_HOLD_AFTER_STOP;
import static io.berth.policies.LimitKey.INTERRUPTED_HOLD;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.TimeLimit;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StaleRuleTest {

  private static final Instant NOW = Given.NOW;
  private final StaleRule rule = new StaleRule();

  /** How long each kind of stopped container is kept under the defaults. */
  @ParameterizedTest
  @CsvSource({
    // type,        endedBy, exit, gpu,  hold
    "DOCKER,        SELF,    0,    none, 30m",
    "DOCKER,        USER,    137,  none, 30m",
    "DOCKER,        UNKNOWN, 0,    none, 30m",
    "DOCKER,        BERTH,   143,  none, 1d",
    "DOCKER,        ENGINE,  137,  0,    1d",
    "API,           SELF,    0,    0,    30m",
    "ORCHESTRATION, SELF,    0,    0,    10s",
    "ORCHESTRATION, SELF,    1,    0,    30m",
    "ORCHESTRATION, USER,    0,    0,    30m",
    "ORCHESTRATION, UNKNOWN, 0,    0,    30m",
    "ORCHESTRATION, BERTH,   0,    0,    1d",
    "ORCHESTRATION, ENGINE,  0,    0,    1d",
    "ATOMIC,        SELF,    0,    0,    30m",
  })
  void is_kept_for_its_hold(
      ContainerType type, EndedBy endedBy, int exit, String gpu, String hold) {
    Containers container = Containers.exited("done").exitCode(exit);
    Container built = gpu.equals("none") ? container.build() : container.gpu(gpu).build();

    Verdict verdict = rule.judge(built, Given.facts().type(type).endedBy(endedBy).build(), NOW);

    Duration kept = Duration.between(NOW, verdict.clock().orElseThrow().due());
    assertThat(TimeLimit.of(kept)).hasToString(hold);
  }

  @Test
  void a_gpu_container_is_never_kept_shorter_than_its_device() {
    Limits limits = Limits.builtIn().with(GPU_HOLD_AFTER_STOP, TimeLimit.of(Duration.ofHours(2)));

    assertThat(heldFor(Containers.exited("train").gpu("0").build(), ContainerType.DOCKER, limits))
        .isEqualTo(Duration.ofHours(2));
    assertThat(heldFor(Containers.exited("web").build(), ContainerType.DOCKER, limits))
        .as("without a GPU the device's hold does not matter")
        .isEqualTo(Duration.ofMinutes(30));
    assertThat(heldFor(Containers.exited("api").gpu("0").build(), ContainerType.API, limits))
        .as("an api container's device has no hold")
        .isEqualTo(Duration.ofMinutes(30));
  }

  @Test
  void an_interrupted_hold_shorter_than_the_normal_one_shortens_nothing() {
    Limits limits = Limits.builtIn().with(INTERRUPTED_HOLD, TimeLimit.of(Duration.ofMinutes(1)));

    Verdict verdict =
        rule.judge(
            Containers.exited("cut").build(),
            Given.facts().endedBy(EndedBy.ENGINE).limits(limits).build(),
            NOW);

    assertThat(verdict.clock().orElseThrow().due()).isEqualTo(NOW.plus(Duration.ofMinutes(30)));
  }

  @Test
  void is_announced_once_then_kept_then_removed() {
    Container container = Containers.exited("done").build();
    Clock clock = new Clock(NOW, NOW.plus(Duration.ofMinutes(30)), 1);

    Verdict first = rule.judge(container, Given.facts().build(), NOW);
    Verdict waiting =
        rule.judge(container, Given.facts().clock(clock).warned().build(), NOW.plusSeconds(1799));
    Verdict due =
        rule.judge(container, Given.facts().clock(clock).warned().build(), NOW.plusSeconds(1800));

    assertThat(first).isInstanceOf(Verdict.Warn.class);
    assertThat(first.clock()).contains(clock);
    assertThat(waiting).isInstanceOf(Verdict.Keep.class);
    assertThat(due).isInstanceOf(Verdict.Act.class);
    assertThat(((Verdict.Act) due).cause().reason()).isEqualTo(Reason.HOLD_EXPIRED);
  }

  @Test
  void what_could_not_be_announced_before_it_was_due_is_announced_with_its_whole_hold() {
    Container container = Containers.exited("done").build();
    Clock untold = new Clock(NOW.minusSeconds(9_000), NOW.minusSeconds(7_200), 0);

    Verdict late = rule.judge(container, Given.facts().clock(untold).build(), NOW);
    Clock told = late.clock().orElseThrow();
    Verdict due = rule.judge(container, Given.facts().clock(told).build(), told.due());

    assertThat(late).isInstanceOf(Verdict.Warn.class);
    assertThat(told).isEqualTo(new Clock(untold.since(), NOW.plus(Duration.ofMinutes(30)), 1));
    assertThat(due).isInstanceOf(Verdict.Act.class);
  }

  @Test
  void a_hold_of_nothing_removes_at_once() {
    Limits limits = Limits.builtIn().with(CONTAINER_HOLD_AFTER_STOP, TimeLimit.of(Duration.ZERO));

    Verdict verdict =
        rule.judge(Containers.exited("done").build(), Given.facts().limits(limits).build(), NOW);

    assertThat(verdict).isInstanceOf(Verdict.Act.class);
  }

  @Test
  void no_limit_keeps_for_ever() {
    Limits limits = Limits.builtIn().with(CONTAINER_HOLD_AFTER_STOP, TimeLimit.NONE);

    Verdict verdict =
        rule.judge(
            Containers.exited("kept").build(),
            Given.facts().limits(limits).seenFor(Duration.ofDays(900)).build(),
            NOW);

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    assertThat(verdict.clock()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"CREATED", "RUNNING", "PAUSED", "RESTARTING", "REMOVING"})
  void keeps_whatever_is_not_stopped(State state) {
    Container container = Containers.exited("live").state(state).build();

    Verdict verdict =
        rule.judge(container, Given.facts().seenFor(Duration.ofDays(9)).warned().build(), NOW);

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
    assertThat(verdict.clock()).isEmpty();
  }

  @Test
  void leaves_a_container_that_never_ran_to_the_created_rule() {
    Container never = Containers.exited("never").startedAt(null).finishedAt(null).build();

    Verdict verdict =
        rule.judge(never, Given.facts().seenFor(Duration.ofDays(9)).warned().build(), NOW);

    assertThat(verdict).isInstanceOf(Verdict.Keep.class);
  }

  @Test
  void the_two_rules_share_out_all_containers_and_neither_removes_a_live_one() {
    Random random = new Random(7);
    CreatedRule created = new CreatedRule();
    for (int i = 0; i < 5_000; i++) {
      Container container = arbitrary(random);
      Facts facts =
          Given.facts()
              .type(any(random, ContainerType.values()))
              .endedBy(any(random, EndedBy.values()))
              .seenFor(Duration.ofMinutes(random.nextInt(3_000)))
              .build();
      Verdict byStale = rule.judge(container, facts, NOW);
      Verdict byCreated = created.judge(container, facts, NOW);

      assertThat(byStale.clock().isPresent() && byCreated.clock().isPresent()).isFalse();
      if (container.state().isLive() || container.state() == State.REMOVING) {
        assertThat(byStale).isInstanceOf(Verdict.Keep.class);
        assertThat(byCreated).isInstanceOf(Verdict.Keep.class);
      } else {
        assertThat(byStale.clock().isPresent() || byCreated.clock().isPresent()).isTrue();
      }
      assertThat(rule.judge(container, facts, NOW)).isEqualTo(byStale);
    }
  }

  private Duration heldFor(Container container, ContainerType type, Limits limits) {
    Verdict verdict = rule.judge(container, Given.facts().type(type).limits(limits).build(), NOW);
    return Duration.between(NOW, verdict.clock().orElseThrow().due());
  }

  private static Container arbitrary(Random random) {
    boolean started = random.nextBoolean();
    boolean finished = started && random.nextBoolean();
    Containers container =
        Containers.created("any")
            .state(any(random, State.values()))
            .startedAt(started ? Containers.STARTED_AT : null)
            .finishedAt(finished ? Containers.FINISHED_AT : null)
            .exitCode(random.nextInt(3));
    return random.nextBoolean() ? container.gpu("0").build() : container.build();
  }

  private static <T> T any(Random random, T[] values) {
    return values[random.nextInt(values.length)];
  }

  @Test
  void is_announced_again_when_an_interruption_is_made_of_its_stop() {
    Clock announced = new Clock(NOW, NOW.plus(Duration.ofMinutes(30)));
    Facts later = Given.facts().clock(announced).warned().endedBy(EndedBy.ENGINE).build();

    Verdict verdict = rule.judge(Containers.exited("done").build(), later, NOW.plusSeconds(5));

    assertThat(verdict).isInstanceOf(Verdict.Warn.class);
    assertThat(verdict.clock().orElseThrow().due()).isEqualTo(NOW.plus(Duration.ofDays(1)));
  }
}
