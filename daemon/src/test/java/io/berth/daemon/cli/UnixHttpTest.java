package io.berth.daemon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As much of HTTP as the control socket speaks. */
class UnixHttpTest {

  @TempDir private Path folder;

  @Test
  void an_answer_has_its_status_and_its_body() throws IOException {
    String text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\u00fc\u00fc";

    assertThat(UnixHttp.parse(text.getBytes(UTF_8)))
        .isEqualTo(new UnixHttp.Answer(200, "\u00fc\u00fc"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      })
  void anything_else_is_no_answer(String text) {
    assertThatThrownBy(() -> UnixHttp.parse(text.getBytes(UTF_8))).isInstanceOf(IOException.class);
  }

  @Test
  void a_daemon_that_never_answers_is_not_waited_for_without_end() throws IOException {
    Path socket = folder.resolve("s");
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket));

      assertThatThrownBy(() -> UnixHttp.exchange(socket, "GET", "/", "", Duration.ofMillis(50)))
          .hasMessageContaining("no answer within");
    }
  }
}
