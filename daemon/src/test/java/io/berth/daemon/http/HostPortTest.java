package io.berth.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:9470, 127.0.0.1, 9470, 127.0.0.1:9470",
    "localhost:0, localhost, 0, localhost:0",
    "[::1]:9470, ::1, 9470, [::1]:9470",
    "':9470', '', 9470, '*:9470'",
    "'*:9470', '', 9470, '*:9470'",
    "gpu-1.lab.example:65535, gpu-1.lab.example, 65535, gpu-1.lab.example:65535",
  })
  void hosts_and_ports_are_read_and_printed(String text, String host, int port, String printed) {
    assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port)).hasToString(printed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "9470", "localhost", "::1:9470", "[::1]", "host:65536", "host:-1", "a b:1"})
  void anything_else_is_refused_with_an_example(String text) {
    assertThatThrownBy(() -> HostPort.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'")
        .hasMessageContaining("127.0.0.1:9470");
  }

  @Test
  void no_host_means_every_address() throws Exception {
    assertThat(HostPort.parse(":9470").resolve().getAddress().isAnyLocalAddress()).isTrue();
  }
}
