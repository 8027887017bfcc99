package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written right after the clock was set; each was found by the simulation. */
class ClockStepTest {

  @TempDir private Path folder;
  private World world;

  @BeforeEach
  void a_container_runs() {
    world = new World(folder, World.ENFORCE);
    world.gpus.full(2);
    world.engine.run(Containers.running("train").owner("ada").gpu("GPU-0"));
    world.sweep(JobName.RECONCILE);
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Test
  void a_hold_that_an_event_began_after_the_step_is_not_moved_by_it() {
    world.clockJumps(Duration.ofHours(20));
    world.engine.stopped("train");
    world.sweeps().notice();
    world.sweep(JobName.RECONCILE);
    assertThat(claim().state()).isEqualTo(Claim.State.HELD);
    assertThat(claim().until()).isEqualTo(world.now().plus(Duration.ofMinutes(15)));
  }

  @Test
  void a_grant_after_the_step_is_not_moved_by_it_where_the_clock_is_settled_first() {
    Allocator allocator =
        new Allocator(
            world.engine, world.ledger(), world.gpus, world.processes(), world::now, world::book);
    world.clockJumps(Duration.ofHours(20));
    world.sweeps().settleClock();
    allocator.allocate(new Allocator.Request("bob", "job", 1, "GPU-1"), Mode.ENFORCE);
    world.sweep(JobName.RECONCILE);
    Claim granted =
        world.ledger().read(tables -> tables.devices().allocation()).claimsOn("GPU-1").get(0);
    assertThat(granted.until()).isEqualTo(world.now().plus(Duration.ofMinutes(30)));
  }

  @Test
  void a_stop_of_ours_is_ours_although_its_life_seems_to_have_begun_after_it() {
    world.clockJumps(Duration.ofHours(-20));
    world.sweep(JobName.RECONCILE);
    stopsWhatIsIdle("train");
    assertThat(world.engine.calls()).contains("stop train");
    world.sweep(JobName.RECONCILE);
    assertThat(world.ledger().<Map<String, Known>>read(Tables::known).get(Containers.idOf("train")))
        .extracting(Known::endedBy)
        .isEqualTo(EndedBy.BERTH);
    assertThat(world.story("train")).containsOnlyOnce("container.stop:done");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void what_dies_of_a_stop_that_seemed_to_fail_before_a_step_is_ours(boolean restart) {
    world.engine.answers("train", new ActResult(ActResult.Kind.FAILED, "it will not die"));
    stopsWhatIsIdle("train");
    world.clockJumps(Duration.ofDays(2));
    world.sweep(JobName.RECONCILE);
    if (restart) {
      world.restart();
    }
    world.engine.ends("train", 137);
    world.sweep(JobName.RECONCILE);
    assertThat(world.ledger().<Map<String, Known>>read(Tables::known).get(Containers.idOf("train")))
        .extracting(Known::endedBy)
        .isEqualTo(EndedBy.BERTH);
  }

  @Test
  void a_stop_of_ours_at_the_very_moment_at_which_the_life_before_ended_is_ours() {
    Instant first = world.now();
    stopsWhatIsIdle("train");
    Instant ended = world.engine.get("train").finishedAt();
    world.engine.start("train");
    world.sweep(JobName.RECONCILE);
    world.clockJumps(Duration.between(world.now(), first.plus(Duration.ofMinutes(1))));
    world.sweep(JobName.RECONCILE);
    stopsWhatIsIdle("train");
    assertThat(world.engine.get("train").finishedAt()).isEqualTo(ended);
    world.sweep(JobName.RECONCILE);
    assertThat(world.ledger().<Map<String, Known>>read(Tables::known).get(Containers.idOf("train")))
        .extracting(Known::endedBy)
        .isEqualTo(EndedBy.BERTH);
  }

  @Test
  void stops_before_a_step_back_do_not_use_up_the_hours_to_come() {
    world.book(World.ENFORCE + "  max_stops_per_hour: 1\n");
    world.engine.run(Containers.running("late").owner("bob").gpu("GPU-1"));
    stopsWhatIsIdle("train");
    world.clockJumps(Duration.ofHours(-20));
    world.sweep(JobName.RECONCILE);
    stopsWhatIsIdle("late");
    assertThat(world.engine.calls()).contains("stop train", "stop late");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 180})
  void a_life_that_began_right_before_the_step_runs_its_whole_time(long minutesAfterTheLastLook) {
    world.pass(Duration.ofMinutes(minutesAfterTheLastLook));
    world.engine.run(Containers.running("late").owner("bob").gpu("GPU-1"));
    world.clockJumps(Duration.ofDays(3));
    world.sweep(JobName.MAX_RUNTIME);
    for (int hour = 0; hour < 23; hour++) {
      world.pass(Duration.ofHours(1));
      world.sweep(JobName.MAX_RUNTIME);
    }
    assertThat(world.engine.calls()).doesNotContain("stop late");
    assertThat(world.story("late")).filteredOn("container.warn:done"::equals).hasSize(2);
    world.pass(Duration.ofHours(3));
    world.sweep(JobName.MAX_RUNTIME);
    assertThat(world.engine.calls()).contains("stop late");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void so_does_one_whose_daemon_ended_before_it_looked(boolean hadFoundTheStep) {
    world.engine.run(Containers.running("late").owner("bob").gpu("GPU-1"));
    world.clockJumps(Duration.ofDays(3));
    if (hadFoundTheStep) {
      world.sweeps().settleClock();
    }
    world.restart();
    world.sweep(JobName.RECONCILE); // only finds the step, where that is still to be found
    for (int hour = 0; hour < 24; hour++) {
      world.sweep(JobName.MAX_RUNTIME);
      world.pass(Duration.ofHours(1));
    }
    assertThat(world.engine.calls()).doesNotContain("stop late");
    assertThat(world.story("late")).filteredOn("container.warn:done"::equals).hasSize(2);
    world.pass(Duration.ofHours(1));
    world.sweep(JobName.MAX_RUNTIME);
    assertThat(world.engine.calls()).contains("stop late");
  }

  @Test
  void the_time_before_a_limit_there_is_has_no_step_in_it() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: never\n");
    world.sweep(JobName.MAX_RUNTIME);
    world.clockJumps(Duration.ofDays(3));
    world.sweep(JobName.MAX_RUNTIME);
    world.book(World.ENFORCE);
    world.sweep(JobName.MAX_RUNTIME);
    assertThat(world.story("train")).doesNotContain("container.warn:done");
  }

  private void stopsWhatIsIdle(String name) {
    world.pulse.idleSince(name, world.now());
    for (int minute = 0; minute < 40; minute++) {
      world.pass(Duration.ofMinutes(1));
      world.sweep(JobName.IDLE_STOP);
    }
  }

  private Claim claim() {
    return world.ledger().read(tables -> tables.devices().allocation()).claimsOn("GPU-0").get(0);
  }
}
