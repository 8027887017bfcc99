package io.berth.jobs.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.policies.ContainerType;
import io.berth.policies.IdleAction;
import io.berth.policies.LimitKey;
import io.berth.policies.Limits;
import io.berth.policies.PolicyLoader;
import io.berth.policies.TimeLimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Idle stop and max runtime, both with warnings first; limits as CONFIG.md has them. */
class StopRulesTest {

  private static final Instant NOW = Given.NOW;
  private static final Duration HALF_HOUR = Duration.ofMinutes(30);
  private static final Duration DAY = Duration.ofHours(24);

  @TempDir Path folder;

  private final IdleRule idle = new IdleRule();
  private final RuntimeRule runtime = new RuntimeRule();
  private final Container busy = Containers.running("train").gpu("0").build();

  // --- idle

  @Test
  void an_idle_container_is_warned_at_both_shares_and_then_stopped() {
    Facts facts = Given.facts().idle(NOW).build();

    assertThat(judgeIdle(facts, NOW.plus(Duration.ofMinutes(24)).minusMillis(1)))
        .isInstanceOf(Verdict.Keep.class);
    Verdict first = judgeIdle(facts, NOW.plus(Duration.ofMinutes(24)));
    assertThat(first).isInstanceOf(Verdict.Warn.class);
    assertThat(((Verdict.Warn) first).last()).isFalse();
    assertThat(((Verdict.Warn) first).cause().action()).isEqualTo(Action.STOP);

    Verdict second = after(facts, first, NOW.plus(Duration.ofSeconds(1710)));
    assertThat(((Verdict.Warn) second).last()).isTrue();
    assertThat(after(facts, second, NOW.plus(HALF_HOUR).minusMillis(1)))
        .isInstanceOf(Verdict.Keep.class);

    Verdict third = after(facts, second, NOW.plus(HALF_HOUR));
    assertThat(third).isInstanceOf(Verdict.Act.class);
    assertThat(((Verdict.Act) third).cause().reason()).isEqualTo(Reason.IDLE_TIMEOUT);
  }

  @Test
  void a_warning_that_comes_late_moves_the_stop_so_that_its_notice_is_whole() {
    Facts facts = Given.facts().idle(NOW).build();
    Instant late = NOW.plus(Duration.ofHours(5));

    Verdict first = judgeIdle(facts, late);

    assertThat(first).isInstanceOf(Verdict.Warn.class);
    assertThat(due(first)).isEqualTo(late.plus(Duration.ofMinutes(6)));
    Verdict second = after(facts, first, late.plus(Duration.ofHours(1)));
    assertThat(second).isInstanceOf(Verdict.Warn.class);
    assertThat(due(second)).isEqualTo(late.plus(Duration.ofHours(1)).plusSeconds(90));
  }

  @Test
  void what_is_active_or_not_known_has_no_clock() {
    Facts active =
        Given.facts().idleness(Idleness.active("it computes", java.util.Map.of())).build();
    Facts unknown = Given.facts().idleness(Idleness.unknown("NVML does not answer")).build();

    assertThat(judgeIdle(active, NOW)).isEqualTo(Verdict.keep("it computes"));
    assertThat(judgeIdle(unknown, NOW)).isEqualTo(Verdict.keep("NVML does not answer"));
  }

  @Test
  void only_what_runs_and_has_a_gpu_is_stopped_for_idleness() {
    Instant late = NOW.plus(DAY);
    Facts facts = Given.facts().idle(NOW).clock(new Clock(NOW, NOW, 2)).build();
    for (Container container :
        new Container[] {
          Containers.running("web").build(),
          Containers.paused("frozen").gpu("0").build(),
          Containers.restarting("loop").gpu("0").build(),
          Containers.exited("done").gpu("0").build(),
          Containers.created("new").gpu("0").build()
        }) {
      assertThat(idle.judge(container, facts, late))
          .as(container.name())
          .isInstanceOf(Verdict.Keep.class);
    }
  }

  @Test
  void no_limit_and_zero_mean_never() {
    for (TimeLimit never : new TimeLimit[] {TimeLimit.NONE, TimeLimit.of(Duration.ZERO)}) {
      Limits limits = Limits.builtIn().with(LimitKey.IDLE_TIMEOUT, never);
      limits = limits.with(LimitKey.MAX_RUNTIME, never);
      Facts facts = Given.facts().idle(NOW).lifeStart(NOW).limits(limits).build();

      assertThat(judgeIdle(facts, NOW.plus(DAY)).clock()).isEmpty();
      assertThat(runtime.judge(busy, facts, NOW.plus(DAY)).clock()).isEmpty();
    }
  }

  @Test
  void high_demand_halves_the_timeout_of_what_was_not_warned_yet() {
    Facts facts = Given.facts().idle(NOW).highDemand().build();

    assertThat(judgeIdle(facts, NOW.plus(Duration.ofMinutes(12)))).isInstanceOf(Verdict.Warn.class);
  }

  @Test
  void an_announced_time_stays_when_demand_becomes_high() {
    Verdict warned = judgeIdle(Given.facts().idle(NOW).build(), NOW.plus(Duration.ofMinutes(24)));
    Facts demanded = Given.facts().idle(NOW).highDemand().build();

    Verdict then = after(demanded, warned, NOW.plus(Duration.ofMinutes(25)));

    assertThat(due(then)).isEqualTo(NOW.plus(HALF_HOUR));
  }

  @Test
  void a_longer_limit_is_announced_anew_at_its_own_times() {
    Verdict warned = judgeIdle(Given.facts().idle(NOW).build(), NOW.plus(Duration.ofMinutes(24)));
    Limits longer =
        Limits.builtIn().with(LimitKey.IDLE_TIMEOUT, TimeLimit.of(Duration.ofMinutes(60)));
    Facts facts = Given.facts().idle(NOW).limits(longer).build();

    Verdict kept = after(facts, warned, NOW.plus(Duration.ofMinutes(25)));
    assertThat(kept).isInstanceOf(Verdict.Keep.class);
    assertThat(due(kept)).isEqualTo(NOW.plus(Duration.ofMinutes(60)));
    assertThat(after(facts, kept, NOW.plus(Duration.ofMinutes(48))))
        .isInstanceOf(Verdict.Warn.class);
  }

  @Test
  void a_time_that_was_announced_for_an_earlier_run_holds_for_this_one() {
    Instant promised = NOW.plus(Duration.ofHours(3));
    Facts facts = Given.facts().idle(NOW).promised(promised).build();

    assertThat(judgeIdle(facts, NOW.plus(Duration.ofHours(1)))).isInstanceOf(Verdict.Keep.class);
    assertThat(due(judgeIdle(facts, NOW.plus(Duration.ofHours(1))))).isEqualTo(promised);
  }

  @Test
  void nothing_counts_before_the_floor() {
    Facts facts = Given.facts().idle(NOW).floor(NOW.plus(Duration.ofHours(1))).build();

    assertThat(due(judgeIdle(facts, NOW.plus(Duration.ofMinutes(61)))))
        .isEqualTo(NOW.plus(Duration.ofMinutes(90)));
  }

  @Test
  void the_idle_action_may_be_a_pause_or_only_a_warning() {
    Facts pause = facts(IdleAction.PAUSE);
    Facts warn = facts(IdleAction.WARN);
    Instant late = NOW.plus(HALF_HOUR);

    assertThat(((Verdict.Act) idle.judge(busy, pause, late)).cause().action())
        .isEqualTo(Action.PAUSE);
    assertThat(idle.judge(busy, warn, late)).isInstanceOf(Verdict.Keep.class);
    assertThat(idle.judge(busy, warn.with(null, null), late)).isInstanceOf(Verdict.Warn.class);
  }

  private static Facts facts(IdleAction action) {
    Limits limits = Limits.builtIn().with(LimitKey.IDLE_ACTION, action);
    Clock warned = new Clock(NOW, NOW.plus(HALF_HOUR), 2);
    return Given.facts().idle(NOW).limits(limits).clock(warned).build();
  }

  @Test
  void a_container_that_would_be_gone_with_its_stop_is_paused() {
    Container fleeting = Containers.running("run").gpu("0").autoRemove().build();
    Clock warned = new Clock(NOW, NOW.plus(DAY), 2);
    Facts facts = Given.facts().idle(NOW).lifeStart(NOW).clock(warned).build();

    for (Rule rule : new Rule[] {idle, runtime}) {
      Verdict verdict = rule.judge(fleeting, facts, NOW.plus(DAY));
      assertThat(((Verdict.Act) verdict).cause().action()).isEqualTo(Action.PAUSE);
    }
  }

  // --- runtime

  @Test
  void a_runtime_is_warned_of_twice_with_the_exact_time_and_then_ended() {
    Facts facts = Given.facts().lifeStart(NOW).build();

    Verdict first = runtime.judge(busy, facts, NOW.plus(Duration.ofHours(18)));
    assertThat(first).isInstanceOf(Verdict.Warn.class);
    assertThat(due(first)).isEqualTo(NOW.plus(DAY));
    Verdict second = after(runtime, facts, first, NOW.plus(Duration.ofMinutes(1296)));
    assertThat(((Verdict.Warn) second).last()).isTrue();
    Verdict third = after(runtime, facts, second, NOW.plus(DAY));
    assertThat(((Verdict.Act) third).cause().reason()).isEqualTo(Reason.MAX_RUNTIME);
  }

  @Test
  void while_it_is_paused_nothing_is_due_and_after_it_the_warnings_come_first() {
    Facts facts = Given.facts().lifeStart(NOW).clock(new Clock(NOW, NOW.plus(DAY), 2)).build();
    Container paused = Containers.paused("train").gpu("0").build();
    Instant later = NOW.plus(Duration.ofHours(30));

    Verdict kept = runtime.judge(paused, facts, later);
    assertThat(kept).isInstanceOf(Verdict.Keep.class);

    Verdict resumed = after(runtime, facts, kept, later);
    assertThat(resumed).isInstanceOf(Verdict.Warn.class);
    assertThat(due(resumed)).isEqualTo(later.plus(Duration.ofHours(6)));
  }

  @Test
  void a_container_that_restarts_keeps_its_clock_as_it_is() {
    Clock clock = new Clock(NOW, NOW.plus(DAY), 1);
    Facts facts = Given.facts().lifeStart(NOW).clock(clock).build();
    Container restarting = Containers.restarting("loop").gpu("0").build();

    assertThat(runtime.judge(restarting, facts, NOW.plus(DAY)).clock()).contains(clock);
  }

  @Test
  void a_clock_that_was_moved_with_the_host_s_clock_counts_instead_of_the_start() {
    Instant moved = NOW.plus(Duration.ofDays(300));
    Facts facts = Given.facts().lifeStart(NOW).clock(new Clock(moved, moved.plus(DAY))).build();

    assertThat(runtime.judge(busy, facts, moved.plusSeconds(60))).isInstanceOf(Verdict.Keep.class);
  }

  // --- exemptions

  @Test
  void who_is_exempt_is_spared_when_it_would_be_due_and_warned_in_full_when_that_ends() {
    Limits limits = exempt("2026-03-05T00:00:00Z");
    Facts facts = Given.facts().idle(NOW).limits(limits).build();

    assertThat(judgeIdle(facts, NOW.plus(Duration.ofMinutes(29)))).isInstanceOf(Verdict.Keep.class);
    Verdict spared = judgeIdle(facts, NOW.plus(HALF_HOUR));
    assertThat(spared).isInstanceOf(Verdict.Spare.class);
    assertThat(spared.why()).contains("eva is exempt");

    Instant over = Instant.parse("2026-03-05T00:00:01Z");
    Verdict warned = after(facts, spared, over);
    assertThat(warned).isInstanceOf(Verdict.Warn.class);
    assertThat(due(warned)).isEqualTo(over.plus(Duration.ofMinutes(6)));
  }

  private Limits exempt(String until) {
    try {
      Path main = Files.writeString(folder.resolve("limits.yaml"), "defaults: {}\n");
      Files.writeString(
          folder.resolve("lifecycle-exemptions.yaml"),
          """
          exemptions:
            - username: eva
              exempt_from: [idle_timeout]
              expires_on: %s
              reason: a deadline
          """
              .formatted(until));
      PolicyLoader.Loaded loaded = PolicyLoader.load(main);
      return Objects.requireNonNull(loaded.book(), () -> loaded.problems().toString())
          .limitsFor("eva", ContainerType.DOCKER);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // --- whatever happens

  /** Invariant 5, over random limits, demands and times at which somebody looks. */
  @Test
  void
      from_the_first_warning_to_the_act_its_notice_passes_and_what_was_announced_only_moves_later() {
    for (long seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      Instant now = NOW;
      Clock clock = null;
      Instant firstWarning = null;
      Instant announced = null;
      Duration atWarning = Duration.ZERO;
      for (int step = 0; step < 200; step++) {
        now = now.plusSeconds(random.nextInt(400));
        Duration limit = Duration.ofMinutes(random.nextInt(10) == 0 ? 5 + random.nextInt(90) : 30);
        Limits limits = Limits.builtIn().with(LimitKey.IDLE_TIMEOUT, TimeLimit.of(limit));
        Instant promised = announced == null || clock == null ? null : clock.due();
        Given given = Given.facts().idle(NOW).limits(limits).clock(clock).promised(promised);
        boolean demanded = random.nextInt(3) == 0;
        Facts facts = demanded ? given.highDemand().build() : given.build();
        Verdict verdict = judgeIdle(facts, now);
        clock = verdict.clock().orElse(null);
        if (verdict instanceof Verdict.Warn warn) {
          assertThat(announced == null || !warn.running().due().isBefore(announced))
              .as("seed %d, step %d", seed, step)
              .isTrue();
          announced = warn.running().due();
          if (warn.running().warnings() == 1) {
            firstWarning = now;
            atWarning = demanded ? limit.dividedBy(2) : limit;
          }
        }
        if (verdict instanceof Verdict.Act) {
          assertThat(firstWarning).as("seed %d", seed).isNotNull();
          assertThat(Duration.between(firstWarning, now))
              .as("seed %d", seed)
              .isGreaterThanOrEqualTo(atWarning.dividedBy(5));
          assertThat(now).as("seed %d", seed).isAfterOrEqualTo(announced);
          break;
        }
      }
    }
  }

  private Verdict judgeIdle(Facts facts, Instant now) {
    return idle.judge(busy, facts, now);
  }

  private Verdict after(Facts facts, Verdict before, Instant now) {
    return after(idle, facts, before, now);
  }

  /** The same, with the clock that the verdict before it left. */
  private Verdict after(Rule rule, Facts facts, Verdict before, Instant now) {
    return rule.judge(busy, facts.with(before.clock().orElseThrow(), null), now);
  }

  private static @Nullable Instant due(Verdict verdict) {
    return verdict.clock().map(Clock::due).orElse(null);
  }
}
