package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.daemon.run.Settings;
import io.berth.jobs.engine.NeedsDockerEngine;
import io.berth.jobs.engine.TestEngine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The berth command, the real daemon, and a real Engine of its own. */
@NeedsDockerEngine
class ControlOnEngineTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static TestEngine engine;

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void startEngine() {
    engine = TestEngine.own("control-test");
  }

  @AfterAll
  static void stopEngine() {
    engine.close();
  }

  private int berth(DaemonHome home, String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of("--config", home.config().toString()));
    Collections.addAll(all, args);
    return new BerthCli(options -> 99, new PrintWriter(out, true), new PrintWriter(err, true))
        .run(all.toArray(String[]::new));
  }

  private JsonNode json() {
    try {
      return new ObjectMapper().readTree(out.toString());
    } catch (IOException e) {
      throw new AssertionError(out.toString(), e);
    }
  }

  @Test
  void an_owner_sees_pauses_and_resumes_and_an_admin_protects_what_would_be_removed()
      throws Exception {
    DaemonHome home = new DaemonHome(folder.resolve("home"), engine.host());
    home.configure(Settings.ENFORCE);
    try (DaemonProcess daemon = home.start().awaitReady()) {
      engine.docker(
          "run",
          "-d",
          "--name",
          "work",
          "--label",
          "ds01.user=ada",
          "berth/busybox",
          "sleep",
          "600");
      assertThat(berth(home, "wait", "work", "--timeout", "30s")).isZero();
      assertThat(berth(home, "pause", "work")).isZero();
      assertThat(engine.docker("inspect", "-f", "{{.State.Status}}", "work").strip())
          .isEqualTo("paused");
      assertThat(berth(home, "resume", "work")).isZero();
      assertThat(berth(home, "protect", "work", "--why", "kept for the test")).isZero();
      engine.docker("stop", "-t", "0", "work");

      engine.docker(
          "run", "-d", "--name", "other", "--label", "ds01.user=ada", "berth/busybox", "true");
      daemon.await(
          "other is removed, and work is not",
          PATIENCE,
          () ->
              berth(home, "-o", "json", "events", "--type", "container.remove") == 0
                  && out.toString().contains("\"other\""));

      assertThat(berth(home, "-o", "json", "ps", "--owner", "ada")).isZero();
      assertThat(json().path("containers")).hasSize(1);
      assertThat(out.toString()).contains("work", "berth protect");
      assertThat(berth(home, "reload")).isZero();
      assertThat(berth(home, "status")).isZero();
      assertThat(out.toString()).contains("enforce");
      assertThat(berth(home, "events", "--type", "container.unpause")).isZero();
      assertThat(out.toString().lines()).hasSize(1);

      DaemonHome second = new DaemonHome(folder.resolve("second"), engine.host());
      second.configure(Settings.ENFORCE.replace("enforce", "observe"), "none");
      assertThat(socketIsTaken(home, second)).isTrue();
      assertThat(daemon.stop()).isZero();
    }
    assertThat(berth(home, "status")).isEqualTo(5);
    assertThat(berth(home, "events")).isZero();
    assertThat(err.toString()).contains("the daemon is not reachable");
    assertThat(out.toString()).contains("container.unpause", "daemon.stop");
    engine.docker("rm", "-f", "work");
  }

  @Test
  void a_job_at_rest_does_not_run_and_runs_by_itself_when_that_is_over() throws Exception {
    DaemonHome home = new DaemonHome(folder.resolve("home"), engine.host());
    home.configure(Settings.ENFORCE); // created-cleanup each second, due after two
    try (DaemonProcess daemon = home.start().awaitReady()) {
      assertThat(rest(home, "1h")).isZero();
      engine.docker("create", "--name", "litter", "berth/busybox", "true");
      Instant due = Instant.now().plusSeconds(4);
      daemon.await(
          "the jobs beside it go on until litter is due",
          PATIENCE,
          () -> berth(home, "-o", "json", "status") == 0 && nextOf("stale-cleanup").isAfter(due));

      assertThat(rest(home, "1s")).isZero();
      Instant until = Instant.parse(json().path("until").asText());
      daemon.await(
          "litter is removed",
          PATIENCE,
          () ->
              berth(home, "-o", "json", "events", "--type", "container.remove") == 0
                  && out.toString().contains("\"litter\""));
      JsonNode removal = json();
      assertThat(removal.path("source").asText()).isEqualTo("created-cleanup");
      assertThat(Instant.parse(removal.path("timestamp").asText())).isAfterOrEqualTo(until);
      assertThat(daemon.stop()).isZero();
    }
  }

  private int rest(DaemonHome home, String length) {
    return berth(
        home, "-o", "json", "job", "pause", "created-cleanup", "--for", length, "--why", "test");
  }

  private Instant nextOf(String job) {
    for (JsonNode each : json().path("jobs")) {
      if (each.path("job").asText().equals(job)) {
        return Instant.parse(each.path("next").asText());
      }
    }
    throw new AssertionError(out.toString());
  }

  /** Another daemon, with a ledger of its own, that is to listen where the first one does. */
  private static boolean socketIsTaken(DaemonHome first, DaemonHome second) throws Exception {
    String text = java.nio.file.Files.readString(second.config());
    String mine = second.config().resolveSibling("berth.sock").toString();
    String theirs = first.config().resolveSibling("berth.sock").toString();
    java.nio.file.Files.writeString(second.config(), text.replace(mine, theirs));
    try (DaemonProcess process = second.start()) {
      return process.awaitExit() == 1 && process.log().contains("another berthd listens on");
    }
  }
}
