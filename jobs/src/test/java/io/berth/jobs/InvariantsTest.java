package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.engine.EngineException;
import io.berth.policies.JobName;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The invariants of DESIGN section 8, as far as removal goes: each test tries to break one. */
class InvariantsTest {

  @TempDir Path folder;
  private World world;

  @BeforeEach
  void enforce() {
    world = new World(folder, World.ENFORCE);
    world.sweepAll();
  }

  @AfterEach
  void close() {
    world.close();
  }

  // 1. A protected container is never touched.

  @Test
  void a_protected_container_outlives_everything() {
    world.engine.has(Containers.exited("exporter").label("ds01.monitoring", "true"));
    world.engine.has(Containers.created("vault").label("ds01.protected", "1"));
    world.engine.has(Containers.exited("task").label("com.docker.swarm.task", "x"));

    world.sweepFor(Duration.ofHours(2));

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("exporter")).isEmpty();
  }

  @Test
  void protection_that_comes_between_verdict_and_act_still_counts() {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();

    world.protect("litter");
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("litter")).containsExactly("container.remove:dropped");
    assertThat(world.lastEvent("container.remove").path("details").path("detail").asText())
        .startsWith("judged again: it is protected");
  }

  // 2. and 3. Never a running one; inspected again before the act.

  @Test
  void a_container_started_between_verdict_and_act_is_left_alone() {
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();

    world.engine.start("train");
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    JsonNode dropped = world.lastEvent("container.remove").path("details");
    assertThat(dropped.path("outcome").asText()).isEqualTo("dropped");
    assertThat(dropped.path("detail").asText()).isEqualTo("it changed since: it is running now");
  }

  @Test
  void a_container_that_ran_again_between_verdict_and_act_gets_a_new_hold() {
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();

    world.engine.start("train");
    world.pass(Duration.ofSeconds(5));
    world.engine.exits("train", 0);
    world.carryOut();
    world.sweepFor(Duration.ofMinutes(29));

    assertThat(world.engine.isThere("train")).isTrue();
  }

  @Test
  void a_refusal_of_the_engine_is_an_outcome_and_the_container_stays_known() {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.engine.answers("litter", new ActResult(ActResult.Kind.REFUSED, "it is running"));

    world.sweepFor(Duration.ofMinutes(31));

    assertThat(world.story("litter")).contains("container.remove:dropped");
    assertThat(world.engine.isThere("litter")).isTrue();
  }

  // 4. Missing data is not absence.

  @Test
  void an_engine_that_is_down_makes_no_container_gone() {
    world.engine.run(Containers.running("train"));
    world.sweepAll();

    world.engine.goesDown();
    Sweeps.Report report = world.sweep(JobName.STALE_CLEANUP);
    world.engine.comesUp();
    world.sweepAll();

    assertThat(report.skipped()).contains("nobody listens");
    assertThat(world.story("train"))
        .containsExactly("container.create:done", "container.start:done");
  }

  @Test
  void a_directory_that_does_not_answer_keeps_the_container() {
    world.userDatabase(new UserDatabase.Answer.NoAnswer("no answer within 2s"));
    world.engine.has(Containers.created("train._.1001"));

    world.sweepFor(Duration.ofHours(2));
    assertThat(world.engine.calls()).isEmpty();

    world.userDatabase(new UserDatabase.Answer.Found("ada"));
    world.sweepFor(Duration.ofMinutes(32));

    assertThat(world.engine.calls()).containsExactly("remove train._.1001");
    assertThat(world.lastEvent("container.remove").path("user").asText()).isEqualTo("ada");
  }

  @Test
  void an_owner_once_known_outlives_the_directory() {
    world.userDatabase(new UserDatabase.Answer.Found("ada"));
    world.engine.has(Containers.created("train._.1001"));
    world.sweepAll();

    world.userDatabase(new UserDatabase.Answer.NoSuchUser());
    world.restart();
    world.sweepFor(Duration.ofMinutes(31));

    assertThat(world.lastEvent("container.remove").path("user").asText()).isEqualTo("ada");
  }

  // 9. What is due happens within one period.

  @Test
  void created_litter_goes_after_its_timeout_and_not_before() {
    world.engine.has(
        Containers.created("litter").createdAt(world.now().minus(Duration.ofDays(30))));
    world.sweepAll();

    world.sweepFor(Duration.ofMinutes(29));
    assertThat(world.engine.isThere("litter")).isTrue();

    world.sweepFor(Duration.ofMinutes(1));
    assertThat(world.engine.isThere("litter")).isFalse();
    assertThat(world.story("litter")).containsExactly("container.remove:done");
  }

  @Test
  void a_stopped_container_is_announced_when_its_stop_is_seen_and_removed_as_announced() {
    world.engine.run(Containers.running("train").owner("ada"));
    world.sweepAll();
    world.engine.exits("train", 1);
    world.sweepAll();
    Instant announced =
        Instant.parse(world.lastEvent("container.warn").path("details").path("at").asText());

    world.sweepFor(Duration.ofMinutes(35));

    assertThat(announced).isEqualTo(World.START.plus(Duration.ofMinutes(30)));
    JsonNode removal = world.lastEvent("container.remove");
    assertThat(removal.path("timestamp").asText()).isEqualTo(announced.toString());
    assertThat(world.story("train"))
        .containsExactly(
            "container.create:done",
            "container.start:done",
            "container.stop:done",
            "container.warn:done",
            "container.remove:done");
  }

  // 10. and 11. Every act has an intent and an outcome; none is lost, none doubled.

  @Test
  void a_removal_whose_daemon_ended_before_it_began_is_closed_and_judged_anew() {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();

    world.restart();
    world.sweepAll();
    world.carryOut();

    assertThat(world.story("litter")).containsExactly("container.remove:dropped");
    world.sweepAll();
    world.carryOut();
    assertThat(world.story("litter"))
        .containsExactly("container.remove:dropped", "container.remove:done");
    assertThat(world.engine.calls()).hasSize(1);
  }

  @Test
  void a_removal_whose_daemon_ended_before_it_was_recorded_is_found_done() {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();

    world.engine.removed("litter"); // as the act would have, right before the daemon ended
    world.restart();
    world.sweepAll();
    world.sweepAll();

    assertThat(world.story("litter")).containsExactly("container.remove:done");
    assertThat(world.lastEvent("container.remove").path("details").path("by").asText())
        .isEqualTo("berth");
  }

  @Test
  void a_failed_removal_is_reported_and_tried_again_with_back_off() {
    world.engine.has(Containers.created("stuck"));
    world.sweepAll();
    world.engine.answers("stuck", new ActResult(ActResult.Kind.FAILED, "device busy"));

    world.sweepFor(Duration.ofMinutes(44));
    assertThat(world.engine.calls()).hasSize(4); // after 30, 31, 33 and 37 minutes
    assertThat(world.lastEvent("container.remove").path("details").path("detail").asText())
        .startsWith("device busy");

    world.engine.answersAsUsual("stuck");
    world.sweepFor(Duration.ofHours(1));
    assertThat(world.engine.isThere("stuck")).isFalse();
  }

  @Test
  void a_change_whose_event_was_lost_is_found_once() {
    world.engine.run(Containers.running("train"));
    world.sweepAll();

    world.engine.goesDown();
    world.pass(Duration.ofSeconds(1));
    world.engine.ends("train", 0);
    world.engine.comesUp();
    world.sweepAll();
    world.sweep(JobName.RECONCILE);
    world.restart();
    world.sweepAll();

    assertThat(world.story("train").stream().filter("container.stop:done"::equals)).hasSize(1);
  }

  @Test
  void an_old_list_brings_nobody_back_whom_berth_removed() throws EngineException {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.engine.listsOnlyWhatIsThereNow();
    world.engine.deaf(true);
    world.sweepFor(Duration.ofMinutes(90));

    assertThat(world.engine.isThere("litter")).isFalse();
    assertThat(world.story("litter")).containsExactly("container.remove:done");
  }

  @Test
  void somebody_else_removing_a_container_is_told_as_theirs_once() {
    world.engine.run(Containers.running("train").owner("ada"));
    world.engine.exits("train", 0);
    world.sweepAll();

    world.engine.removed("train");
    world.sweepAll();
    world.sweepAll();

    JsonNode removal = world.lastEvent("container.remove");
    assertThat(removal.path("details").path("by").asText()).isEqualTo("user");
    assertThat(world.story("train").stream().filter("container.remove:done"::equals)).hasSize(1);
  }

  // 12. Nothing is due at once that its owner had no chance to prevent.

  @Test
  void a_clock_that_jumps_forward_makes_nothing_due() {
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);
    world.sweepAll();
    world.sweepFor(Duration.ofMinutes(10));

    world.clockJumps(Duration.ofDays(3));
    world.sweepFor(Duration.ofMinutes(19));
    assertThat(world.engine.isThere("train")).isTrue();

    world.sweepFor(Duration.ofMinutes(2));
    assertThat(world.engine.isThere("train")).isFalse();
    assertThat(world.lastEvent("sweep.error").path("details").path("reason").asText())
        .isEqualTo("clock_jump");
  }

  @Test
  void a_clock_that_jumps_back_leaves_what_remains_as_it_was() {
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);
    world.sweepAll();
    world.sweepFor(Duration.ofMinutes(10));

    world.clockJumps(Duration.ofDays(-3));
    world.sweepFor(Duration.ofMinutes(19));
    assertThat(world.engine.isThere("train")).isTrue();

    world.sweepFor(Duration.ofMinutes(2));
    assertThat(world.engine.isThere("train")).isFalse();
  }

  @Test
  void a_clock_that_jumps_between_verdict_and_act_drops_the_act() {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();

    world.clockJumps(Duration.ofHours(1));
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_clock_that_jumped_while_the_daemon_was_down_makes_nothing_due() {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(1));

    world.clockJumps(Duration.ofDays(3));
    world.restart();
    world.sweepFor(Duration.ofMinutes(28));

    assertThat(world.engine.isThere("litter")).isTrue();
  }

  @Test
  void a_daemon_that_was_down_for_days_removes_nothing_it_had_not_seen_before() {
    world.pass(Duration.ofDays(2));
    world.engine.has(
        Containers.exited("train")
            .createdAt(world.now().minus(Duration.ofDays(2)))
            .startedAt(world.now().minus(Duration.ofDays(2)))
            .finishedAt(world.now().minus(Duration.ofDays(1))));
    world.restart();

    world.sweepFor(Duration.ofMinutes(29));
    assertThat(world.engine.isThere("train")).isTrue();
    world.sweepFor(Duration.ofMinutes(3));
    assertThat(world.engine.isThere("train")).isFalse();
  }

  @Test
  void after_a_boot_every_hold_starts_anew() {
    world.engine.run(Containers.running("train"));
    world.engine.stopped("train");
    world.sweepAll();

    world.hostReboots(Duration.ofHours(5));
    world.sweepFor(Duration.ofMinutes(29));

    assertThat(world.engine.isThere("train")).isTrue();
  }

  @Test
  void a_shorter_limit_moves_no_announced_removal_earlier() {
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);
    world.sweepAll();

    world.book(
        World.ENFORCE + "defaults:\n  container_hold_after_stop: 1m\n  gpu_hold_after_stop: 1m\n");
    world.sweepFor(Duration.ofMinutes(29));

    assertThat(world.engine.isThere("train")).isTrue();
  }

  @Test
  void a_limit_where_there_was_none_starts_when_it_is_set() {
    world.book(World.ENFORCE + "policies:\n  created_container_timeout: never\n");
    world.engine.has(Containers.created("kept"));
    world.sweepFor(Duration.ofHours(3));

    world.book(World.ENFORCE);
    world.sweepFor(Duration.ofMinutes(30));
    assertThat(world.engine.isThere("kept")).isTrue();
    world.sweepFor(Duration.ofMinutes(2));
    assertThat(world.engine.isThere("kept")).isFalse();
  }

  @Test
  void the_switch_to_enforce_announces_anew_and_gives_the_full_hold() {
    world.disable(true);
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);
    world.sweepFor(Duration.ofHours(3));
    assertThat(world.story("train")).endsWith("container.warn:would", "container.remove:would");

    world.disable(false);
    world.sweepFor(Duration.ofMinutes(30));
    assertThat(world.engine.isThere("train")).isTrue();
    assertThat(world.story("train")).endsWith("container.warn:done");

    world.sweepFor(Duration.ofMinutes(2));
    assertThat(world.engine.isThere("train")).isFalse();
  }

  // 13. The breaker.

  @Test
  void the_breaker_trips_before_any_cap_and_holds_everything_back() {
    world.book(
        World.ENFORCE.replace(
            "breaker_share: 1", "breaker_share: 0.5\n  max_removals_per_sweep: 2"));
    for (int i = 0; i < 20; i++) {
      world.engine.has(Containers.created("litter" + i));
    }
    for (int i = 0; i < 10; i++) {
      world.engine.has(Containers.running("service" + i));
    }
    world.sweepAll();

    world.sweepFor(Duration.ofHours(1));

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.isBreakerTripped()).isTrue();
    JsonNode trip = world.lastEvent("breaker.trip").path("details");
    assertThat(trip.path("wanted").asInt()).isEqualTo(20);
    assertThat(trip.path("removals").asInt()).isEqualTo(20);
  }

  @Test
  void the_breaker_is_reset_when_fewer_are_wanted_and_survives_a_restart() {
    world.book(World.ENFORCE.replace("breaker_share: 1", "breaker_share: 0.5"));
    for (int i = 0; i < 12; i++) {
      world.engine.has(Containers.created("litter" + i));
    }
    world.sweepAll();
    world.sweepFor(Duration.ofMinutes(31));
    world.restart();
    assertThat(world.isBreakerTripped()).isTrue();

    for (int i = 0; i < 6; i++) {
      world.engine.start("litter" + i);
    }
    world.sweepFor(Duration.ofMinutes(12));

    assertThat(world.isBreakerTripped()).isFalse();
    assertThat(world.engine.calls()).hasSize(6);
    Set<String> types =
        world.events().stream().map(e -> e.path("event_type").asText()).collect(Collectors.toSet());
    assertThat(types).contains("breaker.trip", "breaker.reset");
  }

  static List<Consumer<World>> what_forgets_nothing() {
    return List.of(World::restart, world -> world.clockJumps(Duration.ofDays(-2)));
  }

  @ParameterizedTest
  @MethodSource("what_forgets_nothing")
  void removals_done_before_a_restart_or_a_step_of_the_clock_still_count(Consumer<World> happens) {
    String book = World.ENFORCE.replace("breaker_share: 1", "breaker_share: 0.5");
    world.book(book + "  max_removals_per_sweep: 9\n");
    for (int i = 0; i < 9; i++) {
      world.engine.has(Containers.created("early" + i));
    }
    world.sweepAll();
    world.pass(Duration.ofMinutes(5));
    for (int i = 0; i < 9; i++) {
      world.engine.has(Containers.created("late" + i));
    }
    world.sweepFor(Duration.ofMinutes(26));
    assertThat(world.engine.calls()).hasSize(9);

    happens.accept(world);
    world.sweepFor(Duration.ofMinutes(6));

    assertThat(world.isBreakerTripped()).isTrue();
    assertThat(world.engine.calls()).hasSize(9);
  }
}
