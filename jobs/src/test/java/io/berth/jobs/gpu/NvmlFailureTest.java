package io.berth.jobs.gpu;

import static io.berth.jobs.gpu.NvmlBench.known;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NvmlFailureTest {

  private static final Duration LONG = Duration.ofMinutes(2);

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

  private static Stream<Integer> every_error_code() {
    return Stream.concat(
        IntStream.rangeClosed(1, 30).filter(c -> c != NvmlCode.NOT_FOUND).boxed(),
        Stream.of(999, -1, 12345));
  }

  @ParameterizedTest
  @MethodSource("every_error_code")
  void every_error_is_unknown_and_ends_when_the_error_does(int code) {
    bench.fake.state("gpu GPU-a", "error * " + code);

    assertThat(bench.gpus.inventory().why()).contains("(" + code + ")");
    bench.pass(LONG);
    assertThat(bench.gpus.processes("GPU-a").isKnown()).isFalse();
    bench.pass(LONG);
    assertThat(bench.gpus.utilisation("GPU-a").isKnown()).isFalse();
    bench.pass(LONG);
    assertThat(bench.gpus.processUtilisation("GPU-a", 0).isKnown()).isFalse();

    bench.fake.state("gpu GPU-a");
    bench.pass(LONG);
    assertThat(bench.uuids()).containsExactly("GPU-a");
  }

  @ParameterizedTest
  @MethodSource("every_error_code")
  void an_error_under_a_running_session_is_unknown_too(int code) {
    bench.fake.state("gpu GPU-a");
    assertThat(bench.uuids()).containsExactly("GPU-a");

    bench.fake.state(
        "gpu GPU-a",
        "proc GPU-a 11",
        "error nvmlDeviceGetComputeRunningProcesses_v2 " + code,
        "error nvmlDeviceGetUtilizationRates " + code,
        "error nvmlDeviceGetProcessUtilization " + code);
    assertThat(bench.gpus.processes("GPU-a").why()).contains("(" + code + ")");
    bench.pass(LONG);
    assertThat(bench.gpus.utilisation("GPU-a").why()).contains("(" + code + ")");
    bench.pass(LONG);
    assertThat(bench.gpus.processUtilisation("GPU-a", 0).why()).contains("(" + code + ")");

    bench.fake.state("gpu GPU-a", "proc GPU-a 11");
    bench.pass(LONG);
    assertThat(known(bench.gpus.processes("GPU-a"))).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "nvmlDeviceGetCount_v2, inventory",
    "nvmlDeviceGetHandleByIndex_v2, inventory",
    "nvmlDeviceGetUUID, inventory",
    "nvmlDeviceGetHandleByUUID, 'processes, utilisation, samples'",
    "nvmlDeviceGetComputeRunningProcesses_v2, ''",
    "nvmlDeviceGetMPSComputeRunningProcesses_v2, ''",
    "nvmlDeviceGetMigMode, ''",
    "nvmlDeviceGetName, ''",
    "nvmlDeviceGetMemoryInfo, ''",
    "nvmlDeviceGetPciInfo_v3, ''",
    "nvmlSystemGetDriverVersion, ''",
    "nvmlErrorString, ''",
    "nvmlShutdown, ''",
    "nvmlDeviceGetUtilizationRates, utilisation",
    "nvmlDeviceGetProcessUtilization, samples",
    "nvmlInit_v2, 'inventory, processes, utilisation, samples'"
  })
  void a_missing_symbol_costs_its_own_feature_only(String symbol, String costs) throws IOException {
    try (NvmlBench old = NvmlBench.without(dir, symbol)) {
      old.fake.state("gpu GPU-a util=1", "sample GPU-a 11 1 1");

      Reading<Inventory> inventory = old.gpus.inventory();
      assertThat(inventory.isKnown()).isEqualTo(!costs.contains("inventory"));
      assertThat(old.gpus.processes("GPU-a").isKnown()).isEqualTo(!costs.contains("processes"));
      assertThat(old.gpus.utilisation("GPU-a").isKnown()).isEqualTo(!costs.contains("utilisation"));
      assertThat(old.gpus.processUtilisation("GPU-a", 0).isKnown())
          .isEqualTo(!costs.contains("samples"));
      if (!inventory.isKnown()) {
        assertThat(inventory.why()).contains("no " + symbol);
      }
    }
  }

  @Test
  void a_bus_id_that_can_not_be_read_is_unknown() throws IOException {
    try (NvmlBench old = NvmlBench.without(dir, "nvmlDeviceGetPciInfo_v3")) {
      old.fake.state("gpu GPU-a");
      Device device = old.inventory().devices().get(0);
      assertThat(device.busId()).isNull();
      assertThat(device.health()).isEqualTo(Device.Health.OK);
    }
  }

  @Test
  void an_instance_whose_slices_can_not_be_read_tells_them_by_its_name() throws IOException {
    try (NvmlBench old = NvmlBench.without(dir, "nvmlDeviceGetAttributes_v2")) {
      old.fake.state("gpu GPU-a mig", "mig MIG-1 GPU-a 1c.3g.40gb");
      assertThat(old.inventory().devices().get(0).computeSlices()).isEqualTo(1);

      old.fake.state("gpu GPU-a mig plain", "mig MIG-1 GPU-a 1c.3g.40gb");
      Device unclear = old.inventory().devices().get(0);
      assertThat(unclear.gpueq()).isEqualTo(1.0);
      assertThat(unclear.migProfile()).isNull();
      assertThat(unclear.health().words()).contains("counts as a full GPU");
      assertThat(unclear.health().isLost()).isFalse();
    }
  }

  @Test
  void a_library_that_is_installed_later_is_found() {
    bench.fake.uninstall();
    assertThat(bench.gpus.inventory().why())
        .contains("can't load " + bench.fake.library())
        .contains("install the NVIDIA driver");

    bench.fake.install("550.54.15", List.of());
    bench.fake.state("gpu GPU-a");
    bench.pass(LONG);

    assertThat(bench.uuids()).containsExactly("GPU-a");
  }

  @Test
  void a_driver_that_is_unloaded_and_loaded_again_is_found() {
    bench.fake.state("gpu GPU-a");
    assertThat(bench.uuids()).containsExactly("GPU-a");

    bench.fake.unloadDriver();
    assertThat(bench.gpus.inventory().why())
        .contains("Driver Not Loaded (9)")
        .contains("modprobe nvidia");

    bench.fake.state("gpu GPU-a");
    bench.pass(LONG);
    assertThat(bench.uuids()).containsExactly("GPU-a");
  }

  @Test
  void an_upgraded_driver_is_a_mismatch_until_its_library_can_be_loaded_in_place() {
    bench.fake.state("gpu GPU-a", "driver 550.54.15", "module 550.54.15");
    assertThat(bench.inventory().driverVersion()).isEqualTo("550.54.15");

    // The module was reloaded; the old library is still mapped, and still on disk.
    bench.fake.state("gpu GPU-a", "driver 570.86.10", "module 570.86.10");
    assertThat(bench.gpus.inventory().why())
        .contains("Driver/library version mismatch (18)")
        .contains("reboot")
        .contains("restart berthd");

    bench.fake.install("570.86.10", List.of());
    bench.pass(LONG);
    assertThat(bench.inventory().driverVersion()).isEqualTo("570.86.10");
  }

  @Test
  void any_reading_that_finds_its_session_ended_begins_a_new_one() {
    bench.fake.state("gpu GPU-a", "module 550.54.15");
    assertThat(bench.gpus.processes("GPU-a").isKnown()).isTrue();

    bench.fake.state("gpu GPU-a", "module 570.86.10");
    assertThat(bench.gpus.processes("GPU-a").why()).contains("mismatch");
    bench.fake.install("570.86.10", List.of());
    assertThat(bench.gpus.processes("GPU-a").why()).as("at once").contains("mismatch");
    bench.pass(LONG);

    assertThat(bench.gpus.processes("GPU-a").isKnown()).isTrue();
  }

  @Test
  void a_library_replaced_under_the_old_module_is_no_trouble_while_the_old_one_is_mapped() {
    bench.fake.state("gpu GPU-a", "module 550.54.15");
    assertThat(bench.uuids()).containsExactly("GPU-a");

    bench.fake.install("570.86.10", List.of());

    assertThat(bench.uuids()).containsExactly("GPU-a");
  }

  @Test
  void a_library_that_fails_is_not_tried_again_at_once() {
    bench.fake.unloadDriver();
    assertThat(bench.gpus.inventory().isKnown()).isFalse();
    bench.fake.state("gpu GPU-a");

    bench.pass(NvmlConnection.FIRST_PAUSE.minusMillis(1));
    assertThat(bench.gpus.inventory().why()).contains("Driver Not Loaded");
    bench.pass(Duration.ofMillis(1));
    assertThat(bench.gpus.inventory().isKnown()).isTrue();
  }

  @Test
  void the_pauses_between_attempts_grow_up_to_a_bound() {
    for (int i = 0; i < 20; i++) {
      assertThat(bench.gpus.inventory().isKnown()).isFalse();
      bench.pass(NvmlConnection.LONGEST_PAUSE);
    }
    assertThat(bench.gpus.inventory().isKnown()).isFalse();
    bench.fake.state("gpu GPU-a");

    bench.pass(NvmlConnection.LONGEST_PAUSE.minusMillis(1));
    assertThat(bench.gpus.inventory().isKnown()).isFalse();
    bench.pass(Duration.ofMillis(1));
    assertThat(bench.gpus.inventory().isKnown()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nvmlInit_v2", "nvmlDeviceGetUUID", "nvmlDeviceGetComputeRunningProcesses_v2"})
  void a_call_that_hangs_costs_its_caller_the_deadline_and_the_others_nothing(String function)
      throws IOException {
    try (NvmlBench impatient = new NvmlBench(dir, Duration.ofMillis(200), List.of())) {
      impatient.fake.state("gpu GPU-a", "hang " + function);

      Reading<?> hung =
          function.contains("Processes")
              ? impatient.gpus.processes("GPU-a")
              : impatient.gpus.inventory();
      assertThat(hung.why()).contains("nvml has not answered since 2026-11-20T03:12:00Z");
      assertTimeout( // 20 s if each waited
          Duration.ofSeconds(10),
          () -> {
            for (int i = 0; i < 100; i++) {
              Reading<Integer> refused = impatient.gpus.utilisation("GPU-a");
              assertThat(refused.why()).contains("has not answered since");
            }
          });
      assertThat(Thread.getAllStackTraces().keySet())
          .filteredOn(t -> t.getName().equals("nvml") && t.isAlive())
          .allMatch(Thread::isDaemon)
          .hasSizeLessThanOrEqualTo(2); // this one's, and the idle one of the other bench

      impatient.fake.state("gpu GPU-a util=5");
      await().untilAsserted(() -> assertThat(impatient.uuids()).containsExactly("GPU-a"));
      assertThat(known(impatient.gpus.utilisation("GPU-a"))).isEqualTo(5);
    }
  }

  @Test
  void a_slow_call_within_the_deadline_is_waited_for() {
    bench.fake.state("gpu GPU-a", "delay nvmlDeviceGetCount_v2 100");

    assertThat(bench.uuids()).containsExactly("GPU-a");
  }

  @Test
  void many_callers_at_once_are_served_one_after_the_other() {
    bench.fake.state("gpu GPU-a util=5");

    assertThat(
            IntStream.range(0, 200)
                .parallel()
                .mapToObj(i -> bench.gpus.utilisation("GPU-a"))
                .allMatch(Reading::isKnown))
        .isTrue();
  }

  @Test
  void two_users_of_one_library_do_not_take_it_from_each_other() {
    bench.fake.state("gpu GPU-a");
    assertThat(bench.uuids()).containsExactly("GPU-a");

    try (Gpus other =
        new NvmlGpus(
            bench.fake.library(),
            Duration.ofSeconds(20),
            7,
            bench.driverGpus,
            () -> NvmlBench.NOW,
            () -> 0)) {
      assertThat(other.inventory().isKnown()).isTrue();
    }

    assertThat(bench.uuids()).containsExactly("GPU-a");
  }

  /** A process of its own, which also shows the state by environment variable at work. */
  @Test
  void a_library_that_hangs_does_not_keep_the_daemon_from_ending() throws Exception {
    bench.fake.state("gpu GPU-a", "hang nvmlDeviceGetUUID");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Probe.class.getName(),
            FakeNvml.in(Files.createDirectory(dir.resolve("elsewhere"))).library());
    builder.environment().put("BERTH_FAKE_NVML_STATE", bench.fake.library() + ".state");
    Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("has not answered since");
    } finally {
      process.destroyForcibly();
    }
  }

  static final class Probe {
    private Probe() {}

    public static void main(String[] args) {
      Path none = Path.of("/nonexistent");
      Duration timeout = Duration.ofMillis(500);
      Gpus gpus = new NvmlGpus(args[0], timeout, 7, none, () -> NvmlBench.NOW, () -> 0);
      System.out.println(gpus.inventory().why());
      gpus.close();
    }
  }

  @Test
  void after_its_end_everything_is_unknown() {
    bench.fake.state("gpu GPU-a");
    bench.close();

    assertThat(bench.gpus.inventory().why()).contains("closed");
  }
}
