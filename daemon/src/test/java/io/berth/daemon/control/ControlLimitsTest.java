package io.berth.daemon.control;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

      for (SocketChannel channel : silent) {
        channel.close();
      }
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
