package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.cli.ExitCode;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a GPU with its container, beyond hold and release (GpusOnEngineTest). */
@NeedsDockerEngine
class DeviceRowsOnEngineTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int GPUS = 5;
  private static final String IMAGE = "berth/busybox";

  /** A container's own hold is the shorter one. */
  private static final String SETTINGS =
      """
      safety: {mode: enforce, startup_grace: 0s, boot_grace: 0s, breaker_share: 1}
      schedules: {stale-cleanup: every 1s, gpu-release: every 1s, reconcile: every 1s}
      defaults: {container_hold_after_stop: 1s, gpu_hold_after_stop: 6s}
      user_overrides: {kept: {container_hold_after_stop: 1h}}
      policies: {reservation_timeout: 4s}
      """;

  private static TestEngine engine;

  @TempDir Path folder;
  private final StringWriter said = new StringWriter();
  private FakeNvml nvml;
  private DaemonHome home;

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("device-rows-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  @BeforeEach
  void configure() throws IOException {
    nvml = FakeNvml.in(Files.createDirectories(folder.resolve("nvml")));
    nvml.state(gpus("", GPUS));
    home = new DaemonHome(folder.resolve("home"), engine.host());
    home.configure(SETTINGS, nvml.library());
  }

  @AfterEach
  void clearEngine() {
    for (String id : engine.docker("ps", "-aq").lines().toList()) {
      engine.docker("rm", "-f", id);
    }
  }

  @Test
  void who_lost_it_gets_it_again_where_it_is_free_and_who_keeps_it_longest_decides()
      throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      has("back", "kept", 0, watch);
      has("answers", "kept", 1, watch, "--label", "ds01.container_type=api");
      has("frozen", "kept", 2, watch);
      has("brief", "ada", 3, watch);
      engine.docker("pause", "frozen");
      engine.docker("kill", "back", "answers", "brief");
      watch.until("released", now -> now.of("back", "gpu.release").size() == 1);
      watch.until("gone", now -> now.of("brief", "container.remove").size() == 1);

      engine.docker("start", "back");
      watch.until("it has it again", now -> now.of("back", "gpu.allocate").size() == 2);
      watch.sweeps("gpu-release", 3);
      watch.metricIs("berth_devices{state=\"active\"}", 2); // back's and frozen's
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(story(all, "back"))
        .containsExactly("gpu.allocate", "gpu.hold", "gpu.release", "gpu.allocate");
    assertThat(story(all, "answers")).containsExactly("gpu.allocate", "gpu.release");
    assertThat(reason(all, "answers")).isEqualTo("container_stopped");
    assertThat(story(all, "frozen")).containsExactly("gpu.allocate");
    assertThat(story(all, "brief")).containsExactly("gpu.allocate", "gpu.hold", "gpu.release");
    Instant until = Instant.parse(all.last("brief", "gpu.hold").orElseThrow().detail("until"));
    assertThat(all.last("brief", "container.remove").orElseThrow().at())
        .as("the longer of the two holds counts")
        .isAfterOrEqualTo(until);
    assertThat(names()).containsExactly("answers", "back", "frozen");
  }

  @Test
  void of_those_found_stopped_the_last_one_holds_it_and_none_where_somebody_runs_on_it()
      throws Exception {
    run("earlier", "kept", 0);
    engine.docker("kill", "earlier");
    run("later", "kept", 0);
    engine.docker("kill", "later");
    run("before", "kept", 1);
    engine.docker("kill", "before");
    run("runs", "kept", 1);
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      watch.until("the hold is over", now -> now.of("later", "gpu.release").size() == 1);
      watch.metricIs("berth_devices{state=\"active\"}", 1);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(story(all, "earlier")).isEmpty();
    assertThat(story(all, "later")).contains("gpu.release");
    assertThat(story(all, "before")).isEmpty();
    assertThat(story(all, "runs")).containsExactly("gpu.allocate");
  }

  @Test
  void a_gpu_that_is_lost_or_not_there_any_more_stays_its_containers() throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      watch.metricIs("berth_devices{state=\"free\"}", GPUS); // it has to be seen before
      nvml.state(gpus(" lost", GPUS));
      watch.metricIs("berth_devices{state=\"unhealthy\"}", 1);
      assertThat(allocate(daemon, uuid(GPUS - 1))).isEqualTo(ExitCode.NOTHING_FREE);
      nvml.state(gpus("", GPUS));
      watch.metricIs("berth_devices{state=\"unhealthy\"}", 0);

      has("train", "kept", GPUS - 1, watch);
      nvml.state(gpus(" lost", GPUS));
      watch.metricIs("berth_devices{state=\"unhealthy\"}", 1);
      nvml.state(gpus("", GPUS - 1));
      watch.metricIs("berth_devices{state=\"missing\"}", 1);
      assertThat(allocate(daemon, uuid(GPUS - 1))).isEqualTo(ExitCode.NOTHING_FREE);
      watch.sweeps("gpu-release", 3);
      assertThat(story(home.chronicle(), "train")).doesNotContain("gpu.release");

      nvml.state(gpus("", GPUS));
      watch.metricIs("berth_devices{state=\"missing\"}", 0);
      watch.metricIs("berth_devices{state=\"active\"}", 1);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    assertThat(story(home.chronicle(), "train")).doesNotContain("gpu.release", "gpu.conflict");
    assertThat(engine.docker("inspect", "-f", "{{.State.Status}}", "train")).isEqualTo("running");
  }

  @Test
  void what_is_removed_has_no_gpu_at_once_and_who_names_none_or_only_watches_never_had_one()
      throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      has("removed", "kept", 0, watch);
      engine.docker("rm", "-f", "removed");
      watch.until("its GPU is free", now -> now.of("removed", "gpu.release").size() == 1);

      run("names-one", "root", 0, "--label", "ds01.monitoring=true");
      String all = engine.run("--name", "sees-all", "--gpus", "all", IMAGE, "sleep", "3600");
      String none = engine.run("--name", "names-none", IMAGE, "sleep", "3600");
      for (String each : List.of("names-one", "sees-all", "names-none")) {
        watch.until(each + " is seen", now -> now.of(each, "container.start").size() == 1);
      }
      watch.metricIs("berth_devices{state=\"shared\"}", GPUS);
      nvml.state(with(gpus("", GPUS), on(1, all), on(2, none)));
      assertThat(allocate(daemon, uuid(1))).isEqualTo(ExitCode.NOTHING_FREE);
      assertThat(allocate(daemon, uuid(2))).isEqualTo(ExitCode.NOTHING_FREE);
      assertThat(berth("gpus")).isEqualTo(ExitCode.DONE);
      assertThat(said.toString())
          .containsPattern(uuid(2) + ".*process " + pid(none) + " .*of container names-none");
      nvml.state(
          with(gpus("", GPUS), "error nvmlDeviceGetComputeRunningProcesses_v2 999 " + uuid(3)));
      assertThat(allocate(daemon, uuid(3))).isEqualTo(ExitCode.NOTHING_FREE);
      assertThat(said.toString()).contains("can't be told");
      assertThat(allocate(daemon, uuid(0))).as("only watched").isEqualTo(ExitCode.DONE);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(story(all, "removed")).containsExactly("gpu.allocate", "gpu.release");
    assertThat(reason(all, "removed")).isEqualTo("container_removed");
    for (String each : List.of("names-one", "sees-all", "names-none")) {
      assertThat(story(all, each)).as(each).isEmpty();
    }
  }

  /** A line of NVML's state: the container's process is on that GPU. */
  private static String on(int gpu, String container) {
    return "proc " + uuid(gpu) + " " + pid(container) + " mem=1073741824";
  }

  private static String pid(String container) {
    return engine.docker("inspect", "-f", "{{.State.Pid}}", container);
  }

  private static String[] with(String[] lines, String... more) {
    return Stream.of(lines, more).flatMap(Stream::of).toArray(String[]::new);
  }

  @Test
  void what_keeps_on_restarting_keeps_its_gpu_and_what_is_ceded_is_granted_to_nobody()
      throws Exception {
    home.configure(SETTINGS, nvml.library() + ", ceded_devices: [" + uuid(1) + "]");
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      watch.metricIs("berth_devices{state=\"ceded\"}", 1);
      assertThat(allocate(daemon, uuid(1))).isNotEqualTo(ExitCode.DONE);
      assertThat(allocate(daemon, uuid(2))).isEqualTo(ExitCode.DONE);

      String gpu = "device=" + uuid(0);
      engine.run("--name", "loops", "--restart", "always", "--gpus", gpu, "berth/busybox", "false");
      watch.until("it has its GPU", now -> now.of("loops", "gpu.allocate").size() == 1);
      watch.until("it is told", now -> !now.of("loops", "container.crash_loop").isEmpty());
      watch.sweeps("gpu-release", 3);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(story(all, "loops")).doesNotContain("gpu.release");
    assertThat(all.of("loops")).noneMatch(Entry::isAct);
    assertThat(names()).containsExactly("loops");
  }

  @Test
  void what_is_reserved_and_never_used_is_free_again() throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      watch.metricIs("berth_devices{state=\"free\"}", GPUS); // nothing is granted before
      assertThat(allocate(daemon, uuid(0))).isEqualTo(ExitCode.DONE);
      watch.until("it expires", now -> now.of("next", "gpu.release").size() == 1);
      has("other", "kept", 0, watch);
      assertThat(allocate(daemon, uuid(0))).isNotEqualTo(ExitCode.DONE);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(reason(all, "next")).isEqualTo("reservation_expired");
    Entry granted = all.last("next", "gpu.allocate").orElseThrow();
    assertThat(all.last("next", "gpu.release").orElseThrow().at())
        .isAfterOrEqualTo(Instant.parse(granted.detail("until")));
    assertThat(story(all, "other")).containsExactly("gpu.allocate");
  }

  /** Found so at the start: on its way there it is removing for a moment, and then free at once. */
  @Test
  void what_the_engine_could_not_remove_and_calls_dead_holds_its_gpu_as_if_it_had_ended()
      throws Exception {
    run("half-gone", "kept", 0);
    Path stays = makeUnremovable("half-gone");
    try {
      assertThatThrownBy(() -> engine.docker("rm", "-f", "half-gone"))
          .hasMessageContaining("not permitted");
      assertThat(engine.docker("inspect", "-f", "{{.State.Status}}", "half-gone"))
          .isEqualTo("dead");
      try (DaemonProcess daemon = home.start().awaitReady()) {
        Watch watch = new Watch(home, daemon, PATIENCE);
        watch.until("the hold is over", now -> now.of("half-gone", "gpu.release").size() == 1);
        assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
      }
    } finally {
      attribute("-i", stays);
    }
    Chronicle all = home.chronicle();
    assertThat(story(all, "half-gone")).containsExactly("gpu.hold", "gpu.release");
    assertThat(reason(all, "half-gone")).isEqualTo("hold_expired");
    assertThat(all.of("half-gone")).noneMatch(Entry::isAct);
  }

  /** A file among the Engine's own of that container which not even root can remove. */
  private static Path makeUnremovable(String container) throws Exception {
    Path root = Path.of(engine.docker("info", "-f", "{{.DockerRootDir}}"));
    String id = engine.docker("inspect", "-f", "{{.Id}}", container);
    Path file = Files.createFile(root.resolve("containers").resolve(id).resolve("stays"));
    assumeTrue(
        attribute("+i", file) == 0,
        "needs chattr (e2fsprogs), and a file system under " + root + " that knows +i");
    return file;
  }

  private static int attribute(String change, Path file) throws Exception {
    try {
      return new ProcessBuilder("chattr", change, file.toString()).inheritIO().start().waitFor();
    } catch (IOException e) {
      return -1; // no such command
    }
  }

  private int allocate(DaemonProcess daemon, String device) {
    assertThat(daemon.isAlive()).isTrue();
    return berth("allocate", "--user", "eve", "--container", "next", "--device", device);
  }

  private int berth(String... command) {
    said.getBuffer().setLength(0);
    PrintWriter writer = new PrintWriter(said, true);
    List<String> line = new ArrayList<>(List.of("--config", home.config().toString()));
    line.addAll(List.of(command));
    return new BerthCli(options -> ExitCode.FAILED, writer, writer)
        .run(line.toArray(String[]::new));
  }

  private static String[] gpus(String last, int count) {
    List<String> lines = new ArrayList<>(List.of("driver 550.54.15"));
    for (int i = 0; i < count; i++) {
      String state = i == count - 1 ? last : "";
      lines.add("gpu " + uuid(i) + " mem=81920" + state + " name=NVIDIA H100");
    }
    return lines.toArray(String[]::new);
  }

  private static String uuid(int index) {
    return "GPU-%08d-0000-0000-0000-000000000000".formatted(index);
  }

  private static void has(String name, String owner, int gpu, Watch watch, String... options)
      throws InterruptedException {
    run(name, owner, gpu, options);
    watch.until(name + " has its GPU", now -> now.of(name, "gpu.allocate").size() == 1);
  }

  private static void run(String name, String owner, int gpu, String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("--name", name, "--label", "ds01.user=" + owner));
    arguments.addAll(List.of("--gpus", "device=" + uuid(gpu)));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of("berth/busybox", "sleep", "3600"));
    engine.run(arguments.toArray(String[]::new));
  }

  private static List<String> names() {
    return engine.docker("ps", "-a", "--format", "{{.Names}}").lines().sorted().toList();
  }

  private static String reason(Chronicle all, String container) {
    return all.last(container, "gpu.release").orElseThrow().detail("reason");
  }

  /** What happened to GPUs because of that container. */
  private static List<String> story(Chronicle chronicle, String container) {
    return chronicle.of(container).stream()
        .map(Entry::type)
        .filter(type -> type.startsWith("gpu."))
        .toList();
  }
}
