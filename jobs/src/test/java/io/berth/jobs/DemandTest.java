package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Containers;
import io.berth.policies.JobName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When GPUs are in high demand: from eight of ten on, until they are six. */
class DemandTest {

  @TempDir Path folder;
  private World world;

  @BeforeEach
  void tenGpus() {
    world = new World(folder, World.ENFORCE);
    world.gpus.full(10);
  }

  @AfterEach
  void close() {
    world.close();
  }

  /** So many GPUs are taken from now on. */
  private void taken(int count) {
    for (int i = 0; i < 10; i++) {
      String name = "train" + i;
      if (i < count && !world.engine.isThere(name)) {
        world.engine.run(Containers.running(name).gpu("GPU-" + i));
      } else if (i >= count && world.engine.isThere(name)) {
        world.engine.removed(name);
      }
    }
    world.pass(Duration.ofMinutes(1));
    world.sweep(JobName.RECONCILE);
    world.sweep(JobName.IDLE_STOP);
  }

  private List<String> told() {
    return world.events().stream()
        .map(each -> each.path("event_type").asText())
        .filter(type -> type.startsWith("demand."))
        .toList();
  }

  @Test
  void it_is_high_from_the_threshold_on() {
    taken(7);
    assertThat(world.sweeps().isDemandHigh()).isFalse();

    taken(8);
    assertThat(world.sweeps().isDemandHigh()).isTrue();
    JsonNode event = world.lastEvent("demand.high");
    assertThat(event.path("details").path("allocated_share").asDouble()).isEqualTo(0.8);
  }

  @Test
  void a_gpu_that_comes_and_goes_at_the_threshold_does_not_make_it_flutter() {
    for (int i = 0; i < 5; i++) {
      taken(8);
      taken(7);
    }
    assertThat(told()).containsExactly("demand.high");

    for (int i = 0; i < 5; i++) {
      taken(6);
      taken(7);
    }
    assertThat(told()).containsExactly("demand.high", "demand.normal");
  }

  @Test
  void it_lasts_over_a_restart_of_the_daemon() {
    taken(8);
    taken(7);

    world.restart();
    assertThat(world.sweeps().isDemandHigh()).isTrue();
    world.sweep(JobName.IDLE_STOP);

    assertThat(told()).containsExactly("demand.high");
  }

  @Test
  void a_host_without_gpus_is_in_no_demand() {
    world.gpus.full(0);
    world.engine.run(Containers.running("web"));
    world.sweep(JobName.IDLE_STOP);

    assertThat(world.sweeps().isDemandHigh()).isFalse();
  }

  /** By the real fact, not by one that a rule is told. */
  @Test
  void it_halves_the_time_of_an_idle_container() {
    taken(8);
    world.pulse.idleSince("train0", world.now());

    for (int minute = 0; minute < 16; minute++) {
      world.pass(Duration.ofMinutes(1));
      world.sweep(JobName.IDLE_STOP);
    }

    assertThat(world.engine.calls()).containsExactly("stop train0");
  }
}
