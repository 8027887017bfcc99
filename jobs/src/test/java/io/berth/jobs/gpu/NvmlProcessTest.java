package io.berth.jobs.gpu;

import static io.berth.jobs.gpu.NvmlBench.known;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NvmlProcessTest {

  @TempDir Path dir;
  private NvmlBench bench;

  @BeforeEach
  void open() throws IOException {
    bench = new NvmlBench(dir);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void processes_come_with_their_memory_and_kind() {
    bench.fake.state(
        "gpu GPU-a",
        "gpu GPU-b",
        "proc GPU-a 4000000000 mem=77309411328",
        "proc GPU-a 11 mem=unknown kind=G",
        "proc GPU-a 12 mem=1 kind=C",
        "proc GPU-a 12 mem=1 kind=G",
        "proc GPU-a 13 kind=M",
        "proc GPU-b 14");

    assertThat(known(bench.gpus.processes("GPU-a")))
        .containsExactly(
            new GpuProcess((int) 4000000000L, 77309411328L, GpuProcess.Kind.COMPUTE),
            new GpuProcess(12, 1L, GpuProcess.Kind.COMPUTE_AND_GRAPHICS),
            new GpuProcess(11, null, GpuProcess.Kind.GRAPHICS),
            new GpuProcess(13, 0L, GpuProcess.Kind.MPS_CLIENT));
  }

  @Test
  void an_empty_list_is_known_to_be_empty() {
    bench.fake.state("gpu GPU-a");

    assertThat(bench.gpus.processes("GPU-a")).isEqualTo(Reading.known(List.of()));
  }

  @Test
  void processes_of_mig_instances_are_told_apart() {
    bench.fake.state(
        "gpu GPU-a mig",
        "mig MIG-1 GPU-a 3g.40gb",
        "mig MIG-2 GPU-a 3g.40gb",
        "proc MIG-1 11 mem=5",
        "proc MIG-2 12 mem=6");

    assertThat(known(bench.gpus.processes("MIG-1")))
        .containsExactly(new GpuProcess(11, 5L, GpuProcess.Kind.COMPUTE));
    assertThat(known(bench.gpus.processes("MIG-2")))
        .containsExactly(new GpuProcess(12, 6L, GpuProcess.Kind.COMPUTE));
  }

  @Test
  void a_mig_instance_tells_the_number_of_its_gpu_instance_and_a_gpu_has_none() {
    bench.fake.state("gpu GPU-a mig", "mig MIG-1 GPU-a 3g.40gb slot=5");

    assertThat(known(bench.gpus.gpuInstance("MIG-1"))).isEqualTo(5);
    assertThat(bench.gpus.gpuInstance("GPU-a").isKnown()).isFalse();
  }

  @Test
  void drivers_without_the_newer_symbols_are_read_by_the_older_struct() throws IOException {
    try (NvmlBench old =
        NvmlBench.without(
            dir,
            "nvmlDeviceGetComputeRunningProcesses_v2",
            "nvmlDeviceGetGraphicsRunningProcesses_v2",
            "nvmlDeviceGetMPSComputeRunningProcesses_v2")) {
      old.fake.state(
          "gpu GPU-a",
          "proc GPU-a 11 mem=5",
          "proc GPU-a 12 mem=6 kind=G",
          "proc GPU-a 13 kind=M",
          "proc GPU-a 14 kind=M");

      assertThat(known(old.gpus.processes("GPU-a")))
          .extracting(GpuProcess::pid, GpuProcess::memoryBytes)
          .containsExactly(tuple(11, 5L), tuple(12, 6L));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 40, 63})
  void processes_that_come_between_the_two_calls_are_not_missed(int newcomers) {
    List<String> state = new ArrayList<>(List.of("gpu GPU-a", "undercount " + newcomers));
    for (int pid = 1; pid <= 64; pid++) {
      state.add("proc GPU-a " + pid);
    }
    bench.fake.state(state.toArray(String[]::new));

    assertThat(known(bench.gpus.processes("GPU-a"))).hasSize(64);
  }

  @Test
  void a_list_that_outgrows_every_buffer_is_unknown() {
    bench.fake.state("gpu GPU-a", "error nvmlDeviceGetComputeRunningProcesses_v2 7");

    assertThat(bench.gpus.processes("GPU-a").why()).contains("Insufficient Size (7)");
  }

  @Test
  void one_list_that_can_not_be_read_makes_the_whole_unknown() {
    bench.fake.state(
        "gpu GPU-a", "proc GPU-a 11", "error nvmlDeviceGetGraphicsRunningProcesses_v2 999");

    assertThat(bench.gpus.processes("GPU-a").why())
        .contains("nvmlDeviceGetGraphicsRunningProcesses_v2");
  }

  @Test
  void a_device_without_mps_is_read_without_it() {
    bench.fake.state(
        "gpu GPU-a", "proc GPU-a 11", "error nvmlDeviceGetMPSComputeRunningProcesses_v2 3");
    assertThat(known(bench.gpus.processes("GPU-a"))).hasSize(1);

    bench.fake.state(
        "gpu GPU-a", "proc GPU-a 11", "error nvmlDeviceGetMPSComputeRunningProcesses_v2 999");
    assertThat(bench.gpus.processes("GPU-a").isKnown()).isFalse();
  }

  @Test
  void a_device_that_is_not_there_is_unknown_and_not_free() {
    bench.fake.state("gpu GPU-a mig", "mig MIG-1 GPU-a 3g.40gb");

    assertThat(bench.gpus.processes("MIG-2").why()).contains("no device MIG-2");
    assertThat(bench.gpus.processUtilisation("GPU-b", 0).why()).contains("no device GPU-b");
    assertThat(bench.gpus.utilisation("GPU-b").why()).contains("no device GPU-b");
  }

  @Test
  void a_lost_device_is_unknown_and_its_neighbour_is_not() {
    bench.fake.state("gpu GPU-a lost", "gpu GPU-b util=3", "sample GPU-b 11 3 5");

    assertThat(bench.gpus.processes("GPU-a").why()).contains("GPU is lost");
    assertThat(bench.gpus.utilisation("GPU-a").why()).contains("GPU is lost");
    assertThat(bench.gpus.processUtilisation("GPU-a", 0).why()).contains("GPU is lost");
    assertThat(known(bench.gpus.processes("GPU-b"))).isEmpty();
    assertThat(known(bench.gpus.utilisation("GPU-b"))).isEqualTo(3);
    assertThat(known(bench.gpus.processUtilisation("GPU-b", 0))).hasSize(1);
  }

  @Test
  void utilisation_is_by_device() {
    bench.fake.state("gpu GPU-a util=0", "gpu GPU-b util=97");

    assertThat(known(bench.gpus.utilisation("GPU-a"))).isZero();
    assertThat(known(bench.gpus.utilisation("GPU-b"))).isEqualTo(97);
  }

  @Test
  void samples_are_those_since_the_last_look() {
    bench.fake.state(
        "gpu GPU-a",
        "sample GPU-a 11 90 1700000000000100",
        "sample GPU-a 12 1 1700000000000200",
        "sample GPU-a 11 40 1700000000000300");

    assertThat(known(bench.gpus.processUtilisation("GPU-a", 1700000000000100L)))
        .containsExactly(
            new ProcessUtilisation(12, 1, 1700000000000200L),
            new ProcessUtilisation(11, 40, 1700000000000300L));
    assertThat(known(bench.gpus.processUtilisation("GPU-a", 0))).hasSize(3);
  }

  @Test
  void no_sample_since_then_is_idle_and_not_an_error() {
    bench.fake.state("gpu GPU-a", "sample GPU-a 11 90 100");

    assertThat(bench.gpus.processUtilisation("GPU-a", 100)).isEqualTo(Reading.known(List.of()));
  }

  @Test
  void nonsense_in_a_sample_counts_as_busy() {
    bench.fake.state("gpu GPU-a", "sample GPU-a 11 4294967295 100", "sample GPU-a 12 101 100");

    assertThat(known(bench.gpus.processUtilisation("GPU-a", 0)))
        .extracting(ProcessUtilisation::smPercent)
        .containsExactly(100, 100);
  }

  @Test
  void mig_instances_have_no_utilisation() {
    bench.fake.state("gpu GPU-a mig", "mig MIG-1 GPU-a 3g.40gb", "proc MIG-1 11");

    assertThat(bench.gpus.utilisation("MIG-1").why())
        .startsWith("MIG devices have no utilisation in NVML");
    assertThat(bench.gpus.processUtilisation("MIG-1", 0).why())
        .startsWith("MIG devices have no utilisation in NVML");
    assertThat(bench.gpus.utilisation("GPU-a").why()).contains("Not Supported");
  }
}
