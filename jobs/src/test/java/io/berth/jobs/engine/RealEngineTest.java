package io.berth.jobs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.Mount;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.engine.Engine.Event;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a real Docker Engine says and does, through {@link DockerEngine}. */
@NeedsDockerEngine
class RealEngineTest {

  /** A limit for what should come at once, on a machine that is busy with other things. */
  private static final Duration AGES = Duration.ofSeconds(60);

  private static final String IMAGE = "berth/busybox";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static TestEngine docker;
  private static DockerEngine engine;

  @BeforeAll
  static void start() {
    docker = TestEngine.shared(RealEngineTest.class);
    engine = connect();
  }

  private static DockerEngine connect() {
    return new DockerEngine(docker.host(), () -> TIMEOUT, () -> false);
  }

  @AfterAll
  static void stop() {
    engine.close();
    docker.close();
  }

  private static Container inspect(String id) throws EngineException {
    return engine.inspect(id).orElseThrow();
  }

  private static void awaitState(String id, State state) {
    Awaitility.await()
        .atMost(AGES)
        .untilAsserted(() -> assertThat(inspect(id).state()).isEqualTo(state));
  }

  @Test
  void info_names_the_engine_and_a_version_that_it_speaks() throws EngineException {
    Engine.Info info = engine.info();

    assertThat(info.id()).isEqualTo(docker.docker("info", "--format", "{{.ID}}"));
    assertThat(info.version())
        .isEqualTo(docker.docker("version", "--format", "{{.Server.Version}}"));
    assertThat(ApiVersion.parse(info.apiVersion())).isLessThanOrEqualTo(ApiVersion.NEWEST_KNOWN);
  }

  @Test
  void a_created_container_never_started() throws EngineException {
    String id =
        docker.create(
            "--name",
            "real-created",
            "--label",
            "ds01.user=ada",
            "--restart",
            "on-failure:3",
            "--stop-timeout",
            "7",
            "-v",
            "/srv:/workspace:ro",
            IMAGE,
            "true");

    Container container = inspect(id);

    assertThat(container.id()).isEqualTo(id);
    assertThat(container.name()).isEqualTo("real-created");
    assertThat(container.image()).isEqualTo(IMAGE);
    assertThat(container.labels()).containsEntry("ds01.user", "ada");
    assertThat(container.state()).isEqualTo(State.CREATED);
    assertThat(container.startedAt()).isNull();
    assertThat(container.finishedAt()).isNull();
    assertThat(container.restartPolicy()).isEqualTo("on-failure");
    assertThat(container.autoRemove()).isFalse();
    assertThat(container.stopTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(container.networkMode()).isEqualTo("none");
    assertThat(container.mounts()).containsExactly(new Mount("bind", "/srv", "/workspace", false));
    assertThat(container.healthcheck()).isNull();
    assertThat(container.gpus()).isEqualTo(GpuRequest.NONE);
  }

  @Test
  void a_container_is_followed_through_its_states() throws EngineException {
    String script = "trap 'exit 3' USR1; while :; do sleep 0.1; done";
    String id = docker.run("--name", "real-states", IMAGE, "sh", "-c", script);

    Container running = inspect(id);
    assertThat(running.state()).isEqualTo(State.RUNNING);
    assertThat(running.startedAt()).isAfter(running.created());
    assertThat(running.finishedAt()).isNull();
    assertThat(running.pid()).isPositive();
    assertThat(running.stopTimeout()).isNull();
    assertThat(running.restartPolicy()).isEqualTo("no");

    assertThat(engine.pause(id).kind()).isEqualTo(ActResult.Kind.DONE);
    assertThat(inspect(id).state()).isEqualTo(State.PAUSED);
    assertThat(engine.pause(id).kind()).isEqualTo(ActResult.Kind.REFUSED);
    assertThat(listed(id).state()).isEqualTo(State.PAUSED);
    assertThat(engine.unpause(id).kind()).isEqualTo(ActResult.Kind.DONE);

    assertThat(engine.unpause(id).kind()).isEqualTo(ActResult.Kind.REFUSED);

    docker.docker("kill", "--signal", "USR1", id);
    awaitState(id, State.EXITED);
    Container exited = inspect(id);
    assertThat(exited.exitCode()).isEqualTo(3);
    assertThat(exited.finishedAt()).isAfter(exited.startedAt());
    assertThat(exited.pid()).isZero();
    assertThat(listed(id))
        .isEqualTo(new Engine.Summary(id, "real-states", IMAGE, State.EXITED, exited.labels()));

    docker.docker("start", id);
    assertThat(inspect(id).finishedAt()).isEqualTo(exited.finishedAt());
  }

  private static Engine.Summary listed(String id) throws EngineException {
    return engine.list().stream().filter(s -> s.id().equals(id)).findFirst().orElseThrow();
  }

  static Stream<Arguments> gpus() {
    return Stream.of(
        arguments(List.of("--gpus", "all", IMAGE), GpuRequest.unpinned(GpuRequest.ALL)),
        arguments(List.of("--gpus", "2", IMAGE), GpuRequest.unpinned(2)),
        arguments(List.of("--gpus", "device=0", IMAGE), GpuRequest.pinned(List.of("0"))),
        arguments(
            List.of("--gpus", "\"device=0:1,GPU-5f2\"", IMAGE),
            GpuRequest.pinned(List.of("0:1", "GPU-5f2"))),
        arguments(
            List.of("--runtime", "nvidia", "-e", "NVIDIA_VISIBLE_DEVICES=GPU-5f2", IMAGE),
            GpuRequest.pinned(List.of("GPU-5f2"))),
        arguments(List.of("--runtime", "nvidia", "berth/cuda"), GpuRequest.NONE),
        arguments(
            List.of("--runtime", "nvidia", "-e", "NVIDIA_VISIBLE_DEVICES=1", "berth/cuda"),
            GpuRequest.pinned(List.of("1"))),
        arguments(List.of("--gpus", "0", "berth/cuda"), GpuRequest.NONE),
        arguments(List.of("--gpus", "device=1", "berth/cuda"), GpuRequest.pinned(List.of("1"))));
  }

  @ParameterizedTest
  @MethodSource("gpus")
  void gpus_are_read_however_they_are_asked_for(List<String> arguments, GpuRequest expected)
      throws EngineException {
    String[] args =
        Stream.concat(arguments.stream(), Stream.of("sleep", "1000")).toArray(String[]::new);

    String id = docker.run(args);

    assertThat(inspect(id).state()).isEqualTo(State.RUNNING);
    assertThat(inspect(id).gpus()).isEqualTo(expected);
    docker.docker("rm", "-f", id);
  }

  @Test
  void a_health_check_reads_as_the_exec_event_that_it_emits() throws Exception {
    Recorder events = new Recorder();
    try (DockerEngine own = connect()) {
      own.subscribe(null, events);
      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(events.connections).hasValue(1));
      String shell =
          docker.run(
              "--health-cmd", "true && : ok", "--health-interval", "1s", IMAGE, "sleep", "1000");

      String command = inspect(shell).healthcheck();

      assertThat(command).isEqualTo("/bin/sh -c true && : ok");
      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(
              () -> assertThat(events.actionsOf(shell)).contains("exec_start: " + command));
      docker.docker("rm", "-f", shell);
    }
  }

  @Test
  void a_container_that_removes_itself_is_gone_with_its_stop() throws EngineException {
    String id = docker.run("--rm", "--init", IMAGE, "sleep", "1000");
    assertThat(inspect(id).autoRemove()).isTrue();

    assertThat(engine.stop(id, Duration.ofSeconds(5)).kind()).isEqualTo(ActResult.Kind.DONE);

    Awaitility.await().atMost(AGES).untilAsserted(() -> assertThat(engine.inspect(id)).isEmpty());
    assertThat(engine.remove(id).kind()).isEqualTo(ActResult.Kind.GONE);
    assertThat(engine.stop(id, Duration.ZERO).kind()).isEqualTo(ActResult.Kind.GONE);
    assertThat(engine.pause(id).kind()).isEqualTo(ActResult.Kind.GONE);
  }

  @Test
  void the_engine_refuses_to_remove_what_lives() throws EngineException {
    String id = docker.run(IMAGE, "sleep", "1000");

    assertThat(engine.remove(id).kind()).isEqualTo(ActResult.Kind.REFUSED);
    engine.pause(id);
    assertThat(engine.remove(id).kind()).isEqualTo(ActResult.Kind.REFUSED);

    assertThat(inspect(id).state()).isEqualTo(State.PAUSED);
  }

  @Test
  void a_removal_leaves_volumes_alone() {
    String id = docker.create("-v", "real-data:/data", "-v", "/scratch", IMAGE, "true");
    String volumes =
        docker.docker("inspect", "-f", "{{range .Mounts}}{{println .Name}}{{end}}", id);

    assertThat(engine.remove(id).kind()).isEqualTo(ActResult.Kind.DONE);

    assertThat(volumes.lines()).hasSize(2);
    for (String volume : volumes.lines().toList()) {
      assertThat(docker.docker("volume", "rm", volume)).isEqualTo(volume);
    }
  }

  @Test
  void a_second_stop_finds_it_stopped_already() throws EngineException {
    String id = docker.run("--init", IMAGE, "sleep", "1000");

    assertThat(engine.stop(id, Duration.ofSeconds(10)).kind()).isEqualTo(ActResult.Kind.DONE);
    assertThat(engine.stop(id, Duration.ofSeconds(10)).kind()).isEqualTo(ActResult.Kind.ALREADY);

    assertThat(inspect(id).exitCode()).isEqualTo(143);
    assertThat(engine.remove(id).kind()).isEqualTo(ActResult.Kind.DONE);
    assertThat(engine.remove(id).kind()).isEqualTo(ActResult.Kind.GONE);
  }

  @Test
  void one_that_ignores_sigterm_gets_its_grace_and_is_killed() throws EngineException {
    String id =
        docker.run(IMAGE, "sh", "-c", "trap 'date +%s > /term' TERM; while :; do sleep 0.1; done");

    assertThat(engine.stop(id, Duration.ofSeconds(2)).kind()).isEqualTo(ActResult.Kind.DONE);

    Container stopped = inspect(id);
    // When the signal came, as the container wrote it down: out of a tar archive.
    String written = docker.docker("cp", id + ":/term", "-");
    Instant asked =
        Instant.ofEpochSecond(Long.parseLong(written.replaceAll("(?s).*\0([0-9]{10})\n.*", "$1")));
    assertThat(stopped.exitCode()).isEqualTo(137);
    assertThat(stopped.finishedAt()).isBetween(asked.plusSeconds(1), asked.plusSeconds(10));
  }

  /** Writes down what it is told. */
  private static final class Recorder implements Engine.EventListener {
    final List<Event> events = new CopyOnWriteArrayList<>();
    final AtomicInteger connections = new AtomicInteger();

    @Override
    public void connected() {
      connections.incrementAndGet();
    }

    @Override
    public void event(Event event) {
      events.add(event);
    }

    @Override
    public void disconnected(String why) {}

    List<String> actionsOf(String id) {
      return events.stream().filter(e -> e.containerId().equals(id)).map(Event::action).toList();
    }
  }

  @Test
  void the_stream_sees_a_life_and_replays_it_to_who_comes_later() throws EngineException {
    Recorder live = new Recorder();
    try (DockerEngine own = connect()) {
      own.subscribe(null, live);
      Awaitility.await().atMost(AGES).untilAsserted(() -> assertThat(live.connections).hasValue(1));
      String id = docker.run("--label", "ds01.user=ada", IMAGE, "sh", "-c", "exit 3");
      awaitState(id, State.EXITED);
      engine.remove(id);
      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(live.actionsOf(id)).contains("destroy"));

      assertThat(live.actionsOf(id)).containsSubsequence("create", "start", "die", "destroy");
      Event die =
          live.events.stream()
              .filter(e -> e.containerId().equals(id) && e.action().equals("die"))
              .findFirst()
              .orElseThrow();
      assertThat(die.attributes())
          .containsAllEntriesOf(Map.of("exitCode", "3", "ds01.user", "ada"));

      Recorder late = new Recorder();
      own.subscribe(die.at(), late);
      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(late.actionsOf(id)).contains("destroy"));
      assertThat(late.actionsOf(id)).startsWith("die");
    }
  }
}
