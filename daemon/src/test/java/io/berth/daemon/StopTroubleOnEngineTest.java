package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.cli.ExitCode;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.daemon.run.HungFuse;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Containers of a real Engine that hang, or can't be stopped: what that costs all others; and a
 * daemon that is down for a while.
 */
@NeedsDockerEngine
class StopTroubleOnEngineTest {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** A sweep a second, the container's grace, and a machine that is busy with other things. */
  private static final Duration ON_TIME = Duration.ofSeconds(15);

  /** {@code sigterm_grace}, which the back-off is at least. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  private static TestEngine engine;

  @TempDir Path folder;
  private FakeNvml nvml;
  private DaemonHome home;
  private int nextGpu;

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("stop-trouble-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  @BeforeEach
  void moreGpusThanAreInDemand() throws IOException {
    nvml = FakeNvml.in(Files.createDirectories(folder.resolve("nvml")));
    List<String> lines = new ArrayList<>(List.of("driver 550.54.15"));
    IntStream.range(0, 6)
        .mapToObj("gpu GPU-00000000-0000-0000-0000-%012d mem=81920 name=NVIDIA H100"::formatted)
        .forEach(lines::add);
    nvml.state(lines.toArray(String[]::new));
    home = new DaemonHome(folder.resolve("home"), engine.host());
  }

  @AfterEach
  void clearEngine() {
    for (String id : engine.docker("ps", "-aq").lines().toList()) {
      engine.docker("rm", "-f", id);
    }
  }

  /** All at once: the first is in its stop when the others are due. */
  @Test
  void what_hangs_or_can_not_be_stopped_is_told_tried_again_never_removed_and_delays_nobody()
      throws Exception {
    assumeTrue(HungFuse.isPossible(), "needs FUSE and root: /dev/fuse");
    // The Engine gives up only after the grace and some ten seconds more, and then says so.
    home.configure(
        Settings.STOPS.replace("engine_timeout: 10s", "engine_timeout: 30s"), nvml.library());
    gpu("stuck", HungFuse.RIGHTS, HungFuse.UNSTOPPABLE);
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      gpu("sleeper", List.of(), "sleep 3600");
      gpu("mount", HungFuse.RIGHTS, HungFuse.at("/workspace") + "sleep 3600");
      gpu(
          "link", // which hides from the path's text that it leads into a hung mount
          HungFuse.RIGHTS,
          "rmdir /workspace; mkdir /hung; ln -s /hung /workspace; "
              + HungFuse.at("/hung")
              + "sleep 3600");
      watch.until(
          "it is seen what hangs",
          now ->
              explained("mount").contains("is on fuse, which is not known to be local")
                  && explained("link").contains("the keep-alive file can't be read")
                  && explained("link").contains("an earlier access hangs"));

      for (String each : List.of("sleeper", "mount", "link")) {
        watch.until(each + " is stopped", now -> isStopped(now, each));
      }
      watch.until("it was tried twice", now -> now.of("stuck", "container.stop").size() == 2);
      watch.metricIs(
          "berth_acts_total{action=\"stop\",job=\"idle-stop\",outcome=\"failed\","
              + "reason=\"idle_timeout\"}",
          2);
      assertThat(engine.docker("inspect", "-f", "{{.State.Status}}", "stuck")).isEqualTo("running");
      assertThat(watch.chronicle().of("stuck", "container.remove")).isEmpty();

      letGo();
      watch.until("its end is told", now -> now.of("stuck", "container.stop").size() == 3);
      watch.sweeps("stale-cleanup", 3);
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    } finally {
      letGo();
    }
    Chronicle all = home.chronicle();
    for (String each : List.of("sleeper", "mount", "link")) {
      wasStoppedOnTime(all, each);
    }
    assertThat(engine.docker("cp", "sleeper:/workspace/.berth-alerts", "-")).contains("sleeper");
    List<Entry> stops = all.of("stuck", "container.stop");
    assertThat(stops)
        .extracting(each -> each.detail("outcome"))
        .containsExactly("failed", "failed", "done");
    assertThat(stops.get(0).detail("detail")).contains("did not receive an exit event");
    assertThat(Duration.between(stops.get(0).at(), stops.get(1).at()))
        .as("the back-off, the grace, and how long the Engine waits")
        .isGreaterThanOrEqualTo(GRACE.multipliedBy(2).plusSeconds(9));
    assertThat(stops.get(2).detail("by")).isEqualTo("berth");
    assertThat(engine.docker("inspect", "-f", "{{.State.Status}}", "stuck")).isEqualTo("exited");
    assertThat(all.of("stuck", "container.remove")).isEmpty();
  }

  @Test
  void a_command_that_somebody_ran_while_the_daemon_was_down_keeps_its_container()
      throws Exception {
    home.configure(Settings.STOPS, nvml.library());
    List<String> checks = List.of("--health-cmd", "true", "--health-interval", "2s");
    gpu("visited", checks, "sleep 3600");
    gpu("checked", checks, "sleep 3600");
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      watch.until("it is warned", now -> !warnings(now, "visited").isEmpty());
      watch.until("both are", now -> !warnings(now, "checked").isEmpty());
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Instant came = Instant.now();
    engine.docker("exec", "visited", "true", "by somebody");
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Watch watch = new Watch(home, daemon, PATIENCE);
      watch.until("one is stopped", now -> isStopped(now, "checked"));
      watch.until("both are", now -> isStopped(now, "visited"));
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    Instant stopped = home.chronicle().last("visited", "container.stop").orElseThrow().at();
    assertThat(stopped)
        .isAfterOrEqualTo(came.plusSeconds(8))
        .isAfter(home.chronicle().last("checked", "container.stop").orElseThrow().at());
  }

  /** The server of its file system ends, and with it what waited for an answer. */
  private static void letGo() {
    if (!engine.docker("ps", "-q", "--filter", "name=stuck").isEmpty()) {
      // In the background: the container may end before the command that ends it does.
      engine.docker("exec", "-d", "stuck", "kill", "-9", "-1");
      engine.docker("wait", "stuck");
    }
  }

  /** Each has a GPU of its own. */
  private void gpu(String name, List<String> options, String script) {
    List<String> arguments = new ArrayList<>(List.of("--name", name, "--label", "ds01.user=ada"));
    arguments.addAll(List.of("--gpus", "device=" + nextGpu++));
    arguments.addAll(options);
    arguments.addAll(List.of("berth/busybox", "sh", "-c", script));
    engine.run(arguments.toArray(String[]::new));
  }

  private String explained(String container) {
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said, true);
    new BerthCli(options -> 99, writer, writer)
        .run("--config", home.config().toString(), "-o", "json", "explain", container);
    return said.toString();
  }

  private static void wasStoppedOnTime(Chronicle all, String container) {
    List<Entry> warnings = warnings(all, container);
    assertThat(warnings).as("warnings of " + container).hasSize(2);
    Instant announced = Instant.parse(warnings.get(1).detail("at"));
    assertThat(all.last(container, "container.stop").orElseThrow().at())
        .as("stop of " + container)
        .isBetween(announced, announced.plus(ON_TIME));
  }

  /** Of a stop: a removal is announced as well. */
  private static List<Entry> warnings(Chronicle chronicle, String container) {
    return chronicle.of(container, "container.warn").stream()
        .filter(each -> each.detail("action").equals("stop"))
        .toList();
  }

  private static boolean isStopped(Chronicle chronicle, String container) {
    return chronicle
        .last(container, "container.stop")
        .filter(each -> each.detail("outcome").equals("done"))
        .filter(each -> each.detail("by").equals("berth"))
        .isPresent();
  }
}
