package io.berth.jobs.engine;

import static io.berth.jobs.engine.FakeDocker.hangUp;
import static io.berth.jobs.engine.FakeDocker.json;
import static io.berth.jobs.engine.FakeDocker.silence;
import static io.berth.jobs.engine.FakeDocker.streamThatEnds;
import static io.berth.jobs.engine.FakeDocker.streamThatStays;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.engine.Engine.Event;
import io.berth.jobs.engine.FakeDocker.Reply;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The stream of events, against a fake Engine. */
class EventStreamTest {

  /** A limit for what should come at once, on a machine that is busy with other things. */
  private static final Duration AGES = Duration.ofSeconds(60);

  private static final Instant SINCE = Instant.ofEpochSecond(1_700_000_000);

  private FakeDocker docker;
  private DockerEngine engine;
  private volatile Duration timeout = AGES;
  private final Recorder recorder = new Recorder();

  /** Writes down what it is told. */
  private static class Recorder implements Engine.EventListener {
    final List<String> told = new CopyOnWriteArrayList<>();

    @Override
    public void connected() {
      told.add("connected");
    }

    @Override
    public void event(Event event) {
      told.add(event.action() + " " + event.containerId());
    }

    @Override
    public void disconnected(String why) {
      told.add("disconnected");
    }

    void awaitTold(String... expected) {
      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(told).containsExactly(expected));
    }
  }

  @BeforeEach
  void start() throws IOException {
    docker = new FakeDocker();
    engine = new DockerEngine(docker.host(), () -> timeout, () -> false);
  }

  @AfterEach
  void close() {
    engine.close();
    docker.close();
  }

  private static String event(int second, String action, String id) {
    return """
        {"status": "x", "Type": "container", "Action": "%s",
         "Actor": {"ID": "%s", "Attributes": {"name": "c", "exitCode": "0"}},
         "scope": "local", "time": 1, "timeNano": %d}
        """
        .formatted(
            action, id, SINCE.plusSeconds(second).getEpochSecond() * 1_000_000_000L + second);
  }

  @Test
  void an_event_is_mapped() throws EngineException {
    assertThat(EventStream.event(Fields.parseObject("e", event(5, "exec_start: ls ", "c1"))))
        .isEqualTo(
            new Event(
                SINCE.plusSeconds(5).plusNanos(5),
                "c1",
                "exec_start: ls",
                Map.of("name", "c", "exitCode", "0")));
  }

  @Test
  void connected_is_told_when_the_stream_is_open_and_not_before() {
    timeout = Duration.ofMillis(500);
    docker.on("GET /events", silence(), json(500, "{}"), streamThatStays());

    engine.subscribe(SINCE, recorder);

    // One loss is told once, however many attempts it takes.
    recorder.awaitTold("disconnected", "connected");
    assertThat(docker.requests().stream().filter(r -> r.contains("/events")))
        .hasSizeGreaterThanOrEqualTo(3);
  }

  @Test
  void only_containers_events_are_asked_for_from_the_given_moment_on() {
    docker.on("GET /events", streamThatStays());

    engine.subscribe(SINCE.plusNanos(7), recorder);

    recorder.awaitTold("connected");
    assertThat(URLDecoder.decode(docker.requests().get(1), StandardCharsets.UTF_8))
        .isEqualTo(
            "GET /v1.41/events?since=1700000000.000000007&filters={\"type\":[\"container\"]}");
  }

  @Test
  void without_a_moment_the_engines_own_now_is_the_first() {
    docker
        .on("GET /info", json(200, "{\"SystemTime\": \"2023-11-14T22:13:20.5Z\"}"))
        .on("GET /events", streamThatStays());

    engine.subscribe(null, recorder);

    recorder.awaitTold("connected");
    assertThat(docker.requests().get(docker.requests().size() - 1))
        .contains("since=1700000000.500000000&");
  }

  @Test
  void after_a_break_it_goes_on_where_it_was_and_tells_nothing_twice() {
    docker.on(
        "GET /events",
        streamThatEnds(event(10, "create", "c1"), event(11, "start", "c1")),
        streamThatStays(event(11, "start", "c1") + event(12, "die", "c1")));

    engine.subscribe(SINCE, recorder);

    recorder.awaitTold("connected", "create c1", "start c1", "disconnected", "connected", "die c1");
    assertThat(docker.requests().get(docker.requests().size() - 1))
        .contains("since=1700000009.000000011&");
  }

  @Test
  void the_moment_never_goes_back() {
    docker.on(
        "GET /events",
        streamThatEnds(event(10, "start", "c1"), event(9, "create", "c1")),
        streamThatStays());

    engine.subscribe(SINCE, recorder);

    recorder.awaitTold("connected", "start c1", "create c1", "disconnected", "connected");
    assertThat(docker.requests().get(docker.requests().size() - 1))
        .contains("since=1700000008.000000010&");
  }

  @Test
  void an_event_may_come_in_pieces_and_several_in_one() {
    String two = event(1, "create", "c1") + event(2, "start", "c1");
    docker.on(
        "GET /events",
        streamThatStays(two.substring(0, 40), two.substring(40, 300), two.substring(300)));

    engine.subscribe(SINCE, recorder);

    recorder.awaitTold("connected", "create c1", "start c1");
  }

  static Stream<Reply> breaks() {
    return Stream.of(
        hangUp(),
        json(200, "<html>"),
        streamThatEnds("{\"Type\": \"container\"}"),
        streamThatEnds("{\"Action\": \"sta"),
        streamThatEnds("[]"));
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void whatever_breaks_the_stream_it_is_opened_again(Reply reply) {
    docker.on("GET /events", reply, streamThatStays(event(1, "start", "c1")));

    engine.subscribe(SINCE, recorder);

    Awaitility.await()
        .atMost(AGES)
        .untilAsserted(() -> assertThat(recorder.told).endsWith("connected", "start c1"));
  }

  @Test
  void a_listener_that_throws_misses_nothing_else() {
    docker.on("GET /events", streamThatStays(event(1, "create", "c1"), event(2, "start", "c1")));
    Recorder throwing =
        new Recorder() {
          @Override
          public void event(Event event) {
            super.event(event);
            throw new IllegalStateException("on purpose");
          }
        };

    engine.subscribe(SINCE, throwing);

    throwing.awaitTold("connected", "create c1", "start c1");
  }

  @Test
  void a_closed_subscription_tells_nothing_more_and_leaves_the_engine() {
    docker.on("GET /events", streamThatStays());
    Engine.Subscription subscription = engine.subscribe(SINCE, recorder);
    recorder.awaitTold("connected");

    subscription.close();

    Awaitility.await()
        .atMost(AGES)
        .untilAsserted(() -> assertThat(docker.openConnections()).isZero());
    assertThat(recorder.told).containsExactly("connected");
  }
}
