package io.berth.jobs.engine;

import static io.berth.jobs.engine.FakeDocker.half;
import static io.berth.jobs.engine.FakeDocker.hangUp;
import static io.berth.jobs.engine.FakeDocker.json;
import static io.berth.jobs.engine.FakeDocker.silence;
import static io.berth.jobs.engine.FakeDocker.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.engine.EngineException.Kind;
import io.berth.jobs.engine.FakeDocker.Reply;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the Engine is spoken with, also one that does not behave: against a fake one. */
class DockerEngineTest {

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final String LIST = "GET /containers/json";
  private static final String INSPECT = "GET /containers/abc/json";

  private static final Executor EACH_ITS_OWN = task -> Lane.daemonThread("caller", task).start();

  private FakeDocker docker;
  private DockerEngine engine;
  private volatile Duration timeout = Duration.ofSeconds(60);
  private final AtomicBoolean countImageEnv = new AtomicBoolean();

  @BeforeEach
  void start() throws IOException {
    docker = new FakeDocker();
    engine = new DockerEngine(docker.host(), () -> timeout, countImageEnv::get);
  }

  @AfterEach
  void close() {
    engine.close();
    docker.close();
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        arguments("it says nothing", silence(), Kind.TIMEOUT, "no answer within 300 ms"),
        arguments("it hangs up", hangUp(), Kind.UNREACHABLE, "cannot be reached"),
        arguments("it ends halfway", half("[{\"Id\":"), Kind.UNREACHABLE, "cannot be reached"),
        arguments("garbage", json(200, "<html>"), Kind.ERROR, "not JSON"),
        arguments("half an object", json(200, "[{\"Id\":"), Kind.ERROR, "not JSON"),
        arguments("nothing", json(200, ""), Kind.ERROR, "missing"),
        arguments("null", json(200, "null"), Kind.ERROR, "null"),
        arguments("other JSON", json(200, "{\"a\": 1}"), Kind.ERROR, "{\"a\":1}"),
        arguments("no objects", json(200, "[1]"), Kind.ERROR, "an object was expected"),
        arguments("empty object", json(200, "[{}]"), Kind.ERROR, "field Id"),
        arguments("500", json(500, "{\"message\": \"boom\"}"), Kind.ERROR, "answered 500: boom"),
        arguments("a proxy", json(502, "Bad Gateway"), Kind.ERROR, "answered 502: Bad Gateway"),
        arguments("page not found", json(404, "{}"), Kind.ERROR, "answered 404"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void a_faulty_answer_to_the_list_is_an_error_by_the_deadline(
      String name, Reply reply, Kind kind, String message) {
    docker.on(LIST, reply);
    timeout = kind == Kind.TIMEOUT ? SHORT : timeout;

    EngineException e = catchThrowableOfType(EngineException.class, engine::list);

    assertThat(e.kind()).isEqualTo(kind);
    assertThat(e).hasMessageContaining("GET /containers/json").hasMessageContaining(message);
  }

  @Test
  void an_engine_that_is_not_there_is_unreachable() {
    try (DockerEngine nobody =
        new DockerEngine(URI.create("unix:///nowhere/d.sock"), () -> timeout, () -> false)) {
      assertThatThrownBy(nobody::list)
          .hasMessageContaining("unix:///nowhere/d.sock cannot be reached")
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
      assertThat(nobody.remove("abc").kind()).isEqualTo(ActResult.Kind.FAILED);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/var/run/docker.sock", "http://localhost:2375", "unix:relative", "tcp://host"})
  void an_address_of_another_kind_is_refused(String host) {
    assertThatThrownBy(() -> new DockerEngine(URI.create(host), () -> timeout, () -> false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(host)
        .hasMessageContaining("unix:///");
  }

  @Test
  void only_the_engines_own_word_makes_a_container_gone() throws EngineException {
    docker.on(INSPECT, json(404, "{\"message\": \"No such container: abc\"}"));
    assertThat(engine.inspect("abc")).isEmpty();

    docker.on(INSPECT, json(404, "{\"message\": \"page not found\"}"));
    assertThatThrownBy(() -> engine.inspect("abc")).isInstanceOf(EngineException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "204, '', DONE, ''",
    "304, '', ALREADY, ''",
    "404, No such container: abc, GONE, No such container: abc",
    "404, page not found, FAILED, the Engine answered 404: page not found",
    "409, You cannot remove a running container, REFUSED, You cannot remove a running container",
    "500, Container abc is not paused, REFUSED, Container abc is not paused",
    "500, device busy, FAILED, the Engine answered 500: device busy",
  })
  void what_the_engine_answers_to_an_act_is_an_outcome(
      int status, String message, ActResult.Kind kind, String detail) {
    docker.on("DELETE /containers/abc", json(status, "{\"message\": \"" + message + "\"}"));

    ActResult result = engine.remove("abc");

    assertThat(result.kind()).isEqualTo(kind);
    if (!detail.isEmpty()) {
      assertThat(result.detail()).isEqualTo(detail);
    }
  }

  static Stream<Reply> noAnswers() {
    return Stream.of(silence(), hangUp(), half("{"));
  }

  @ParameterizedTest
  @MethodSource("noAnswers")
  void an_act_without_an_answer_failed_and_is_not_sent_twice(Reply reply) {
    docker.on("POST /containers/abc/stop", reply);
    engine.remove("so that the connection works");
    timeout = SHORT;

    assertThat(engine.stop("abc", Duration.ofMillis(100)).kind()).isEqualTo(ActResult.Kind.FAILED);

    // A second stop would send a second SIGTERM.
    assertThat(docker.requests().stream().filter(r -> r.startsWith("POST"))).hasSize(1);
  }

  @Test
  void a_stop_has_its_grace_on_top_of_the_deadline() {
    docker.on(
        "POST /containers/abc/stop",
        wire -> {
          wire.pause(SHORT.multipliedBy(2));
          return json(204, "").write(wire);
        });
    timeout = SHORT;

    assertThat(engine.stop("abc", Duration.ofSeconds(10)).kind()).isEqualTo(ActResult.Kind.DONE);
  }

  @ParameterizedTest
  @CsvSource({"PT0S, 0", "PT0.001S, 1", "PT1S, 1", "PT1.2S, 2", "PT10M, 600"})
  void grace_is_told_in_seconds_rounded_up(Duration grace, int seconds) {
    docker.on("POST /containers/abc/stop", json(204, ""));

    engine.stop("abc", grace);

    assertThat(docker.requests()).endsWith("POST /v1.41/containers/abc/stop?t=" + seconds);
  }

  @Test
  void a_removal_never_asks_for_force_or_volumes() {
    docker.on("DELETE /containers/", json(204, ""));

    engine.remove("a/b c");

    assertThat(docker.requests())
        .endsWith("DELETE /v1.41/containers/a%2Fb%20c?force=false&v=false");
  }

  @Test
  void hung_acts_do_not_keep_anybody_from_looking() throws Exception {
    docker.on("POST /containers/", silence()).on(LIST, json(200, "[]"));
    engine.list();
    timeout = SHORT.multipliedBy(3);
    List<CompletableFuture<ActResult>> hung =
        IntStream.range(0, 40)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> engine.pause("c" + i), EACH_ITS_OWN))
            .toList();

    assertThat(engine.list()).isEmpty();

    // Also those for which there was no thread left end by their deadline.
    assertThat(hung).allSatisfy(f -> assertThat(f.join().kind()).isEqualTo(ActResult.Kind.FAILED));
    timeout = Duration.ofSeconds(60);
    docker.on("POST /containers/", json(204, ""));
    assertThat(engine.pause("abc").kind()).isEqualTo(ActResult.Kind.DONE);
  }

  @Test
  void the_version_is_asked_for_once() throws EngineException {
    docker.on("GET /version", version("1.24", "1.49")).on(LIST, json(200, "[]"));

    engine.list();
    engine.list();

    assertThat(docker.requests())
        .containsExactly(
            "GET /version", "GET /v1.44/containers/json?all=1", "GET /v1.44/containers/json?all=1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "client version 1.44 is too new. Maximum supported API version is 1.41",
        "client version 1.44 is too old. Minimum supported API version is 1.45"
      })
  void another_engine_behind_the_socket_is_asked_again(String refusal) throws EngineException {
    docker
        .on("GET /version", version("1.24", "1.44"), version("1.12", "1.41"))
        .on(
            LIST,
            json(200, "[]"),
            json(400, "{\"message\": \"" + refusal + "\"}"),
            json(200, "[]"));
    engine.list();

    engine.list();

    assertThat(docker.requests()).endsWith("GET /version", "GET /v1.41/containers/json?all=1");
  }

  @Test
  void after_a_broken_connection_the_version_is_asked_again() throws EngineException {
    docker
        .on("GET /version", version("1.24", "1.44"), version("1.12", "1.41"))
        .on("POST /containers/abc/pause", hangUp(), json(204, ""));

    engine.pause("abc");
    engine.pause("abc");

    assertThat(docker.requests()).endsWith("GET /version", "POST /v1.41/containers/abc/pause");
  }

  @Test
  void a_version_that_is_none_is_an_error() {
    docker.on("GET /version", version("1.12", "latest"));

    assertThatThrownBy(engine::list).hasMessageContaining("not an API version: 'latest'");
  }

  @Test
  void info_tells_id_and_versions() throws EngineException {
    docker.on("GET /info", json(200, "{\"ID\": \"X:Y\"}"));

    assertThat(engine.info()).isEqualTo(new Engine.Info("X:Y", "20.10.24", "1.41"));
  }

  @Test
  void a_variable_that_came_with_the_image_makes_no_gpu_container() throws EngineException {
    docker
        .on(INSPECT, json(200, withVisibleDevices("all")))
        .on("GET /images/", json(200, "{\"Config\": {\"Env\": [\"NVIDIA_VISIBLE_DEVICES=all\"]}}"));

    assertThat(engine.inspect("abc").orElseThrow().gpus()).isEqualTo(GpuRequest.NONE);
    assertThat(engine.inspect("abc").orElseThrow().gpus()).isEqualTo(GpuRequest.NONE);
    countImageEnv.set(true);
    assertThat(engine.inspect("abc").orElseThrow().gpus())
        .isEqualTo(GpuRequest.unpinned(GpuRequest.ALL));

    assertThat(docker.requests().stream().filter(r -> r.contains("/images/")))
        .containsExactly("GET /v1.41/images/sha256%3Aab/json");
  }

  @Test
  void a_variable_that_came_with_the_image_counts_no_more_beside_a_request_for_nothing()
      throws EngineException {
    String request =
        "\"DeviceRequests\": [{\"Driver\": \"\", \"Count\": 0, \"Capabilities\": [[\"gpu\"]]}]";
    docker
        .on(
            INSPECT,
            json(
                200,
                withVisibleDevices("all").replace("\"AutoRemove\"", request + ", \"AutoRemove\"")))
        .on("GET /images/", json(200, "{\"Config\": {\"Env\": [\"NVIDIA_VISIBLE_DEVICES=all\"]}}"));

    assertThat(engine.inspect("abc").orElseThrow().gpus()).isEqualTo(GpuRequest.NONE);
  }

  @Test
  void a_variable_whose_image_is_gone_counts_as_set_by_somebody() throws EngineException {
    docker
        .on(INSPECT, json(200, withVisibleDevices("GPU-1")))
        .on("GET /images/", json(404, "{\"message\": \"no such image\"}"));

    assertThat(engine.inspect("abc").orElseThrow().gpus())
        .isEqualTo(GpuRequest.pinned(List.of("GPU-1")));
  }

  @Test
  void a_variable_whose_image_cannot_be_asked_is_an_unknown_fact() {
    docker
        .on(INSPECT, json(200, withVisibleDevices("all")))
        .on("GET /images/", json(500, "{\"message\": \"boom\"}"));

    assertThatThrownBy(() -> engine.inspect("abc")).hasMessageContaining("boom");
  }

  private static String withVisibleDevices(String value) {
    return """
        {"Id": "abc", "Created": "2026-03-02T08:00:00Z", "Name": "/c", "Image": "sha256:ab",
         "State": {"Status": "created", "ExitCode": 0, "StartedAt": "0001-01-01T00:00:00Z",
           "FinishedAt": "0001-01-01T00:00:00Z"},
         "HostConfig": {"AutoRemove": false, "Runtime": "nvidia"},
         "Config": {"Labels": {}, "Env": ["NVIDIA_VISIBLE_DEVICES=%s"]}}"""
        .formatted(value);
  }
}
