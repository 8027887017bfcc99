package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.cli.ExitCode;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.daemon.run.EngineProxy;
import io.berth.daemon.run.Settings;
import io.berth.jobs.engine.NeedsDockerEngine;
import io.berth.jobs.engine.TestEngine;
import io.berth.jobs.gpu.FakeNvml;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Idle stop and max runtime on a real Engine, with what real containers really do; GPUs from the
 * stand-in NVML library. Many containers at once, because each takes its time.
 */
@NeedsDockerEngine
class StopsOnEngineTest {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String IMAGE = "berth/busybox";
  private static final int GPUS = 12;

  private static TestEngine engine;

  @TempDir Path folder;
  private FakeNvml nvml;
  private DaemonHome home;
  private int nextGpu;

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("stops-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  @BeforeEach
  void configure() throws IOException {
    nvml = FakeNvml.in(Files.createDirectories(folder.resolve("nvml")));
    nvml.state(gpus());
    home = new DaemonHome(folder.resolve("home"), engine.host());
    home.configure(Settings.STOPS, nvml.library());
  }

  @AfterEach
  void clearEngine() {
    for (String id : engine.docker("ps", "-aq").lines().toList()) {
      engine.docker("rm", "-f", id);
    }
  }

  @Test
  void who_sleeps_is_warned_twice_and_stopped_and_who_works_or_is_kept_alive_is_not()
      throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      gpu("sleeper", "mkdir -p /workspace; trap 'exit 0' TERM; sleep 3600 & wait");
      gpu("host-net", List.of("--network", "host"), "sleep 3600");
      gpu("checked", List.of("--health-cmd", "true", "--health-interval", "5s"), "sleep 3600");
      gpu("fleeting", List.of("--rm"), "sleep 3600");
      gpu("stubborn", "trap 'echo term >> /terms' TERM; while :; do sleep 3600 & wait; done");
      gpu("busy", "while :; do :; done");
      gpu("kept", "mkdir -p /workspace; touch /workspace/.keep-alive; sleep 3600");
      gpu("visited", "sleep 3600");
      gpu("wakes", "while ! test -e /go; do sleep 1; done; while :; do :; done");
      engine.run("--name", "web", IMAGE, "sleep", "3600");

      until(daemon, "the last warning", now -> warnings(now, "wakes") == 2);
      engine.docker("cp", folder.resolve("nvml").toString(), "wakes:/go");
      until(daemon, "the last warning", now -> warnings(now, "visited") == 2);
      engine.docker("exec", "visited", "true");
      for (String each : List.of("sleeper", "host-net", "checked", "stubborn")) {
        until(daemon, each + " is stopped", now -> isDone(now, each, "container.stop"));
      }
      until(daemon, "fleeting is paused", now -> isDone(now, "fleeting", "container.pause"));
      assertThat(said("explain", "sleeper")).contains("container.stop", "idle_timeout");
      assertThat(said("events", "--container", "sleeper"))
          .contains("container.stop", "idle_timeout");
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(running()).containsExactly("busy", "fleeting", "kept", "visited", "wakes", "web");
    assertThat(all.matching(each -> each.container().equals("web") && each.isAct())).isEmpty();
    for (String spared : List.of("busy", "kept", "web")) {
      assertThat(warnings(all, spared)).as(spared).isZero();
    }
    Entry stop = all.last("sleeper", "container.stop").orElseThrow();
    assertThat(stop.detail("by")).isEqualTo("berth");
    assertThat(stop.detail("reason")).isEqualTo("idle_timeout");
    assertThat(stop.user()).isEqualTo("ada");
    assertThat(countOf(all, "sleeper", "container.stop")).isEqualTo(1);
    assertThat(warnings(all, "sleeper")).isEqualTo(2);
    assertThat(engine.docker("cp", "sleeper:/workspace/.berth-alerts", "-"))
        .contains("sleeper")
        .contains("stopped");
    assertThat(engine.docker("cp", "stubborn:/terms", "-").split("term\n", -1))
        .as("SIGTERMs that it got")
        .hasSize(2);
    assertThat(engine.docker("inspect", "-f", "{{.State.Status}}", "fleeting").strip())
        .isEqualTo("paused");
    assertThat(gpuStory(all, "sleeper")).containsExactly("gpu.allocate", "gpu.hold");
    assertThat(gpuStory(all, "fleeting")).containsExactly("gpu.allocate");
    Entry hold = all.last("sleeper", "gpu.hold").orElseThrow();
    assertThat(Duration.between(hold.at(), Instant.parse(hold.detail("until"))))
        .as("gpu_hold_after_stop, although it is kept for longer")
        .isCloseTo(Duration.ofMinutes(15), Duration.ofSeconds(30));
  }

  private static List<String> gpuStory(Chronicle all, String container) {
    return all.of(container).stream()
        .map(Entry::type)
        .filter(type -> type.startsWith("gpu."))
        .toList();
  }

  @Test
  void an_nvml_that_fails_in_the_middle_spares_all() throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      gpu("sleeper", "sleep 3600");
      until(daemon, "a warning", now -> warnings(now, "sleeper") == 1);

      nvml.state(failing());
      until(daemon, "NVML is seen down", now -> metric("berth_nvml_up") == 0);
      double until = sweeps() + 16; // it would be due after 12
      until(daemon, "some sweeps", now -> sweeps() > until);

      assertThat(countOf(home.chronicle(), "sleeper", "container.stop")).isZero();
      nvml.state(gpus());
      until(daemon, "it is stopped", now -> isDone(now, "sleeper", "container.stop"));
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    assertThat(warnings(home.chronicle(), "sleeper")).isGreaterThan(2);
  }

  @Test
  void what_is_restarted_between_the_verdict_and_the_stop_is_spared() throws Exception {
    try (EngineProxy proxy = new EngineProxy(folder.resolve("proxy.sock"), engine.host())) {
      home = new DaemonHome(folder.resolve("behind-the-proxy"), proxy.host());
      home.configure(Settings.STOPS, nvml.library());
      try (DaemonProcess daemon = home.start().awaitReady()) {
        gpu("sleeper", "sleep 3600");
        String id = engine.docker("inspect", "-f", "{{.Id}}", "sleeper");
        until(daemon, "the last warning", now -> warnings(now, "sleeper") == 2);
        EngineProxy.Hold hold = proxy.hold("^GET .*/containers/" + id + "/json");
        assertThat(hold.awaitCaught(PATIENCE.toSeconds())).as("the look before the act").isTrue();

        engine.docker("restart", "-t", "0", "sleeper");
        hold.release();

        until(daemon, "an outcome", now -> !stopsByBerth(now, "sleeper").isEmpty());
        assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
      }
    }
    assertThat(stopsByBerth(home.chronicle(), "sleeper"))
        .extracting(each -> each.detail("outcome"))
        .containsExactly("dropped");
    assertThat(running()).containsExactly("sleeper");
  }

  private static List<Entry> stopsByBerth(Chronicle chronicle, String container) {
    return chronicle.of(container).stream()
        .filter(each -> each.type().equals("container.stop"))
        .filter(each -> each.detail("by").equals("berth"))
        .toList();
  }

  @Test
  void a_runtime_is_warned_of_and_ended_however_busy_it_is() throws Exception {
    home.configure(Settings.STOPS + "defaults: {max_runtime: 12s}\n", nvml.library());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      gpu("busy", "while :; do :; done");
      until(daemon, "it is stopped", now -> isDone(now, "busy", "container.stop"));
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Chronicle all = home.chronicle();
    assertThat(warnings(all, "busy")).isEqualTo(2);
    Entry stop = all.last("busy", "container.stop").orElseThrow();
    assertThat(stop.detail("reason")).isEqualTo("max_runtime");
    assertThat(Duration.between(all.of("busy").get(1).at(), stop.at()))
        .isGreaterThan(Duration.ofSeconds(11));
  }

  private static String[] gpus() {
    List<String> lines = new ArrayList<>(List.of("driver 550.54.15"));
    IntStream.range(0, GPUS)
        .mapToObj("gpu GPU-00000000-0000-0000-0000-%012d mem=81920 name=NVIDIA H100"::formatted)
        .forEach(lines::add);
    return lines.toArray(String[]::new);
  }

  private static String[] failing() {
    List<String> lines = new ArrayList<>(List.of(gpus()));
    lines.set(0, "error * 999");
    return lines.toArray(String[]::new);
  }

  private void gpu(String name, String script) {
    gpu(name, List.of(), script);
  }

  /** Each has a GPU of its own. */
  private void gpu(String name, List<String> options, String script) {
    List<String> arguments = new ArrayList<>(List.of("run", "-d", "--name", name));
    arguments.addAll(List.of("--label", "ds01.user=ada", "--gpus", "device=" + nextGpu++));
    arguments.addAll(options.contains("--network") ? List.of() : List.of("--network", "none"));
    arguments.addAll(options);
    arguments.addAll(List.of(IMAGE, "sh", "-c", script));
    engine.docker(arguments.toArray(String[]::new));
  }

  private static List<String> running() {
    return engine.docker("ps", "--format", "{{.Names}}").lines().sorted().toList();
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

  private double metric(String name) {
    try {
      return home.metric(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private double sweeps() {
    return metric("berth_sweep_duration_seconds_count{job=\"idle-stop\"}");
  }

  private String said(String... command) {
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said, true);
    List<String> all = new ArrayList<>(List.of("--config", home.config().toString()));
    all.addAll(List.of(command));
    new BerthCli(options -> 99, writer, writer).run(all.toArray(String[]::new));
    return said.toString();
  }

  /** Of a stop: a removal is announced as well. */
  private static long warnings(Chronicle chronicle, String container) {
    return chronicle.of(container).stream()
        .filter(each -> each.type().equals("container.warn"))
        .filter(each -> !each.detail("action").equals("remove"))
        .count();
  }

  private static long countOf(Chronicle chronicle, String container, String type) {
    return chronicle.of(container).stream().filter(each -> each.type().equals(type)).count();
  }

  private static boolean isDone(Chronicle chronicle, String container, String type) {
    return chronicle
        .last(container, type)
        .filter(each -> each.detail("outcome").equals("done"))
        .filter(each -> each.detail("by").equals("berth"))
        .isPresent();
  }
}
