package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.Bystanders.Bystander;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.Orphan;
import io.berth.policies.JobName;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BystandersTest {

  private static final int PID = 4711;

  @TempDir Path folder;
  private World world;
  private Bystanders bystanders;

  @BeforeEach
  void one_gpu() {
    world = new World(folder, World.ENFORCE);
    world.gpus.full(1);
    bystanders = new Bystanders(world.gpus, world.processes(), world.ledger());
  }

  @AfterEach
  void close() {
    world.close();
  }

  @ParameterizedTest
  @CsvSource({
    "/, the host",
    "/system.slice/nvidia-persistenced.service, the host",
    "/machine.slice/libpod-%s.scope, libpod",
    "/kubepods/burstable/pod1/%s, kubernetes",
    "/docker/%s, an unknown container 2d711642b726",
  })
  void who_is_in_no_container_that_is_known_is_shown(String cgroup, String of) {
    world.process(PID, 1, "python", cgroup.formatted(Containers.idOf("x")));
    world.gpus.runs("GPU-0", PID);

    assertThat(bystanders.now().bystanders())
        .containsExactly(new Bystander("GPU-0", PID, "python", of));
  }

  @Test
  void who_is_in_a_container_that_asked_for_it_or_is_gone_is_none() {
    world.engine.run(Containers.running("x").owner("ada").gpu("GPU-0"));
    world.sweepAll();
    world.process(PID, 1, "python", "/docker/" + Containers.idOf("x"));
    world.gpus.runs("GPU-0", PID);
    world.gpus.runs("GPU-0", PID + 1);

    assertThat(bystanders.now().bystanders()).isEmpty();
  }

  /** A privileged one, for example. */
  @Test
  void who_is_in_a_container_that_did_not_ask_for_it_is_shown_with_its_name() {
    world.engine.run(Containers.running("x").owner("ada"));
    world.sweepAll();
    world.process(PID, 1, "python", "/docker/" + Containers.idOf("x"));
    world.gpus.runs("GPU-0", PID);

    assertThat(bystanders.now().bystanders())
        .containsExactly(new Bystander("GPU-0", PID, "python", "container x (ada)"));
  }

  @Test
  void an_orphan_is_shown_as_such_and_not_here() {
    world.engine.run(Containers.running("x").owner("ada").gpu("GPU-0"));
    world.sweepAll();
    world.engine.removed("x");
    world.process(PID, 1, "python", "/docker/" + Containers.idOf("x"));
    world.gpus.runs("GPU-0", PID);
    world.sweep(JobName.RECONCILE);

    assertThat(world.ledger().<List<Orphan>>read(tables -> tables.findings().orphans())).hasSize(1);
    assertThat(bystanders.now().bystanders()).isEmpty();
  }

  @Test
  void why_nvml_can_not_tell_is_said() {
    assertThat(bystanders.now().unknown("GPU-0")).isEmpty();

    world.gpus.fails("no driver");

    assertThat(bystanders.now().unknown("GPU-0")).isEqualTo("no driver");
  }
}
