package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.Bystanders.Bystander;
import io.berth.jobs.container.Containers;
import java.nio.file.Path;
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
    bystanders = new Bystanders(world.gpus, world.processes());
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
  })
  void who_is_in_no_container_of_the_engine_is_shown(String cgroup, String of) {
    world.process(PID, 1, "python", cgroup.formatted(Containers.idOf("x")));
    world.gpus.runs("GPU-0", PID);

    assertThat(bystanders.now().bystanders())
        .containsExactly(new Bystander("GPU-0", PID, "python", of));
  }

  @Test
  void who_is_in_one_or_gone_is_none() {
    world.process(PID, 1, "python", "/docker/" + Containers.idOf("x"));
    world.gpus.runs("GPU-0", PID);
    world.gpus.runs("GPU-0", PID + 1);

    assertThat(bystanders.now().bystanders()).isEmpty();
  }

  @Test
  void why_nvml_can_not_tell_is_said() {
    assertThat(bystanders.now().unknown("GPU-0")).isEmpty();

    world.gpus.fails("no driver");

    assertThat(bystanders.now().unknown("GPU-0")).isEqualTo("no driver");
  }
}
