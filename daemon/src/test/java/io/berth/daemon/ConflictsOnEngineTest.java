package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.cli.ExitCode;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.daemon.run.Settings;
import io.berth.daemon.run.Watch;
import io.berth.jobs.engine.NeedsDockerEngine;
import io.berth.jobs.engine.TestEngine;
import io.berth.jobs.gpu.FakeNvml;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several containers of a real Engine on one GPU: one case may be ended, all others are told. */
@NeedsDockerEngine
class ConflictsOnEngineTest {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String FIRST = "GPU-11111111-1111-1111-1111-111111111111";
  private static final String SECOND = "GPU-22222222-2222-2222-2222-222222222222";

  /** A container that stopped loses its GPU soon, and stays. */
  private static final String REPORT =
      Settings.GPUS.replaceAll(
              "defaults: .*",
              "defaults: {gpu_hold_after_stop: 2s, container_hold_after_stop: 10m, sigterm_grace: 1s}")
          + "notifications: {terminal: false}\n";

  private static final String STOP =
      REPORT.replace("policies: {", "policies: {gpu_conflict: stop, ");

  private static TestEngine engine;

  @TempDir Path folder;
  private FakeNvml nvml;
  private DaemonHome home;

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("conflicts-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  @BeforeEach
  void twoGpus() throws IOException {
    nvml = FakeNvml.in(Files.createDirectories(folder.resolve("nvml")));
    nvml.state(
        "driver 550.54.15",
        "gpu " + FIRST + " mem=81920 name=NVIDIA H100",
        "gpu " + SECOND + " mem=81920 name=NVIDIA H100");
    home = new DaemonHome(folder.resolve("home"), engine.host());
  }

  @AfterEach
  void clearEngine() {
    for (String id : engine.docker("ps", "-aq").lines().toList()) {
      engine.docker("rm", "-f", id);
    }
  }

  @Test
  void who_comes_back_to_a_gpu_that_became_anothers_is_stopped_where_that_is_configured()
      throws Exception {
    home.configure(STOP, nvml.library());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      comesBack(watch);
      watch.until("it is stopped", now -> acts(now).size() == 1);
      watch.sweeps("gpu-release", 3);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(running()).containsExactly("holder");
    assertThat(acts(all)).hasSize(1);
    Entry stop = acts(all).get(0);
    assertThat(stop.type()).isEqualTo("container.stop");
    assertThat(stop.container()).isEqualTo("late");
    assertThat(stop.user()).isEqualTo("ada");
    assertThat(stop.detail("outcome")).isEqualTo("done");
    assertThat(stop.detail("reason")).isEqualTo("gpu_conflict");
    assertThat(stop.detail("device")).isEqualTo(FIRST);
    assertThat(stop.detail("holder")).isEqualTo("holder of ben (active)");
    assertThat(all.of("late", "gpu.conflict")).hasSize(1);
    assertThat(all.of("holder", "gpu.conflict")).isEmpty();
    assertThat(engine.docker("cp", "late:/workspace/.berth-alerts", "-"))
        .as("what its owner finds in it")
        .contains("late", FIRST);
  }

  @Test
  void by_default_who_comes_back_is_told_of_and_runs_on() throws Exception {
    home.configure(REPORT, nvml.library());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      comesBack(watch);
      watch.until("it is told", now -> now.of("late", "gpu.conflict").size() == 1);
      watch.metricIs("berth_devices{state=\"conflict\"}", 1);
      watch.sweeps("gpu-release", 3);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    assertThat(running()).containsExactly("holder", "late");
    assertThat(acts(home.chronicle())).isEmpty();
    assertThat(home.chronicle().of("late", "gpu.conflict")).hasSize(1);
  }

  @Test
  void who_never_lost_it_who_names_none_and_who_only_watches_are_left_alone_in_any_case()
      throws Exception {
    home.configure(STOP, nvml.library());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      has("first", "ada", FIRST, watch);
      sleeper("second", "ben", "--gpus", "device=0");
      watch.until("two are on one", now -> now.of("second", "gpu.conflict").size() == 1);
      has("alone", "cleo", SECOND, watch);
      sleeper("sees-all", "dan", "--gpus", "all");
      sleeper("watches", "root", "--gpus", "device=1", "--label", "ds01.monitoring=true");
      watch.until("it is seen", now -> now.of("watches", "container.start").size() == 1);
      watch.sweeps("gpu-release", 3);
      watch.metricIs("berth_devices{state=\"conflict\"}", 1);
      watch.metricIs("berth_devices{state=\"active\"}", 1);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    assertThat(running()).containsExactly("alone", "first", "second", "sees-all", "watches");
    assertThat(acts(home.chronicle())).isEmpty();
    assertThat(home.chronicle().matching(each -> each.type().equals("gpu.conflict"))).hasSize(1);
  }

  @Test
  void what_is_found_so_at_the_start_or_is_against_a_mere_hold_is_told_and_left_alone()
      throws Exception {
    home.configure(STOP + "user_overrides: {cleo: {gpu_hold_after_stop: 10m}}\n", nvml.library());
    sleeper("one", "ada", "--gpus", "device=0");
    sleeper("two", "ben", "--gpus", "device=0");
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      watch.metricIs("berth_devices{state=\"conflict\"}", 1);
      has("rests", "cleo", SECOND, watch);
      engine.docker("kill", "rests");
      watch.until("its GPU is held", now -> now.of("rests", "gpu.hold").size() == 1);
      sleeper("comes", "dan", "--gpus", "device=1");
      watch.until("it is told", now -> now.of("comes", "gpu.conflict").size() == 1);
      watch.sweeps("gpu-release", 3);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(running()).containsExactly("comes", "one", "two");
    assertThat(acts(all)).isEmpty();
    assertThat(all.matching(each -> each.type().equals("gpu.conflict"))).hasSize(2);
    assertThat(holders(all, "comes")).contains("rests", "cleo", "held");
    assertThat(all.of("rests", "gpu.release")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void
      on_a_gpu_that_is_reserved_for_another_only_who_had_lost_it_is_stopped_and_only_where_configured(
          boolean stop) throws Exception {
    home.configure(stop ? STOP : REPORT, nvml.library());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      has("late", "ada", FIRST, watch);
      engine.docker("kill", "late");
      watch.until("its GPU is released", now -> now.of("late", "gpu.release").size() == 1);
      allocate("ben", "soon", FIRST);
      allocate("dan", "later", SECOND);

      sleeper("never-had-it", "cleo", "--gpus", "device=1");
      engine.docker("start", "late");
      for (String each : List.of("never-had-it", "late")) {
        watch.until(each + " is told of", now -> now.of(each, "gpu.conflict").size() == 1);
      }
      if (stop) {
        watch.until("it is stopped", now -> acts(now).size() == 1);
      }
      watch.sweeps("gpu-release", 3);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(holders(all, "late")).contains("soon", "ben", "reserved");
    if (stop) {
      assertThat(running()).containsExactly("never-had-it");
      assertThat(acts(all)).hasSize(1);
      assertThat(acts(all).get(0).container()).isEqualTo("late");
      assertThat(acts(all).get(0).detail("holder")).isEqualTo("soon of ben (reserved)");
    } else {
      assertThat(running()).containsExactly("late", "never-had-it");
      assertThat(acts(all)).isEmpty();
    }
  }

  private static String holders(Chronicle all, String container) {
    Entry conflict = all.last(container, "gpu.conflict").orElseThrow();
    return conflict.json().path("details").path("holders").toString();
  }

  private void allocate(String user, String container, String device) {
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said, true);
    String[] command = {
      "--config",
      home.config().toString(),
      "allocate",
      "--user",
      user,
      "--container",
      container,
      "--device",
      device
    };
    assertThat(new BerthCli(options -> ExitCode.FAILED, writer, writer).run(command))
        .as(said.toString())
        .isEqualTo(ExitCode.DONE);
  }

  /** It lost its GPU by the end of its hold, somebody else took that, and it is started again. */
  private static void comesBack(Watch watch) throws InterruptedException {
    has("late", "ada", FIRST, watch);
    engine.docker("kill", "late");
    watch.until("its GPU is released", now -> now.of("late", "gpu.release").size() == 1);
    has("holder", "ben", FIRST, watch);
    engine.docker("start", "late");
  }

  private static void has(String name, String owner, String gpu, Watch watch)
      throws InterruptedException {
    sleeper(name, owner, "--gpus", "device=" + gpu);
    watch.until(name + " has the GPU", now -> now.of(name, "gpu.allocate").size() == 1);
  }

  private static void sleeper(String name, String owner, String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("--name", name, "--label", "ds01.user=" + owner));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of("berth/busybox", "sleep", "3600"));
    engine.run(arguments.toArray(String[]::new));
  }

  private static List<String> running() {
    return engine.docker("ps", "--format", "{{.Names}}").lines().sorted().toList();
  }

  private static List<Entry> acts(Chronicle chronicle) {
    return chronicle.matching(Entry::isAct);
  }
}
