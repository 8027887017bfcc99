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

  /** A sweep a second, the grace of a container, and a machine that is busy with other things. */
  private static final Duration ON_TIME = Duration.ofSeconds(15);

  private static final String IMAGE = "berth/busybox";
  private static final String BUSY = "while :; do :; done";

  /** More than are in high demand. */
  private static final int GPUS = 20;

  /** His containers compute, or do nothing at all: on a loaded machine that is hard to tell. */
  private static final List<String> JO = List.of("--label", "ds01.user=jo");

  /** The same; and whatever he had over a network, were it no byte, would be activity. */
  private static final List<String> HEDI = List.of("--label", "ds01.user=hedi");

  private static final String OWNERS =
      """
      user_overrides:
        jo: {cpu_idle_threshold: 1}
        hedi: {cpu_idle_threshold: 1, network_idle_threshold: 0}
        ben: {cpu_idle_threshold: 1, max_runtime: 8s}
      """;

  private static final List<String> STOPPED =
      List.of("checked", "host-net", "joined", "overtime", "sleeper", "stubborn");

  private static TestEngine engine;

  @TempDir Path folder;
  private FakeNvml nvml;
  private DaemonHome home;
  private int nextGpu;
  private Instant visitedAt = Instant.MAX;

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
    try (EngineProxy proxy = new EngineProxy(folder.resolve("proxy.sock"), engine.host())) {
      home = new DaemonHome(folder.resolve("behind-the-proxy"), proxy.host());
      home.configure(Settings.STOPS + OWNERS, nvml.library());
      try (DaemonProcess daemon = home.start().awaitReady()) {
        startAll();
        visit(daemon, "visited");
        wake(daemon, "wakes");
        restartBeforeTheStop(daemon, proxy, "restarted");
        for (String each : STOPPED) {
          until(daemon, each + " is stopped", now -> isDone(now, each, "container.stop"));
        }
        until(daemon, "fleeting is paused", now -> isDone(now, "fleeting", "container.pause"));
        until(
            daemon,
            "the times of those that were spared are past",
            now -> isPast(now, "visited") && isPast(now, "wakes"));
        assertThat(said("explain", "sleeper")).contains("container.stop", "idle_timeout");
        assertThat(said("events", "--container", "sleeper"))
            .contains("container.stop", "idle_timeout");
        assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
      }
    }
    Chronicle all = home.chronicle();
    whoWorksIsLeftAlone(all);
    whoSleepsIsWarnedTwiceAndStopped(all);
    whoIsVisitedIsSparedForAnotherTimeout(all);
    whoIgnoresSigtermHasItsGrace(all);
    whoIsPaused(all);
    whoRanForTooLong(all);
    whoWasRestarted(all);
  }

  /** Those that users do something to come last: they are warned when all are there. */
  private void startAll() {
    engine.run("--name", "web", IMAGE, "sleep", "3600");
    gpu("sleeper", "mkdir -p /workspace; trap 'exit 0' TERM; sleep 3600 & wait");
    gpu("stubborn", "trap 'echo term >> /terms' TERM; while :; do sleep 3600 & wait; done");
    gpu("checked", List.of("--health-cmd", "true", "--health-interval", "3s"), "sleep 3600");
    gpu("fleeting", List.of("--rm"), "sleep 3600");
    gpu("busy", JO, BUSY);
    gpu("kept", "mkdir -p /workspace; touch /workspace/.keep-alive; sleep 3600");
    gpu("overtime", List.of("--label", "ds01.user=ben"), BUSY);
    gpu("own-net", HEDI, "sleep 3600");
    gpu("host-net", and(HEDI, "--network", "host"), "sleep 3600");
    gpu("host-net-busy", and(HEDI, "--network", "host"), BUSY);
    gpu("joined", HEDI, "sleep 3600");
    engine.docker(
        "run", "-d", "--name", "sidecar", "--network", "container:joined", IMAGE, "sleep", "3600");
    gpu("visited", "sleep 3600");
    gpu("wakes", JO, "trap : USR1; sleep 3600 & wait; " + BUSY);
    gpu("restarted", JO, "test -e /again && " + BUSY + "; touch /again; sleep 3600");
  }

  private void visit(DaemonProcess daemon, String container) throws InterruptedException {
    until(daemon, "the last warning", now -> warnings(now, container) == 2);
    visitedAt = Instant.now();
    engine.docker("exec", container, "true");
  }

  private void wake(DaemonProcess daemon, String container) throws InterruptedException {
    until(daemon, "the last warning", now -> warnings(now, container) == 2);
    engine.docker("kill", "--signal", "USR1", container);
  }

  /** The Engine is asked about it once more before the act: meanwhile it is restarted. */
  private void restartBeforeTheStop(DaemonProcess daemon, EngineProxy proxy, String container)
      throws InterruptedException {
    String id = engine.docker("inspect", "-f", "{{.Id}}", container);
    until(daemon, "the last warning", now -> warnings(now, container) == 2);
    EngineProxy.Hold hold = proxy.hold("^GET .*/containers/" + id + "/json");
    assertThat(hold.awaitCaught(PATIENCE.toSeconds())).as("the look before the act").isTrue();
    engine.docker("restart", "-t", "0", container);
    hold.release();
    until(daemon, "an outcome", now -> !stopsByBerth(now, container).isEmpty());
  }

  /** Whether it is two sweeps past the time that it was warned of before it was spared. */
  private static boolean isPast(Chronicle now, String container) {
    Instant announced = announcements(now, container).get(1);
    return Instant.now().isAfter(announced.plusSeconds(2));
  }

  private static void whoWorksIsLeftAlone(Chronicle all) {
    assertThat(running())
        .contains("busy", "fleeting", "host-net-busy", "kept", "own-net", "restarted")
        .contains("sidecar", "wakes", "web")
        .doesNotContainAnyElementsOf(STOPPED);
    for (String each : List.of("web", "sidecar")) {
      assertThat(all.matching(one -> one.container().equals(each) && one.isAct())).isEmpty();
    }
    for (String spared : List.of("busy", "host-net-busy", "kept", "own-net", "sidecar", "web")) {
      assertThat(warnings(all, spared)).as(spared).isZero();
    }
    assertThat(warnings(all, "wakes")).isEqualTo(2);
  }

  private static void whoSleepsIsWarnedTwiceAndStopped(Chronicle all) {
    for (String each : List.of("sleeper", "host-net", "checked", "joined", "stubborn")) {
      Entry stop = all.last(each, "container.stop").orElseThrow();
      assertThat(stop.detail("by")).as(each).isEqualTo("berth");
      assertThat(stop.detail("reason")).as(each).isEqualTo("idle_timeout");
      assertThat(countOf(all, each, "container.stop")).as(each).isEqualTo(1);
      assertThat(warnings(all, each)).as(each).isGreaterThanOrEqualTo(2);
      Instant announced = announced(all, each);
      assertThat(stop.at()).as(each).isBetween(announced, announced.plus(ON_TIME));
    }
    for (String each : List.of("host-net", "joined")) {
      assertThat(all.last(each, "container.stop").orElseThrow().detail("network_bytes_per_30s"))
          .as(each)
          .isEqualTo("not attributable");
    }
    assertThat(all.last("sleeper", "container.stop").orElseThrow().user()).isEqualTo("ada");
    assertThat(warnings(all, "sleeper")).isEqualTo(2);
    assertThat(engine.docker("cp", "sleeper:/workspace/.berth-alerts", "-"))
        .contains("sleeper")
        .contains("stopped");
    assertThat(gpuStory(all, "sleeper")).containsExactly("gpu.allocate", "gpu.hold");
    Entry hold = all.last("sleeper", "gpu.hold").orElseThrow();
    assertThat(Duration.between(hold.at(), Instant.parse(hold.detail("until"))))
        .as("gpu_hold_after_stop, although it is kept for longer")
        .isCloseTo(Duration.ofMinutes(15), Duration.ofSeconds(30));
  }

  private void whoIsVisitedIsSparedForAnotherTimeout(Chronicle all) {
    Instant earliest = visitedAt.plusSeconds(8);
    assertThat(stopsByBerth(all, "visited")).allMatch(stop -> !stop.at().isBefore(earliest));
  }

  private static void whoIgnoresSigtermHasItsGrace(Chronicle all) {
    assertThat(engine.docker("cp", "stubborn:/terms", "-").split("term\n", -1))
        .as("SIGTERMs that it got")
        .hasSize(2);
    assertThat(finishedAt("stubborn"))
        .as("its end by SIGKILL")
        .isAfterOrEqualTo(announced(all, "stubborn").plusSeconds(3));
  }

  private static Instant finishedAt(String container) {
    return Instant.parse(
        engine.docker("inspect", "-f", "{{.State.FinishedAt}}", container).strip());
  }

  private static void whoIsPaused(Chronicle all) {
    assertThat(engine.docker("inspect", "-f", "{{.State.Status}}", "fleeting").strip())
        .isEqualTo("paused");
    assertThat(gpuStory(all, "fleeting")).containsExactly("gpu.allocate");
  }

  private static void whoRanForTooLong(Chronicle all) {
    assertThat(warnings(all, "overtime")).isEqualTo(2);
    Entry stop = all.last("overtime", "container.stop").orElseThrow();
    assertThat(stop.detail("reason")).isEqualTo("max_runtime");
    assertThat(Duration.between(all.of("overtime").get(1).at(), stop.at()))
        .isGreaterThan(Duration.ofSeconds(7));
  }

  private static void whoWasRestarted(Chronicle all) {
    assertThat(stopsByBerth(all, "restarted"))
        .extracting(each -> each.detail("outcome"))
        .containsExactly("dropped");
  }

  private static List<String> gpuStory(Chronicle all, String container) {
    return all.of(container).stream()
        .map(Entry::type)
        .filter(type -> type.startsWith("gpu."))
        .toList();
  }

  @Test
  void an_nvml_that_fails_in_the_middle_spares_all() throws Exception {
    home.configure(Settings.STOPS.replace("idle_timeout: 8s", "idle_timeout: 4s"), nvml.library());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      gpu("sleeper", "sleep 3600");
      until(daemon, "a warning", now -> warnings(now, "sleeper") > 0);

      nvml.state(failing());
      until(daemon, "NVML is seen down", now -> metric("berth_nvml_up") == 0);
      double until = sweeps() + 9; // it would be due after 7
      until(daemon, "some sweeps", now -> sweeps() > until);

      assertThat(countOf(home.chronicle(), "sleeper", "container.stop")).isZero();
      nvml.state(gpus());
      until(daemon, "it is stopped", now -> isDone(now, "sleeper", "container.stop"));
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    assertThat(warnings(home.chronicle(), "sleeper")).isGreaterThan(2);
  }

  private static List<Entry> stopsByBerth(Chronicle chronicle, String container) {
    return chronicle.of(container).stream()
        .filter(each -> each.type().equals("container.stop"))
        .filter(each -> each.detail("by").equals("berth"))
        .toList();
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

  private static List<String> and(List<String> options, String... more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return all;
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

  private static int warnings(Chronicle chronicle, String container) {
    return announcements(chronicle, container).size();
  }

  /** For when its warnings announced its stop; a removal is announced as well. */
  private static List<Instant> announcements(Chronicle chronicle, String container) {
    return chronicle.of(container, "container.warn").stream()
        .filter(each -> !each.detail("action").equals("remove"))
        .map(each -> Instant.parse(each.detail("at")))
        .toList();
  }

  /** For when its stop was announced at last. */
  private static Instant announced(Chronicle chronicle, String container) {
    List<Instant> all = announcements(chronicle, container);
    return all.get(all.size() - 1);
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
