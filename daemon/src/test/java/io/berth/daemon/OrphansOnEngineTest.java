package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.cli.ExitCode;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.daemon.run.Settings;
import io.berth.daemon.run.Watch;
import io.berth.jobs.engine.NeedsDockerEngine;
import io.berth.jobs.engine.TestEngine;
import io.berth.jobs.gpu.FakeNvml;
import io.berth.jobs.gpu.Processes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes in the control groups of real containers that are gone; that they are on a GPU,
 * the stand-in NVML library says.
 */
@NeedsDockerEngine
class OrphansOnEngineTest {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String FIRST = "GPU-11111111-1111-1111-1111-111111111111";
  private static final String SECOND = "GPU-22222222-2222-2222-2222-222222222222";
  private static final String ORPHAN = "gpu.orphan_process";

  private static TestEngine engine;

  @TempDir Path folder;
  private final StringWriter said = new StringWriter();
  private FakeNvml nvml;
  private DaemonHome home;

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("orphans-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  @BeforeEach
  void twoGpus() throws IOException {
    nvml = FakeNvml.in(Files.createDirectories(folder.resolve("nvml")));
    nvmlShows();
    home = new DaemonHome(folder.resolve("home"), engine.host());
  }

  @AfterEach
  void clearEngine() {
    for (String id : engine.docker("ps", "-aq").lines().toList()) {
      engine.docker("rm", "-f", id);
    }
  }

  @Test
  void what_a_container_left_behind_keeps_its_gpu_from_being_granted_until_it_is_gone()
      throws Exception {
    home.configure(Settings.GPUS, nvml.library());
    try (DaemonProcess daemon = home.start().awaitReady();
        ContainerCgroup train = train(daemon)) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      Process left = train.start();
      nvmlShows(on(FIRST, left));
      watch.sweeps("gpu-release", 2);
      assertThat(watch.chronicle().of("train", ORPHAN))
          .as("while its container is there")
          .isEmpty();

      engine.docker("rm", "-f", "train");
      watch.until("it is told", now -> now.of("train", ORPHAN).size() == 1);
      watch.metricIs("berth_orphan_processes", 1);
      assertThat(allocate(FIRST)).isEqualTo(ExitCode.NOTHING_FREE);
      assertThat(said.toString()).contains("process " + left.pid() + " runs on it");
      assertThat(berth("gpus")).isEqualTo(ExitCode.DONE);
      assertThat(said.toString()).contains("orphan process " + left.pid() + " of train (ada)");
      watch.sweeps("gpu-release", 2);
      assertThat(left.isAlive()).isTrue();

      left.destroyForcibly().waitFor();
      nvmlShows();
      watch.metricIs("berth_orphan_processes", 0);
      assertThat(allocate(FIRST)).isEqualTo(ExitCode.DONE);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    List<Entry> told = home.chronicle().of("train", ORPHAN);
    assertThat(told).hasSize(1);
    assertThat(told.get(0).user()).isEqualTo("ada");
    assertThat(told.get(0).detail("device")).isEqualTo(FIRST);
    assertThat(told.get(0).detail("process")).isEqualTo("sleep");
    assertThat(told.get(0).detail("action")).isEqualTo("report");
  }

  @Test
  void where_it_is_to_be_killed_it_alone_is_and_no_process_of_the_host() throws Exception {
    home.configure(
        Settings.GPUS.replace("policies: {", "policies: {orphan_processes: kill, "),
        nvml.library());
    Process ofHost = new ProcessBuilder("sleep", "3600").start();
    long ticks;
    Process left;
    try (DaemonProcess daemon = home.start().awaitReady();
        ContainerCgroup train = train(daemon)) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      left = train.start();
      ticks = new Processes(Path.of("/proc")).startTicks((int) left.pid()).orElseThrow();
      Process onNoGpu = train.start();
      nvmlShows(on(FIRST, left), on(FIRST, ofHost), on(SECOND, ofHost));

      engine.docker("rm", "-f", "train");
      watch.until("it is killed", now -> now.of("train", ORPHAN).size() == 2);
      assertThat(left.waitFor()).isEqualTo(128 + 9);
      nvmlShows(on(FIRST, ofHost), on(SECOND, ofHost));
      watch.metricIs("berth_orphan_processes", 0);
      assertThat(allocate(FIRST)).isEqualTo(ExitCode.DONE);
      watch.sweeps("gpu-release", 3);
      assertThat(onNoGpu.isAlive()).isTrue();
      assertThat(ofHost.isAlive()).isTrue();
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    } finally {
      ofHost.destroyForcibly();
    }
    List<Entry> told = home.chronicle().matching(each -> each.type().equals(ORPHAN));
    assertThat(told)
        .extracting(each -> each.detail("action") + ":" + each.detail("outcome"))
        .containsExactly("report:done", "kill:done");
    assertThat(told).extracting(each -> each.detail("pid")).containsOnly("" + left.pid());
    assertThat(told).extracting(each -> each.detail("start_ticks")).containsOnly("" + ticks);
  }

  /** Runs, and has the first GPU. */
  private ContainerCgroup train(DaemonProcess daemon) throws InterruptedException {
    String id =
        engine.run(
            "--name",
            "train",
            "--label",
            "ds01.user=ada",
            "--gpus",
            "device=" + FIRST,
            "berth/busybox",
            "sleep",
            "3600");
    new Watch(home, daemon, PATIENCE)
        .until("it has the GPU", now -> now.of("train", "gpu.allocate").size() == 1);
    return ContainerCgroup.of(id);
  }

  private void nvmlShows(String... processes) {
    List<String> lines = new ArrayList<>(List.of("driver 550.54.15"));
    lines.add("gpu " + FIRST + " mem=81920 name=NVIDIA H100");
    lines.add("gpu " + SECOND + " mem=81920 name=NVIDIA H100");
    Collections.addAll(lines, processes);
    nvml.state(lines.toArray(String[]::new));
  }

  private static String on(String gpu, Process process) {
    return "proc " + gpu + " " + process.pid() + " mem=1073741824";
  }

  private int allocate(String device) {
    return berth("allocate", "--user", "eve", "--container", "next", "--device", device);
  }

  private int berth(String... args) {
    said.getBuffer().setLength(0);
    PrintWriter writer = new PrintWriter(said, true);
    List<String> all = new ArrayList<>(List.of("--config", home.config().toString()));
    Collections.addAll(all, args);
    return new BerthCli(options -> 99, writer, writer).run(all.toArray(String[]::new));
  }
}
