package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.activity.Activity;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.rules.Idleness;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Engine's events as activity: which command in a container is somebody's. */
class ActivityPulseTest {

  @TempDir Path folder;
  private World world;
  private Activity activity;
  private ActivityPulse pulse;
  private Subject train;

  @BeforeEach
  void one_container_with_a_health_check() {
    world = new World(folder, World.ENFORCE);
    world.engine.run(Containers.running("train").gpu("0").healthcheck("/bin/sh -c pgrep python"));
    world.sweep(JobName.RECONCILE);
    train =
        new Subject(
            world.engine.get("train"),
            Owner.UNKNOWN,
            null,
            ContainerType.DOCKER,
            null,
            EndedBy.UNKNOWN,
            world.now());
    activity =
        new Activity(
            folder.resolve("proc"),
            folder.resolve("cgroup"),
            world.gpus,
            world.processes(),
            (container, path) -> Optional.empty(),
            world.ledger());
    pulse = new ActivityPulse(activity, world.ledger());
    world.pass(Duration.ofHours(1));
  }

  @AfterEach
  void close() {
    activity.close();
    world.close();
  }

  private void sample() {
    world.pass(Duration.ofSeconds(30));
    pulse.sample(List.of(train), List.of(train), world.book(), world.now());
  }

  private Idleness.State state() {
    return pulse.of(train, Limits.builtIn(), world.book().policies(), world.now()).state();
  }

  @ParameterizedTest
  @CsvSource({
    "exec_start: /bin/sh -c pgrep python,       UNKNOWN",
    "exec_start: bash,                          ACTIVE",
    "exec_start: /bin/sh -c pgrep python; bash, ACTIVE",
    "exec_start: ,                              ACTIVE",
  })
  void a_command_that_is_started_is_somebodys_unless_it_is_the_health_check(
      String action, Idleness.State expected) {
    sample();
    sample();
    assertThat(state()).as("nothing can be read").isEqualTo(Idleness.State.UNKNOWN);

    pulse.executed(train.id(), action, world.now());

    assertThat(state()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "exec_start: /bin/sh -c pgrep python, UNKNOWN",
    "exec_start: bash,                    ACTIVE",
  })
  void a_command_in_a_container_that_is_not_known_yet_counts_once_it_is(
      String action, Idleness.State expected) {
    pulse.executed(train.id(), action, world.now().plusSeconds(60));
    sample();
    sample();

    assertThat(state()).isEqualTo(expected);
  }

  /** Of one that can't be looked at, nothing tells which command is its health check. */
  @Test
  void a_command_in_a_container_that_stays_unknown_is_somebodys() {
    pulse.executed(train.id(), "exec_start: /bin/sh -c pgrep python", world.now().plusSeconds(60));
    pulse.sample(List.of(), List.of(), world.book(), world.now());
    sample();
    sample();

    assertThat(state()).isEqualTo(Idleness.State.ACTIVE);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_command_that_came_before_the_first_sample_counts_for_who_asks_before_it(boolean act) {
    sample();
    sample();
    pulse = new ActivityPulse(activity, world.ledger()); // as after a restart of the daemon
    pulse.executed(train.id(), "exec_start: bash", world.now());

    assertThat(act ? rightBeforeAnAct() : state()).isEqualTo(Idleness.State.ACTIVE);
  }

  private Idleness.State rightBeforeAnAct() {
    return pulse.now(train, Limits.builtIn(), world.book().policies(), world.now()).state();
  }

  @Test
  void who_attaches_is_somebody() {
    sample();
    sample();
    pulse.touched(train.id(), world.now());

    assertThat(state()).isEqualTo(Idleness.State.ACTIVE);
  }
}
