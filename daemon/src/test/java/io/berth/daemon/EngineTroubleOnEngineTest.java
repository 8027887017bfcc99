package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.daemon.cli.ExitCode;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.daemon.run.EngineProxy;
import io.berth.daemon.run.Settings;
import io.berth.jobs.engine.NeedsDockerEngine;
import io.berth.jobs.engine.TestEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon on an Engine that changes under its hands, hangs, is not there, or dies. */
@NeedsDockerEngine
class EngineTroubleOnEngineTest {

  private static final String IMPATIENT =
      Settings.ENFORCE.replace("engine_timeout: 15s", "engine_timeout: 3s");

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String IMAGE = "berth/busybox";
  private static final String SECOND_LIFE_LASTS =
      "test -e /tmp/again && exec sleep 1000; touch /tmp/again";

  private static TestEngine engine;

  @TempDir Path folder;
  private EngineProxy proxy;
  private DaemonHome home;

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("trouble-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  @BeforeEach
  void putProxyInFront() throws IOException {
    proxy = new EngineProxy(folder.resolve("proxy.sock"), engine.host());
    home = new DaemonHome(folder.resolve("home"), proxy.host());
    home.configure(IMPATIENT);
  }

  @AfterEach
  void clear() throws IOException {
    proxy.close();
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

  private static Optional<Entry> removal(Chronicle chronicle, String container) {
    return chronicle.last(container, "container.remove");
  }

  private static String state(String container) {
    return engine.docker("inspect", "-f", "{{.State.Status}}", container);
  }

  /** What the Enforcer asks last, before the act and as the act. */
  private void startedAgainBefore(String requestLine, String why) throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      String id = engine.run("--name", "resumed", "--init", IMAGE, "sh", "-c", SECOND_LIFE_LASTS);
      until(daemon, "told", now -> now.last("resumed", "container.warn").isPresent());
      EngineProxy.Hold hold = holdOfAnAct(requestLine.replace("ID", id));

      engine.docker("start", "resumed");
      hold.release();

      until(daemon, "an outcome", now -> removal(now, "resumed").isPresent());
      assertThat(removal(home.chronicle(), "resumed").orElseThrow())
          .matches(event -> event.detail("outcome").equals("dropped"))
          .matches(event -> event.detail("detail").contains(why));
      assertThat(state("resumed")).isEqualTo("running");
    }
  }

  /** A look because of an event asks the same; then nobody has an intent yet. */
  private EngineProxy.Hold holdOfAnAct(String requestLine) throws Exception {
    EngineProxy.Hold hold = proxy.hold(requestLine);
    assertThat(hold.awaitCaught(PATIENCE.toSeconds())).isTrue();
    while (!hasAnIntent()) {
      EngineProxy.Hold next = proxy.hold(requestLine);
      hold.release();
      hold = next;
      assertThat(hold.awaitCaught(PATIENCE.toSeconds())).isTrue();
    }
    return hold;
  }

  private boolean hasAnIntent() throws SQLException {
    try (Connection ledger = DriverManager.getConnection("jdbc:sqlite:" + home.ledger());
        Statement query = ledger.createStatement();
        ResultSet rows = query.executeQuery("SELECT 1 FROM journal WHERE kind = 'INTENT'")) {
      return rows.next();
    }
  }

  @Test
  void what_was_started_again_before_the_second_look_is_left_alone() throws Exception {
    startedAgainBefore("^GET .*/containers/ID/json", "it changed since");
  }

  @Test
  void what_was_started_again_after_the_second_look_is_left_alone() throws Exception {
    startedAgainBefore("^DELETE .*/containers/ID", "the Engine refused");
  }

  /** Neither is told as Berth's doing. */
  @Test
  void what_somebody_else_removes_while_berth_is_about_to_is_told_as_theirs() throws Exception {
    removedBefore("^GET .*/containers/ID/json", "early");
    removedBefore("^DELETE .*/containers/ID", "late");
  }

  private void removedBefore(String requestLine, String name) throws Exception {
    DaemonHome own = new DaemonHome(folder.resolve(name), proxy.host());
    own.configure(IMPATIENT);
    home = own;
    try (DaemonProcess daemon = home.start().awaitReady()) {
      String id = engine.run("--name", name, IMAGE, "true");
      EngineProxy.Hold hold = holdOfAnAct(requestLine.replace("ID", id));

      engine.docker("rm", name);
      hold.release();

      until(daemon, "both are told", now -> now.of(name, "container.remove").size() == 2);
      assertThat(home.chronicle().of(name, "container.remove"))
          .extracting(event -> event.detail("by") + " " + event.detail("outcome"))
          .containsExactlyInAnyOrder("berth dropped", "user done");
    }
  }

  @Test
  void while_the_engine_hangs_the_daemon_stays_up_and_touches_nothing() throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      engine.run("--name", "exited", IMAGE, "true");
      EngineProxy.Hold hold = proxy.hold(".");
      daemon.await("it is seen to hang", PATIENCE, () -> engineUp() == 0);
      assertThat(state("exited")).isEqualTo("exited");

      hold.release();

      daemon.await("it is seen to answer", PATIENCE, () -> engineUp() == 1);
      until(daemon, "it is removed", now -> removal(now, "exited").isPresent());
      assertThat(removal(home.chronicle(), "exited").orElseThrow().detail("outcome"))
          .isEqualTo("done");
    }
  }

  private double engineUp() {
    try {
      return home.metric("berth_engine_up");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void without_an_engine_it_does_not_start() throws Exception {
    DaemonHome lonely = new DaemonHome(folder.resolve("lonely"), nobodyThere());
    lonely.configure(IMPATIENT);
    try (DaemonProcess daemon = lonely.start()) {
      assertThat(daemon.awaitExit()).isEqualTo(ExitCode.NO_ENGINE);
      assertThat(daemon.log()).contains("--wait-for-engine").doesNotContain("\tat ");
    }
  }

  @Test
  void told_to_wait_for_the_engine_it_waits_until_it_is_told_to_end() throws Exception {
    DaemonHome lonely = new DaemonHome(folder.resolve("lonely"), nobodyThere());
    lonely.configure(IMPATIENT);
    try (DaemonProcess daemon = lonely.start("--wait-for-engine")) {
      daemon.await("it waits", PATIENCE, () -> daemon.log().contains("waiting for the Docker"));
      assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SIGHUP", "no signal"})
  void what_changed_while_it_waited_for_the_engine_counts_when_that_is_there(String told)
      throws Exception {
    DaemonHome lonely = new DaemonHome(folder.resolve("lonely"), nobodyThere());
    lonely.configure(IMPATIENT);
    try (DaemonProcess daemon = lonely.start("--wait-for-engine")) {
      daemon.await("it waits", PATIENCE, () -> daemon.log().contains("waiting for the Docker"));
      lonely.configure(IMPATIENT.replace("mode: enforce", "mode: observe"));
      if (told.equals("SIGHUP")) {
        daemon.signal("HUP");
      }
      try (EngineProxy late = new EngineProxy(Path.of(nobodyThere().getPath()), engine.host())) {
        assertThat(late.host()).isEqualTo(nobodyThere());
        daemon.awaitReady();
        assertThat(daemon.log()).contains("ready; mode observe").doesNotContain("mode enforce");
        assertThat(daemon.stop()).isEqualTo(ExitCode.DONE);
      }
    }
  }

  private URI nobodyThere() {
    return URI.create("unix://" + folder.resolve("nobody.sock"));
  }

  @Test
  void what_an_engine_stopped_that_went_down_in_the_middle_of_a_sweep_is_kept() throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      engine.run("--name", "train", "--init", IMAGE, "sleep", "1000");
      until(daemon, "it runs", now -> now.last("train", "container.start").isPresent());
      EngineProxy.Hold hold = proxy.hold("^DELETE ");
      engine.run("--name", "done", IMAGE, "true");
      assertThat(hold.awaitCaught(PATIENCE.toSeconds())).isTrue();

      engine.restart(); // between a sweep's intent and the Engine's answer
      hold.release();

      until(
          daemon,
          "its end is told as the Engine's",
          now ->
              now.last("train", "container.warn")
                  .filter(warning -> warning.detail("ended_by").equals("engine"))
                  .isPresent());
      until(daemon, "an outcome of the act", now -> removal(now, "done").isPresent());
      engine.create("--name", "witness", IMAGE, "true");
      until(daemon, "others go", now -> removal(now, "witness").isPresent());
      assertThat(state("train")).isEqualTo("exited");
      assertThat(removal(home.chronicle(), "train")).isEmpty();
    }
  }

  /** Whoever is connected gets answers all the while, and the hold is over before it is back. */
  @Test
  void what_an_engine_stops_that_takes_its_time_to_shut_down_is_kept() throws Exception {
    try (DaemonProcess daemon = home.start().awaitReady()) {
      engine.run("--name", "train", "--init", IMAGE, "sleep", "1000");
      engine.run("--name", "unwilling", "--stop-timeout", "6", IMAGE, "sleep", "1000");
      until(daemon, "it runs", now -> now.last("unwilling", "container.start").isPresent());

      engine.restart();

      until(daemon, "its end is told", now -> now.last("train", "container.warn").isPresent());
      assertThat(home.chronicle().last("train", "container.warn").orElseThrow().detail("ended_by"))
          .isEqualTo("engine");
      engine.create("--name", "witness", IMAGE, "true");
      until(daemon, "others go", now -> removal(now, "witness").isPresent());
      assertThat(removal(home.chronicle(), "train")).isEmpty();
    }
  }

  @Test
  void what_a_crash_of_the_engine_ended_is_kept_as_interrupted() throws Exception {
    home = new DaemonHome(folder.resolve("direct"), engine.host());
    home.configure(IMPATIENT);
    try (DaemonProcess daemon = home.start().awaitReady()) {
      engine.run("--name", "train", "--init", IMAGE, "sleep", "1000");
      until(daemon, "it runs", now -> now.last("train", "container.start").isPresent());

      engine.crash();
      engine.restart();

      until(daemon, "its end is told", now -> now.last("train", "container.warn").isPresent());
      until(
          daemon,
          "it is kept as interrupted",
          now ->
              now.last("train", "container.warn")
                  .filter(warning -> warning.detail("ended_by").equals("engine"))
                  .isPresent());
      engine.create("--name", "witness", IMAGE, "true");
      until(daemon, "others go", now -> removal(now, "witness").isPresent());
      assertThat(state("train")).isEqualTo("exited");
      assertThat(removal(home.chronicle(), "train")).isEmpty();
    }
  }
}
