package io.berth.jobs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.container.Container.State;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.engine.EngineException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real Docker Engine that crashes, restarts and freezes. */
@NeedsDockerEngine
class EngineOutageTest {

  /** A limit for what should come at once, on a machine that is busy with other things. */
  private static final Duration AGES = Duration.ofSeconds(60);

  private static TestEngine docker;

  private final List<String> told = new CopyOnWriteArrayList<>();
  private final Engine.EventListener listener =
      new Engine.EventListener() {
        @Override
        public void connected() {
          told.add("connected");
        }

        @Override
        public void event(Engine.Event event) {
          told.add(event.action());
        }

        @Override
        public void disconnected(String why) {
          told.add("disconnected");
        }
      };

  @BeforeAll
  static void start() {
    docker = TestEngine.own("outage");
  }

  @AfterAll
  static void stop() {
    docker.close();
  }

  private static DockerEngine connect(Duration timeout) {
    return new DockerEngine(docker.host(), () -> timeout, () -> false);
  }

  @Test
  void calls_and_events_survive_a_crash_of_the_engine() throws EngineException {
    try (DockerEngine engine = connect(AGES)) {
      engine.subscribe(null, listener);
      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(told).containsExactly("connected"));
      String id = docker.run("--init", "berth/busybox", "sleep", "1000");
      Awaitility.await().atMost(AGES).untilAsserted(() -> assertThat(told).endsWith("start"));
      String engineId = engine.info().id();

      docker.crash();

      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(told).endsWith("disconnected"));
      assertThatThrownBy(engine::list)
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
      assertThat(engine.remove(id).kind()).isEqualTo(ActResult.Kind.FAILED);

      docker.restart();

      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(told).contains("disconnected", "connected"));
      assertThat(engine.info().id()).isEqualTo(engineId);
      assertThat(engine.inspect(id).orElseThrow().state()).isEqualTo(State.EXITED);
      told.clear();
      docker.docker("start", id);
      Awaitility.await().atMost(AGES).untilAsserted(() -> assertThat(told).contains("start"));
    }
  }

  @Test
  void a_graceful_restart_ends_what_runs_and_breaks_no_later_call() throws EngineException {
    try (DockerEngine engine = connect(AGES)) {
      String id = docker.run("--init", "berth/busybox", "sleep", "1000");
      engine.list();

      docker.restart();

      assertThat(engine.inspect(id).orElseThrow().state()).isEqualTo(State.EXITED);
      assertThat(engine.remove(id).kind()).isEqualTo(ActResult.Kind.DONE);
    }
  }

  @Test
  void a_frozen_engine_is_a_timeout_by_the_deadline_for_everybody() throws EngineException {
    try (DockerEngine engine = connect(Duration.ofSeconds(2))) {
      String id = docker.create("berth/busybox", "true");
      assertThat(engine.inspect(id)).isPresent();

      docker.freeze();
      try {
        assertThatThrownBy(engine::list)
            .isInstanceOfSatisfying(
                EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMEOUT));
        assertThatThrownBy(() -> engine.inspect(id)).isInstanceOf(EngineException.class);
        assertThat(engine.stop(id, Duration.ofSeconds(1)).kind()).isEqualTo(ActResult.Kind.FAILED);
      } finally {
        docker.thaw();
      }

      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(engine.inspect(id)).isPresent());
    }
  }
}
