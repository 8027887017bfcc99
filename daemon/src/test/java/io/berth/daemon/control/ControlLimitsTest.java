package io.berth.daemon.control;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.berth.jobs.ledger.JournalEntry;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the socket bears, and whose it is. */
class ControlLimitsTest {

  private static final String HEAD_OF = "%s %s HTTP/1.1\r\nHost: b\r\nConnection: close\r\n";

  @TempDir private Path folder;

  @Test
  void silent_and_slow_clients_keep_nobody_waiting() throws IOException {
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      List<SocketChannel> silent = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(harbour.socket()));
        String half =
            i % 2 == 0
                ? "GET /v1/sta"
                : HEAD_OF.formatted("POST", "/v1/mode") + "Content-Length: 9\r\n\r\n{";
        channel.write(ByteBuffer.wrap(half.getBytes(ISO_8859_1)));
        silent.add(channel);
      }

      assertThat(ask(harbour, "GET", "/v1/status", "")).startsWith("HTTP/1.1 200");
      assertThat(ask(harbour, "POST", "/v1/jobs/reconcile/sweep", "")).startsWith("HTTP/1.1 200");

      for (SocketChannel channel : silent) {
        channel.close();
      }
    }
  }

  /** Head, body, and an answer that is not read: a byte now and then. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /lar",
        "POST /large HTTP/1.1\r\nHost: b\r\nContent-Length: 9000\r\n\r\n{",
        "GET /large HTTP/1.1\r\nHost: b\r\n\r\n"
      })
  void who_drips_is_hung_up_on(String begin) throws IOException {
    Route.Answerer large =
        call -> Answer.JSON.createObjectNode().put("text", "x".repeat(8 * 1024 * 1024));
    Path socket = folder.resolve("berth.sock");
    try (ControlServer server =
            start(
                socket,
                Duration.ofSeconds(1),
                Route.get("/large", large),
                Route.post("/large", large));
        SocketChannel channel = connect(socket)) {
      assertThat(server).isNotNull();
      channel.write(ByteBuffer.wrap(begin.getBytes(ISO_8859_1)));
      await().atMost(Duration.ofSeconds(10)).until(() -> isHungUpOn(channel));
    }
  }

  private static boolean isHungUpOn(SocketChannel channel) {
    try {
      return channel.write(ByteBuffer.wrap(new byte[] {'x'})) < 0;
    } catch (IOException e) {
      return true;
    }
  }

  private static ControlServer start(Path socket, Duration life, Route... routes)
      throws IOException {
    return ControlServer.start(socket, () -> "root", Clock.systemUTC(), List.of(routes), life);
  }

  private static SocketChannel connect(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    return channel;
  }

  @Test
  void a_connection_too_many_of_one_user_is_told_so() throws IOException {
    As.requireTools();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<Process> silent = new ArrayList<>();
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      for (int i = 0; i < 32; i++) {
        silent.add(silent(harbour));
      }
      await()
          .atMost(Duration.ofSeconds(12))
          .untilAsserted(
              () ->
                  assertThat(As.STRANGER.get(harbour, "/v1/status").detail())
                      .contains("32 connections"));
      assertThat(As.STRANGER.get(harbour, "/v1/status").code()).isEqualTo("too_many");
      assertThat(As.OWNER.get(harbour, "/v1/status").status()).isEqualTo(200);

      silent.forEach(Process::destroy);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> As.STRANGER.get(harbour, "/v1/status").status() == 200);
    } finally {
      silent.forEach(Process::destroyForcibly);
    }
  }

  /** A connection of the stranger that sends a head, and waits with the body. */
  private static Process silent(Harbour harbour) throws IOException {
    return new ProcessBuilder(
            As.STRANGER.command(
                "curl",
                "-sS",
                "-T",
                "-",
                "-X",
                "POST",
                "--unix-socket",
                harbour.socket().toString(),
                "http://berth/v1/mode"))
        .directory(new File("/"))
        .start();
  }

  @Test
  void a_request_too_many_of_one_user_is_told_so() throws Exception {
    As.requireTools();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path socket = folder.resolve("berth.sock");
    CountDownLatch asked = new CountDownLatch(2);
    CountDownLatch go = new CountDownLatch(1);
    Route slow =
        Route.get(
                "/slow",
                call -> {
                  asked.countDown();
                  assertThatCode(go::await).doesNotThrowAnyException();
                  return Answer.JSON.createObjectNode();
                })
            .slowly();
    ExecutorService others = Executors.newFixedThreadPool(2);
    try (ControlServer server = start(socket, Duration.ofMinutes(1), slow)) {
      assertThat(server).isNotNull();
      List<Future<As.Answer>> first = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        first.add(others.submit(() -> As.STRANGER.ask(socket, "GET", "/slow", "")));
      }
      assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();

      As.Answer third = As.STRANGER.ask(socket, "GET", "/slow", "");

      assertThat(third.status()).isEqualTo(429);
      assertThat(third.detail()).contains("2 requests of this kind");
      go.countDown();
      for (Future<As.Answer> each : first) {
        assertThat(each.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
      }
    } finally {
      go.countDown();
      others.shutdownNow();
    }
  }

  @Test
  void what_is_in_hand_ends_with_its_answer_and_not_before() {
    Peer ada = new Peer("ada", false, true);
    BlockingQueue<Runnable> ends = new LinkedBlockingQueue<>();
    try (Work work = new Work()) {
      work.take(ada, true, ends::add);
      work.take(ada, true, ends::add);
      await().until(() -> ends.size() == 2);
      assertThatThrownBy(() -> work.take(ada, true, ends::add)).isInstanceOf(Refusal.class);

      Runnable end = ends.remove();
      end.run();
      end.run();

      work.take(ada, true, ends::add);
      assertThatThrownBy(() -> work.take(ada, true, ends::add)).isInstanceOf(Refusal.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET| /v1/nothing| ''| 404",
        "GET| /| ''| 404",
        "DELETE| /v1/status| ''| 405",
        "GET| /v1/mode| ''| 405",
        "GET| /v1/containers/absent| ''| 404",
        "GET| /v1/events?since=yesterday| ''| 400",
        "GET| /v1/events?limit=0| ''| 400",
        "GET| /v1/events?limit=1&limit=2| ''| 400",
        "POST| /v1/mode| {\"mode\":\"fast\"}| 400",
        "POST| /v1/mode| {\"mode\":| 400",
        "POST| /v1/mode| [1]| 400",
        "POST| /v1/mode| {} {}| 400",
        "POST| /v1/mode| {}| 400",
        "POST| /v1/allocate| {\"user\":\"ada\"}| 400",
        "POST| /v1/allocate| {\"user\":\"ada\",\"container\":\"a;rm -rf\"}| 400",
        "POST| /v1/allocate| {\"user\":\"ada\",\"container\":\"x\",\"gpus\":0}| 400",
        "POST| /v1/jobs/none/sweep| {}| 404",
        "POST| /v1/jobs/reconcile/pause| {\"for\":\"0s\",\"why\":\"x\"}| 400",
        "POST| /v1/jobs/reconcile/sweep| {\"dry_run\":\"yes\"}| 400",
        "GET| /v1/plan?at=tomorrow| ''| 400",
        "POST| /v1/reload| {\"dry_run\":1}| 400",
        "POST| /v1/config/compare| {}| 400",
        "POST| /v1/config/compare| {\"main\":[]}| 400",
        "POST| /v1/config/compare| {\"main\":\"\",\"beside\":{\"../x\":\"\"}}| 400",
        "POST| /v1/config/compare| {\"main\":\"\",\"beside\":{\"groups/../../x.members\":\"\"}}| 400",
        "POST| /v1/config/compare| {\"main\":\"\",\"beside\":{\"user-overrides.yaml\":3}}| 400",
        "GET| /v1/containers/absent/explain| ''| 404",
        "POST| /v1/reload| {\"dryrun\":true}| 400",
        "POST| /v1/reload?dry_run=true| {}| 400",
        "POST| /v1/jobs/reconcile/sweep| {\"dry-run\":true}| 400",
        "GET| /v1/plan?enforce=yes| ''| 400",
        "GET| /v1/plan?Enforce=true| ''| 400",
        "GET| /v1/containers?user=ada| ''| 400",
        "GET| /v1/containers| {\"owner\":\"ada\"}| 400",
      })
  void what_makes_no_sense_is_a_problem_that_says_what(
      String method, String path, String body, int status) throws IOException {
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      assertThat(ask(harbour, method, path, body))
          .startsWith("HTTP/1.1 " + status)
          .contains("application/problem+json", "\"detail\":\"", "\"status\":" + status);
    }
  }

  @Test
  void what_is_no_json_is_told_in_words_for_people() throws IOException {
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      assertThat(ask(harbour, "POST", "/v1/mode", "{"))
          .contains("the body is no JSON: Unexpected end-of-input")
          .doesNotContain("Source", "REDACTED");
      assertThat(ask(harbour, "POST", "/v1/mode", "{\"mode\": observe}"))
          .contains("Unrecognized token 'observe': was expecting (JSON String");
    }
  }

  @Test
  void a_field_that_is_not_known_is_named_with_those_that_are() throws IOException {
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      assertThat(ask(harbour, "POST", "/v1/jobs/reconcile/pause", "{\"reason\":\"x\"}"))
          .contains("reason: no such field is known in its body; known: for, why");
      assertThat(ask(harbour, "GET", "/v1/status?all=1", ""))
          .contains("all: no such field is known in its query; known: none");
      assertThat(harbour.eventTypes()).doesNotContain("job.pause");
    }
  }

  @Test
  void no_route_takes_a_field_that_it_does_not_know() throws IOException {
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      for (Route route : harbour.routes()) {
        String path = route.path().replaceAll("[{].*?[}]", "reconcile");
        for (String asked : List.of(path + "?wyh=x", path)) {
          String body = asked.equals(path) ? "{\"wyh\":\"x\"}" : "";
          assertThat(ask(harbour, route.method(), asked, body))
              .as(route.method() + " " + asked)
              .startsWith("HTTP/1.1 400")
              .contains("wyh: no such field is known");
        }
      }
    }
  }

  @Test
  void a_body_or_head_that_is_too_large_is_refused() throws IOException {
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      String large = "{\"mode\":\"" + "x".repeat(20_000) + "\"}";
      assertThat(ask(harbour, "POST", "/v1/mode", large)).startsWith("HTTP/1.1 413");
      assertThat(ask(harbour, "GET", "/v1/status?x=" + "y".repeat(9_000), ""))
          .startsWith("HTTP/1.1 4")
          .contains("application/problem+json");
    }
  }

  @Test
  void an_answer_has_only_so_many_events_and_says_that_there_are_more() throws IOException {
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      for (int i = 0; i < 20; i++) {
        JournalEntry entry =
            new JournalEntry(
                0,
                Instant.now(),
                JournalEntry.Kind.FACT,
                null,
                null,
                null,
                "config.reject",
                null,
                "daemon",
                "enforce",
                null,
                null,
                "{\"n\":\"<"
                    + i
                    + ">\",\"details\":{\"problems\":\""
                    + "x".repeat(100_000)
                    + "\"}}");
        harbour.ledger().update(tables -> tables.append(entry));
      }
      String type = "/v1/events?type=config.reject";
      String first = ask(harbour, "GET", type + "&after=0", "");
      assertThat(first.length()).isLessThan(600_000);
      assertThat(first).contains("\"<0>\"", "\"<4>\"", "\"more\":true").doesNotContain("\"<5>\"");
      String last = ask(harbour, "GET", type, "");
      assertThat(last.length()).isLessThan(600_000);
      assertThat(last).contains("\"<19>\"", "\"more\":false").doesNotContain("\"<0>\"");
    }
  }

  @Test
  void a_socket_that_nobody_listens_on_is_replaced() throws IOException {
    Path socket = folder.resolve("berth.sock");
    ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(socket))
        .close();
    assertThat(socket).exists();

    ControlServer.clear(socket);

    assertThat(socket).doesNotExist();
  }

  @Test
  void a_live_daemons_socket_is_never_taken() throws IOException {
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      assertThatThrownBy(() -> ControlServer.clear(harbour.socket()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another berthd listens on");
      assertThat(ask(harbour, "GET", "/v1/status", "")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void what_is_no_socket_is_left_alone() throws IOException {
    Path file = Files.writeString(folder.resolve("berth.sock"), "precious");

    assertThatThrownBy(() -> ControlServer.clear(file)).hasMessageContaining("is no socket");
    assertThat(file).hasContent("precious");

    Path link = Files.createSymbolicLink(folder.resolve("link.sock"), file);
    assertThatThrownBy(() -> ControlServer.clear(link)).hasMessageContaining("is no socket");
    assertThat(link).exists();
  }

  @Test
  void the_socket_goes_with_the_daemon() throws IOException {
    Path socket;
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      socket = harbour.socket();
      assertThat(socket).exists();
    }
    assertThat(socket).doesNotExist();
  }

  private static String ask(Harbour harbour, String method, String path, String body)
      throws IOException {
    String request =
        HEAD_OF.formatted(method, path) + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(harbour.socket()));
      channel.write(ByteBuffer.wrap(request.getBytes(ISO_8859_1)));
      StringBuilder answer = new StringBuilder();
      ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
      while (channel.read(buffer) >= 0) {
        answer.append(new String(buffer.array(), 0, buffer.position(), ISO_8859_1));
        buffer.clear();
      }
      return answer.toString();
    }
  }
}
