package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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
 * The daemon's life on a real Engine: modes, signals, exit codes, crashes. The Engine is an own
 * one: what enforces here removes whatever it finds.
 */
@NeedsDockerEngine
class DaemonOnEngineTest {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String IMAGE = "berth/busybox";

  private static TestEngine engine;

  @TempDir Path folder;
  private DaemonHome home;

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("daemon-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  @BeforeEach
  void configure() throws IOException {
    home = new DaemonHome(folder.resolve("home"), engine.host());
    home.configure(Settings.ENFORCE);
  }

  @AfterEach
  void clearEngine() {
    for (String id : engine.docker("ps", "-aq").lines().toList()) {
      engine.docker("rm", "-f", id);
    }
  }

  private void until(DaemonProcess daemon, String what, Predicate<Chronicle> condition)
      throws InterruptedException {
    daemon.await(
        what,
        PATIENCE,
        () -> {
          try {
            return condition.test(home.chronicle());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static boolean told(Chronicle chronicle, String container, String outcome) {
    return chronicle
        .last(container, "container.remove")
        .filter(event -> event.detail("outcome").equals(outcome))
        .isPresent();
  }

  private static boolean hasType(Chronicle chronicle, String type) {
    return !chronicle.matching(event -> event.type().equals(type)).isEmpty();
  }

  private static List<String> names() {
    return engine.docker("ps", "-a", "--format", "{{.Names}}").lines().sorted().toList();
  }

  @Test
  void a_ledger_that_had_to_be_set_aside_is_rebuilt_grants_nothing_and_the_event_log_goes_on()
      throws Exception {
    FakeNvml nvml = FakeNvml.in(Files.createDirectories(folder.resolve("nvml")));
    nvml.state("driver 550.54.15", "gpu GPU-a mem=81920 name=H", "gpu GPU-b mem=81920 name=H");
    home.configure(Settings.ENFORCE, nvml.library());
    engine.run("--name", "train", "--gpus", "device=GPU-a", IMAGE, "sleep", "3600");
    try (DaemonProcess daemon = home.start()) {
      daemon.awaitReady();
      until(daemon, "it has its GPU", told -> told.of("train", "gpu.allocate").size() == 1);
      assertThat(allocate("early")).startsWith(ExitCode.DONE + " ");
      assertThat(daemon.stop()).isZero();
    }
    Files.write(home.ledger(), new byte[10_000]);
    long before = home.chronicle().matching(event -> true).size();

    DaemonHome same = new DaemonHome(folder.resolve("home"), URI.create("unix:///nowhere.sock"));
    same.configure(Settings.ENFORCE);
    try (DaemonProcess daemon = same.start()) {
      assertThat(daemon.awaitExit()).isEqualTo(ExitCode.NO_ENGINE);
    }
    home.configure(Settings.ENFORCE, nvml.library());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      until(daemon, "it has its GPU again", told -> told.of("train", "gpu.allocate").size() == 2);
      assertThat(allocate("late")).startsWith(ExitCode.REFUSED + " ").contains("rebuilt_ledger");
      daemon.stop();
    }

    List<Entry> events = home.chronicle().matching(event -> true);
    assertThat(events).hasSizeGreaterThan((int) before);
    assertThat(events.stream().map(Entry::seq)).doesNotHaveDuplicates().isSorted();
  }

  /** The exit code of asking for the second GPU, and what is printed. */
  private String allocate(String container) {
    StringWriter out = new StringWriter();
    PrintWriter both = new PrintWriter(out);
    int exit =
        new BerthCli(options -> ExitCode.FAILED, both, both)
            .run(
                "--config",
                home.config().toString(),
                "allocate",
                "--user",
                "ada",
                "--container",
                container,
                "--device",
                "GPU-b");
    return exit + " " + out;
  }

  /** Dead: a removal failed half way. An immutable file in its layer brings that about. */
  @Test
  void a_dead_container_is_removed_like_an_exited_one() throws Exception {
    engine.run("--name", "dead", IMAGE, "sh", "-c", "echo x > /file");
    engine.docker("wait", "dead");
    Path file =
        Path.of(engine.docker("inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", "dead").strip())
            .resolve("file");
    assumeTrue(
        chattr("+i", file), "needs a file system with immutable files: chattr +i failed there");
    try {
      assertThatThrownBy(() -> engine.docker("rm", "dead")).hasMessageContaining("failed");
    } finally {
      chattr("-i", file);
    }
    assertThat(engine.docker("inspect", "-f", "{{.State.Status}}", "dead").strip())
        .isEqualTo("dead");

    try (DaemonProcess daemon = home.start().awaitReady()) {
      until(daemon, "it is removed", now -> told(now, "dead", "done"));
    }
    assertThat(home.chronicle().last("dead", "container.remove").orElseThrow().detail("reason"))
        .isEqualTo("hold_expired");
    assertThat(names()).isEmpty();
  }

  private static boolean chattr(String flag, Path file) throws IOException, InterruptedException {
    return new ProcessBuilder("chattr", flag, file.toString()).inheritIO().start().waitFor() == 0;
  }

  @Test
  void the_disable_file_forces_observe_which_touches_nothing() throws Exception {
    Path disable = Files.createFile(home.config().resolveSibling("disable"));
    engine.create("--name", "created", IMAGE, "true");
    engine.run("--name", "exited", IMAGE, "true");
    try (DaemonProcess daemon = home.start("--mode", "enforce").awaitReady()) {
      until(
          daemon,
          "both would be removed",
          now -> told(now, "created", "would") && told(now, "exited", "would"));
      assertThat(names()).containsExactly("created", "exited");
      assertThat(home.chronicle().matching(Entry::isAct))
          .allMatch(act -> act.detail("outcome").equals("would"))
          .hasSize(2);

      Files.delete(disable);
      until(
          daemon,
          "both are removed",
          now -> told(now, "created", "done") && told(now, "exited", "done"));
      assertThat(names()).isEmpty();
    }
  }

  @Test
  void another_janitor_is_told_of_at_the_start() throws Exception {
    engine.run("--name", "lab-watchtower-1", IMAGE, "sleep", "3600");
    try (DaemonProcess daemon = home.start().awaitReady()) {
      until(daemon, "its start is told", now -> hasType(now, "daemon.start"));
      assertThat(home.chronicle().matching(event -> event.type().equals("daemon.start")))
          .singleElement()
          .satisfies(
              start ->
                  assertThat(start.json().path("details").path("other_janitors"))
                      .extracting(JsonNode::asText)
                      .contains("container lab-watchtower-1"));
      assertThat(daemon.log()).contains("two janitors fight: ");
    }
  }

  @Test
  void what_keeps_on_restarting_is_never_touched() throws Exception {
    engine.run("--name", "crash-loop", "--restart", "always", IMAGE, "false");
    try (DaemonProcess daemon = home.start().awaitReady()) {
      engine.run("--name", "witness", IMAGE, "true");
      until(daemon, "the witness is removed", now -> told(now, "witness", "done"));
      assertThat(names()).containsExactly("crash-loop");
      assertThat(home.chronicle().of("crash-loop")).noneMatch(Entry::isAct);
    }
  }

  @Test
  void sighup_reloads_and_a_bad_file_changes_nothing() throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      home.configure(Settings.ENFORCE.replace("every 1s", "every 2s"));
      daemon.signal("HUP");
      until(daemon, "the reload is told", now -> hasType(now, "config.reload"));
      assertThat(home.metric("berth_config_valid")).isEqualTo(1);

      home.configure("no_such_section: 1\n");
      daemon.signal("HUP");
      until(daemon, "the rejection is told", now -> hasType(now, "config.reject"));
      assertThat(home.metric("berth_config_valid")).isEqualTo(0);

      engine.run("--name", "exited", IMAGE, "true");
      until(daemon, "it goes on with the book before", now -> told(now, "exited", "done"));
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
  }

  @Test
  void a_file_that_changes_is_read_by_itself_as_long_as_it_is_watched() throws Exception {
    watched();
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Files.writeString(home.config(), "no_such_section: 1\n");
      until(daemon, "a bad one is refused", now -> hasType(now, "config.reject"));
      home.configure(Settings.ENFORCE);
      until(daemon, "a good one is read", now -> hasType(now, "config.reload"));
      assertThat(home.chronicle().matching(it -> it.type().startsWith("config.")))
          .allMatch(it -> it.detail("who").equals("daemon.watch"));

      watched(); // which nobody sees: the book in force does not ask for it
      engine.run("--name", "exited", IMAGE, "true");
      until(daemon, "it goes on", now -> told(now, "exited", "done"));
      assertThat(home.chronicle().matching(it -> it.type().equals("config.reload"))).hasSize(1);
    }
  }

  private void watched() throws IOException {
    home.configure(Settings.ENFORCE);
    String text = Files.readString(home.config());
    Files.writeString(home.config(), text.replace("daemon:\n", "daemon:\n  watch: true\n"));
  }

  @Test
  void a_bad_file_at_start_is_refused_unless_there_is_a_last_good_one() throws Exception {
    home.configure("no_such_section: 1\n");
    try (DaemonProcess daemon = home.start()) {
      assertThat(daemon.awaitExit()).isEqualTo(ExitCode.CONFIG);
      assertThat(daemon.log()).contains("no_such_section").doesNotContain("\tat ");
    }
    home.configure(Settings.ENFORCE);
    try (DaemonProcess daemon = home.start().awaitReady()) {
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
    home.configure("no_such_section: 1\n");
    try (DaemonProcess daemon = home.start().awaitReady()) {
      assertThat(daemon.log()).contains("starting with the last good one");
      assertThat(home.metric("berth_config_valid")).isEqualTo(0);
    }
  }

  @Test
  void a_second_daemon_on_the_same_ledger_is_refused() throws Exception {
    try (DaemonProcess first = home.start().awaitReady();
        DaemonProcess second = home.start()) {
      assertThat(second.awaitExit()).isEqualTo(ExitCode.FAILED);
      assertThat(second.log()).contains(home.ledger().toString()).doesNotContain("\tat ");
      assertThat(first.isAlive()).isTrue();
    }
  }

  @Test
  void acts_go_on_while_the_event_log_can_not_be_written() throws Exception {
    Path inTheWay = Files.createDirectories(home.eventFile());
    engine.run("--name", "unlogged", IMAGE, "true");
    try (DaemonProcess daemon = home.start().awaitReady()) {
      daemon.await("it is removed", PATIENCE, () -> names().isEmpty());
      assertThat(daemon.log()).contains("can't be written");
      assertThat(home.metric("berth_event_log_up")).isZero();

      Files.delete(inTheWay);
      engine.create("--name", "later", IMAGE, "true");
      until(
          daemon,
          "the backlog is written",
          now -> told(now, "unlogged", "done") && told(now, "later", "done"));
      assertThat(home.metric("berth_event_log_up")).isEqualTo(1);
    }
  }

  @Test
  void what_was_over_long_before_the_first_start_has_its_whole_hold_from_then_on()
      throws Exception {
    engine.run("--name", "old", IMAGE, "true");
    await().atMost(PATIENCE).until(() -> exitedAt("old").isBefore(Instant.now().minusSeconds(4)));
    Instant before = Instant.now();

    try (DaemonProcess daemon = home.start().awaitReady()) {
      until(daemon, "it is removed", now -> told(now, "old", "done"));
    }
    Instant announced =
        Instant.parse(home.chronicle().last("old", "container.warn").orElseThrow().detail("at"));
    assertThat(announced).isAfter(before.plusSeconds(2));
    assertThat(home.chronicle().last("old", "container.remove").orElseThrow().at())
        .isAfterOrEqualTo(announced);
  }

  /** In the future while it runs. */
  private static Instant exitedAt(String name) {
    String finished = engine.docker("inspect", "-f", "{{.State.FinishedAt}}", name);
    return finished.startsWith("0001") ? Instant.MAX : Instant.parse(finished);
  }

  @Test
  void sigterm_in_the_middle_of_a_removal_ends_it_in_good_order() throws Exception {
    try (EngineProxy proxy = new EngineProxy(folder.resolve("proxy.sock"), engine.host())) {
      home = new DaemonHome(folder.resolve("behind-proxy"), proxy.host());
      home.configure(Settings.ENFORCE);
      EngineProxy.Hold hold = proxy.hold("^DELETE ");
      engine.run("--name", "exited", IMAGE, "true");
      try (DaemonProcess daemon = home.start().awaitReady()) {
        assertThat(hold.awaitCaught(PATIENCE.toSeconds())).isTrue();
        assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
      }
      assertThat(hasType(home.chronicle(), "daemon.stop")).isTrue();
      assertThat(names()).containsExactly("exited");
      hold.release(); // what is on its way to the Engine arrives all the same
      await().atMost(PATIENCE).until(() -> names().isEmpty());
      try (DaemonProcess next = home.start().awaitReady()) {
        until(next, "what came of it is told", now -> told(now, "exited", "done"));
      }
    }
  }

  @Test
  void after_kill_9_in_the_middle_each_removal_has_one_outcome_and_no_event_is_lost()
      throws Exception {
    List<String> cast = IntStream.range(0, 10).mapToObj(i -> "job-" + i).toList();
    try (EngineProxy proxy = new EngineProxy(folder.resolve("proxy.sock"), engine.host())) {
      home = new DaemonHome(folder.resolve("behind-proxy"), proxy.host());
      home.configure(Settings.ENFORCE);
      for (String name : cast) {
        engine.create("--name", name, IMAGE, "true");
      }
      try (DaemonProcess daemon = home.start().awaitReady()) {
        EngineProxy.Hold hold = proxy.hold("^DELETE .*" + engineId("job-5"));
        assertThat(hold.awaitCaught(PATIENCE.toSeconds())).isTrue();
        daemon.signal("KILL");
        daemon.awaitExit();
        hold.release();
      }
      try (DaemonProcess daemon = home.start().awaitReady()) {
        until(daemon, "all are gone", now -> cast.stream().allMatch(each -> isGone(now, each)));
        daemon.stop();
      }
    }
    Chronicle all = home.chronicle();
    assertThat(cast)
        .allSatisfy(
            name ->
                assertThat(all.of(name))
                    .filteredOn(event -> event.type().equals("container.remove"))
                    .filteredOn(event -> event.detail("outcome").equals("done"))
                    .singleElement()
                    .matches(Entry::isAct));
    List<Long> numbers = all.entries().stream().map(Entry::seq).toList();
    assertThat(numbers).doesNotHaveDuplicates().isSorted();
    assertThat(names()).isEmpty();
  }

  private static boolean isGone(Chronicle chronicle, String name) {
    return chronicle.of(name).stream()
        .anyMatch(
            event ->
                event.type().equals("container.remove") && event.detail("outcome").equals("done"));
  }

  private static String engineId(String name) {
    return engine.docker("inspect", "-f", "{{.Id}}", name);
  }
}
