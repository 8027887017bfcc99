package io.berth.daemon.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HttpEndpointTest {

  private final Metrics metrics = new Metrics("1.2.3", () -> Instant.EPOCH);
  private final List<HttpEndpoint> started = new ArrayList<>();
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private boolean broken;
  private List<String> hindrances = List.of();

  private final Health health =
      new Health() {
        @Override
        public List<String> ailments() {
          if (broken) {
            throw new IllegalStateException("a bug");
          }
          return List.of();
        }

        @Override
        public List<String> hindrances() {
          return hindrances;
        }
      };

  @AfterEach
  void stop() {
    started.forEach(HttpEndpoint::close);
  }

  @Test
  void metrics_are_served_in_prometheus_text() throws Exception {
    HttpResponse<String> answer = ask(start(), "GET", "/metrics");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElse("")).contains("version=0.0.4");
    assertThat(answer.body()).contains("berth_build_info{version=\"1.2.3\"} 1");
  }

  @Test
  void health_says_ok_or_why_not() throws Exception {
    HttpEndpoint endpoint = start();
    assertThat(ask(endpoint, "GET", "/healthz").body()).isEqualTo("ok\n");
    assertThat(ask(endpoint, "GET", "/readyz").statusCode()).isEqualTo(200);

    hindrances = List.of("the Engine does not answer", "the journal can't be written");

    assertThat(ask(endpoint, "GET", "/healthz").statusCode()).isEqualTo(200);
    HttpResponse<String> ready = ask(endpoint, "GET", "/readyz");
    assertThat(ready.statusCode()).isEqualTo(503);
    assertThat(ready.body())
        .isEqualTo("the Engine does not answer\nthe journal can't be written\n");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /, 404",
    "GET, /metrics/, 404",
    "GET, /metricsx, 404",
    "GET, /../etc/passwd, 404",
    "POST, /metrics, 405",
    "DELETE, /healthz, 405",
    "HEAD, /metrics, 200",
    "HEAD, /nothing, 404",
    "GET, /metrics?collect=all, 200"
  })
  void anything_else_is_refused(String method, String path, int status) throws Exception {
    assertThat(raw(start(), method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 " + status);
  }

  @Test
  void the_second_listener_serves_metrics_alone() throws Exception {
    HttpEndpoint endpoint = HttpEndpoint.startMetricsOnly("127.0.0.1:0", metrics);
    started.add(endpoint);

    assertThat(ask(endpoint, "GET", "/metrics").statusCode()).isEqualTo(200);
    assertThat(ask(endpoint, "GET", "/healthz").statusCode()).isEqualTo(404);
  }

  @Test
  void an_ipv6_address_works() throws Exception {
    Assumptions.assumeTrue(hasIpv6Loopback(), "needs IPv6 on the loopback interface");
    HttpEndpoint endpoint = HttpEndpoint.start("[::1]:0", metrics, health);
    started.add(endpoint);

    assertThat(endpoint.address().getAddress()).isInstanceOf(Inet6Address.class);
    assertThat(raw(endpoint, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).contains("200 OK");
  }

  @Test
  void a_port_that_is_taken_is_a_clear_error() throws Exception {
    String taken = "127.0.0.1:" + start().address().getPort();

    assertThatThrownBy(() -> HttpEndpoint.start(taken, metrics, health))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("daemon.http: can't listen on " + taken)
        .hasMessageContaining("in use");
  }

  @ParameterizedTest
  @ValueSource(strings = {"9470", "no-such-host.invalid:9470", "203.0.113.1:9470"})
  void an_address_that_is_not_here_is_a_clear_error(String address) {
    assertThatThrownBy(() -> HttpEndpoint.startMetricsOnly(address, metrics))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("daemon.metrics: can't listen on " + address);
  }

  @Test
  void a_page_that_fails_is_a_500_without_its_innards() throws Exception {
    HttpEndpoint endpoint = start();
    broken = true;

    HttpResponse<String> answer = ask(endpoint, "GET", "/healthz");

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).doesNotContain("Exception", "bug");
  }

  @Test
  void clients_that_stall_keep_nobody_from_being_answered() throws Exception {
    HttpEndpoint endpoint = start();
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 6; i++) {
        Socket socket = new Socket(endpoint.address().getAddress(), endpoint.address().getPort());
        socket.getOutputStream().write("GET /metrics HT".getBytes(UTF_8));
        silent.add(socket);
      }
      assertThat(ask(endpoint, "GET", "/healthz").statusCode()).isEqualTo(200);
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  private HttpEndpoint start() throws IOException {
    HttpEndpoint endpoint = HttpEndpoint.start("127.0.0.1:0", metrics, health);
    started.add(endpoint);
    return endpoint;
  }

  private HttpResponse<String> ask(HttpEndpoint endpoint, String method, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + endpoint.address().getPort() + path);
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(Duration.ofSeconds(20))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static String raw(HttpEndpoint endpoint, String request) throws IOException {
    InetSocketAddress address = endpoint.address();
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(UTF_8));
      byte[] buffer = new byte[200];
      int read = socket.getInputStream().read(buffer);
      return new String(buffer, 0, Math.max(read, 0), UTF_8);
    }
  }

  private static boolean hasIpv6Loopback() throws IOException {
    byte[] loopback = new byte[16];
    loopback[15] = 1;
    return NetworkInterface.getByInetAddress(InetAddress.getByAddress(loopback)) != null;
  }
}
