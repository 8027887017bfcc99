package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.cli.ExitCode;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.daemon.run.Settings;
import io.berth.jobs.engine.NeedsDockerEngine;
import io.berth.jobs.engine.TestEngine;
import io.berth.jobs.gpu.FakeNvml;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceTables;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.Ledger;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * GPU containers on a real Engine, GPUs from the stand-in NVML library, and the daemon between
 * them. The Engine is an own one: what enforces here removes whatever it finds.
 */
@NeedsDockerEngine
class GpusOnEngineTest {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String IMAGE = "berth/busybox";
  private static final String FIRST = "GPU-11111111-1111-1111-1111-111111111111";
  private static final String SECOND = "GPU-22222222-2222-2222-2222-222222222222";
  private static final String[] TWO_GPUS = {
    "driver 550.54.15",
    "gpu " + FIRST + " mem=81920 name=NVIDIA H100",
    "gpu " + SECOND + " mem=81920 name=NVIDIA H100"
  };
  private static final String[] NVML_FAILS = {"error * 999", TWO_GPUS[1], TWO_GPUS[2]};

  private static TestEngine engine;

  @TempDir Path folder;
  private FakeNvml nvml;
  private DaemonHome home;

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("gpus-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  @BeforeEach
  void configure() throws IOException {
    nvml = FakeNvml.in(Files.createDirectories(folder.resolve("nvml")));
    nvml.state(TWO_GPUS);
    home = new DaemonHome(folder.resolve("home"), engine.host());
    home.configure(Settings.GPUS, nvml.library());
  }

  @AfterEach
  void clearEngine() {
    for (String id : engine.docker("ps", "-aq").lines().toList()) {
      engine.docker("rm", "-f", id);
    }
  }

  @Test
  void a_pinned_container_keeps_its_gpu_over_a_restart_and_loses_it_when_its_hold_is_over()
      throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      sleeper("train", "--gpus", "device=0", "--label", "ds01.user=alice");
      until(daemon, "it has the GPU", now -> count(now, "train", "gpu.allocate") == 1);
      metricIs(daemon, "berth_devices{state=\"active\"}", 1);
      assertThat(
              home.metric(
                  "berth_device_allocated{owner=\"alice\",type=\"docker\",uuid=\"" + FIRST + "\"}"))
          .isEqualTo(1);

      engine.docker("kill", "train");
      until(daemon, "its GPU is held", now -> count(now, "train", "gpu.hold") == 1);
      engine.docker("start", "train");
      until(daemon, "it is seen again", now -> count(now, "train", "container.start") == 2);
      metricIs(daemon, "berth_devices{state=\"active\"}", 1);
      assertThat(count(home.chronicle(), "train", "gpu.allocate")).isEqualTo(1);
      assertThat(count(home.chronicle(), "train", "gpu.release")).isZero();

      engine.docker("kill", "train");
      until(daemon, "its GPU is released", now -> count(now, "train", "gpu.release") == 1);
      assertThat(names()).containsExactly("train");
      until(daemon, "it is removed", now -> isRemoved(now, "train"));
      stop(daemon);
    }
    Chronicle all = home.chronicle();
    assertThat(gpuStory(all, "train"))
        .containsExactly("gpu.allocate", "gpu.hold", "gpu.hold", "gpu.release");
    Entry hold = all.last("train", "gpu.hold").orElseThrow();
    Entry release = all.last("train", "gpu.release").orElseThrow();
    assertThat(release.detail("reason")).isEqualTo("hold_expired");
    assertThat(release.detail("device")).isEqualTo(FIRST);
    assertThat(release.user()).isEqualTo("alice");
    assertThat(release.source()).isEqualTo("gpu-release");
    assertThat(release.at()).isAfterOrEqualTo(Instant.parse(hold.detail("until")));
    theJournalFoldsToTheState();
  }

  @Test
  void what_is_removed_is_released_first_and_what_names_no_gpu_keeps_none_from_others()
      throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      sleeper("sees-all", "--gpus", "all");
      metricIs(daemon, "berth_devices{state=\"shared\"}", 2);
      sleeper("names-one", "--gpus", "device=" + FIRST);
      until(daemon, "it has the GPU", now -> count(now, "names-one", "gpu.allocate") == 1);
      metricIs(daemon, "berth_gpueq{state=\"active\"}", 1);

      engine.create("--name", "forgotten", "--gpus", "device=1", IMAGE, "true");
      until(daemon, "it is removed", now -> isRemoved(now, "forgotten"));
      sleeper("step", "--gpus", "device=1", "--label", "ds01.container_type=orchestration");
      until(daemon, "it has the GPU", now -> count(now, "step", "gpu.allocate") == 1);
      engine.docker("kill", "step");
      until(daemon, "its GPU is released", now -> count(now, "step", "gpu.release") == 1);
      stop(daemon);
    }
    Chronicle all = home.chronicle();
    assertThat(gpuStory(all, "sees-all")).isEmpty();
    assertThat(gpuStory(all, "names-one")).containsExactly("gpu.allocate");
    Entry release = all.last("forgotten", "gpu.release").orElseThrow();
    assertThat(gpuStory(all, "forgotten")).containsExactly("gpu.allocate", "gpu.release");
    assertThat(release.detail("reason")).isEqualTo("created_never_started");
    assertThat(release.seq())
        .isLessThan(all.last("forgotten", "container.remove").orElseThrow().seq());
    assertThat(gpuStory(all, "step")).containsExactly("gpu.allocate", "gpu.release");
    assertThat(all.last("step", "gpu.release").orElseThrow().detail("reason"))
        .isEqualTo("container_stopped");
    theJournalFoldsToTheState();
  }

  @Test
  void an_nvml_that_fails_frees_nothing_and_is_made_up_for_when_it_is_back() throws Exception {
    Instant back;
    try (DaemonProcess daemon = home.start().awaitReady()) {
      sleeper("train", "--gpus", "device=0");
      until(daemon, "it has the GPU", now -> count(now, "train", "gpu.allocate") == 1);
      metricIs(daemon, "berth_nvml_up", 1);

      nvml.state(NVML_FAILS);
      metricIs(daemon, "berth_nvml_up", 0);
      sleeper("late", "--gpus", "device=1");
      until(daemon, "it is seen", now -> count(now, "late", "container.start") == 1);
      assertThat(home.metric("berth_devices{state=\"active\"}")).isEqualTo(1);
      assertThat(home.metric("berth_devices{state=\"free\"}")).isEqualTo(1);
      assertThat(berth("gpus"))
          .as("who has what is known, and why no more can be told")
          .containsPattern(FIRST + " +active .* train .*NVML can't tell who is on it: .*999")
          .containsPattern(SECOND + " +free .*NVML can't tell who is on it: .*999");
      assertThat(berth("status")).containsPattern("NVML does not answer: .*999");

      back = Instant.now();
      nvml.state(TWO_GPUS);
      until(daemon, "the late one has its GPU", now -> count(now, "late", "gpu.allocate") == 1);
      metricIs(daemon, "berth_nvml_up", 1);
      metricIs(daemon, "berth_devices{state=\"active\"}", 2);
      stop(daemon);
    }
    Chronicle all = home.chronicle();
    Entry late = all.last("late", "gpu.allocate").orElseThrow();
    assertThat(late.detail("device")).isEqualTo(SECOND);
    assertThat(all.matching(event -> event.type().startsWith("nvml.")))
        .extracting(Entry::type)
        .containsExactly("nvml.down", "nvml.up");
    assertThat(all.matching(event -> event.type().equals("nvml.down")).get(0).detail("detail"))
        .contains("999");
    assertThat(late.at()).isAfter(back);
    assertThat(gpuStory(all, "train")).containsExactly("gpu.allocate");
    assertThat(all.matching(event -> event.type().matches("gpu\\.(missing|unhealthy|gone)")))
        .isEmpty();
    theJournalFoldsToTheState();
  }

  @Test
  void a_hold_ends_as_promised_although_the_daemon_was_killed_meanwhile() throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      sleeper("train", "--gpus", "device=0");
      until(daemon, "it has the GPU", now -> count(now, "train", "gpu.allocate") == 1);
      engine.docker("kill", "train");
      until(daemon, "its GPU is held", now -> count(now, "train", "gpu.hold") == 1);
      daemon.signal("KILL");
      daemon.awaitExit();
    }
    theJournalFoldsToTheState();
    try (DaemonProcess daemon = home.start().awaitReady()) {
      until(daemon, "its GPU is released", now -> count(now, "train", "gpu.release") == 1);
      stop(daemon);
    }
    Chronicle all = home.chronicle();
    assertThat(gpuStory(all, "train")).containsExactly("gpu.allocate", "gpu.hold", "gpu.release");
    Instant promised = Instant.parse(all.last("train", "gpu.hold").orElseThrow().detail("until"));
    assertThat(all.last("train", "gpu.release").orElseThrow().at())
        .isBetween(promised, promised.plusSeconds(30));
    theJournalFoldsToTheState();
  }

  @Test
  void what_the_engine_ended_is_kept_and_its_gpu_held_for_no_longer_than_any_other()
      throws Exception {
    home.configure(
        Settings.GPUS.replace(
            "container_hold_after_stop: 16s, gpu_hold_after_stop: 8s",
            "container_hold_after_stop: 5s, gpu_hold_after_stop: 4s"),
        nvml.library());
    Instant restart;
    try (DaemonProcess daemon = home.start().awaitReady()) {
      sleeper("train", "--gpus", "device=0");
      until(daemon, "it has the GPU", now -> count(now, "train", "gpu.allocate") == 1);
      restart = Instant.now();
      engine.restart();
      until(daemon, "its GPU is released", now -> count(now, "train", "gpu.release") == 1);
      metricIs(daemon, "berth_devices{state=\"free\"}", 2);
      stop(daemon);
    }
    Chronicle all = home.chronicle();
    assertThat(all.last("train", "container.stop").orElseThrow().detail("ended_by"))
        .isEqualTo("engine");
    assertThat(gpuStory(all, "train")).containsExactly("gpu.allocate", "gpu.hold", "gpu.release");
    Entry release = all.last("train", "gpu.release").orElseThrow();
    assertThat(release.detail("reason")).isEqualTo("hold_expired");
    assertThat(release.at()).isAfter(restart.plusSeconds(4));
    assertThat(Instant.parse(all.last("train", "container.warn").orElseThrow().detail("at")))
        .as("its removal")
        .isAfter(restart.plus(Duration.ofHours(24)));
    assertThat(names()).containsExactly("train");
    theJournalFoldsToTheState();
  }

  /** What the command prints. */
  private String berth(String... command) {
    StringWriter out = new StringWriter();
    List<String> line = new ArrayList<>(List.of("--config", home.config().toString()));
    line.addAll(List.of(command));
    new BerthCli(
            options -> ExitCode.FAILED, new PrintWriter(out), new PrintWriter(Writer.nullWriter()))
        .run(line.toArray(String[]::new));
    return out.toString();
  }

  /** Runs until it is killed. */
  private static void sleeper(String name, String... options) {
    List<String> arguments = new ArrayList<>(List.of("--name", name));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of(IMAGE, "sleep", "3600"));
    engine.run(arguments.toArray(String[]::new));
  }

  private static List<String> names() {
    return engine.docker("ps", "-a", "--format", "{{.Names}}").lines().sorted().toList();
  }

  private void until(DaemonProcess daemon, String what, Predicate<Chronicle> condition)
      throws InterruptedException {
    daemon.await(what, PATIENCE, () -> condition.test(chronicle()));
  }

  private Chronicle chronicle() {
    try {
      return home.chronicle();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void metricIs(DaemonProcess daemon, String name, double value)
      throws InterruptedException {
    daemon.await(name + " is " + value, PATIENCE, () -> metric(name) == value);
  }

  private double metric(String name) {
    try {
      return home.metric(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long count(Chronicle chronicle, String container, String type) {
    return chronicle.of(container).stream().filter(event -> event.type().equals(type)).count();
  }

  private static boolean isRemoved(Chronicle chronicle, String container) {
    return chronicle
        .last(container, "container.remove")
        .filter(event -> event.detail("outcome").equals("done"))
        .isPresent();
  }

  /** What happened to GPUs because of that container. */
  private static List<String> gpuStory(Chronicle chronicle, String container) {
    return chronicle.of(container).stream()
        .map(Entry::type)
        .filter(type -> type.startsWith("gpu."))
        .toList();
  }

  private static void stop(DaemonProcess daemon) throws IOException, InterruptedException {
    assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
  }

  /** Invariant 10; only while no daemon runs. */
  private void theJournalFoldsToTheState() {
    try (Ledger ledger = Ledger.open(home.ledger(), Instant.now())) {
      assertThat(ledger.setAside()).isEmpty();
      Allocation state = ledger.read(tables -> tables.devices().allocation());
      Allocation folded = ledger.read(tables -> tables.devices().folded(DeviceTables.ALL));
      assertThat(folded.devices()).isEqualTo(state.devices()).hasSize(2);
      assertThat(withoutTimes(folded)).containsExactlyInAnyOrderElementsOf(withoutTimes(state));
    }
  }

  private static List<String> withoutTimes(Allocation allocation) {
    return allocation.claims().stream().map(GpusOnEngineTest::withoutTimes).toList();
  }

  private static String withoutTimes(Claim claim) {
    return String.join(
        " ",
        claim.device(),
        claim.holder(),
        claim.name(),
        claim.owner(),
        claim.type().word(),
        claim.state().word());
  }
}
