package io.berth.jobs.notify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.berth.jobs.notify.Delivery.Result;
import io.berth.policies.PolicyBook.Notifications;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookChannelTest {

  private final CountDownLatch gate = new CountDownLatch(1);
  private final Map<String, String> got = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final WebhookChannel channel = new WebhookChannel();
  private final Message message = Message.of(Notices.warning());
  private HttpServer server;

  private interface Answer {
    void to(HttpExchange exchange) throws IOException, InterruptedException;
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    gate.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private String serve(Answer answer) {
    server.createContext(
        "/secret-token",
        exchange -> {
          try (exchange) {
            got.put("method", exchange.getRequestMethod());
            got.put("type", exchange.getRequestHeaders().getFirst("Content-Type"));
            got.put("body", new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            answer.to(exchange);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    return url("/secret-token");
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private Delivery deliver(String url) throws IOException, InterruptedException {
    return channel.deliver(message, Notices.webhook(url));
  }

  private static void answer(HttpExchange exchange, int code, String body) throws IOException {
    exchange.sendResponseHeaders(code, body.isEmpty() ? -1 : body.getBytes(UTF_8).length);
    exchange.getResponseBody().write(body.getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 202, 204})
  void the_event_is_posted(int code) throws IOException, InterruptedException {
    Delivery delivery = deliver(serve(exchange -> answer(exchange, code, "")));

    assertThat(delivery).isEqualTo(Delivery.delivered("webhook", "127.0.0.1 answered " + code));
    assertThat(got)
        .containsEntry("method", "POST")
        .containsEntry("type", "application/json; charset=utf-8")
        .containsEntry("body", message.json());
  }

  @Test
  void a_refusal_is_told_with_the_beginning_of_the_answer()
      throws IOException, InterruptedException {
    Delivery delivery =
        deliver(serve(exchange -> answer(exchange, 403, "no\u001b[2J" + "x".repeat(1_000_000))));

    assertThat(delivery.result()).isEqualTo(Result.FAILED);
    assertThat(delivery.detail())
        .startsWith("127.0.0.1 answered 403: no?[2Jxxx")
        .hasSizeLessThan(400)
        .doesNotContain("secret-token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/passwd", "https://127.0.0.1:1/", "/elsewhere"})
  void a_redirect_is_not_followed(String target) throws IOException, InterruptedException {
    CountDownLatch elsewhere = new CountDownLatch(1);
    server.createContext(
        "/elsewhere",
        exchange -> {
          elsewhere.countDown();
          exchange.close();
        });
    Delivery delivery =
        deliver(
            serve(
                exchange -> {
                  exchange.getResponseHeaders().set("Location", target);
                  answer(exchange, 307, "");
                }));

    assertThat(delivery.result()).isEqualTo(Result.FAILED);
    assertThat(delivery.detail()).contains("answered 307, a redirect");
    assertThat(elsewhere.getCount()).isEqualTo(1);
  }

  @Test
  void an_answer_without_end_is_not_read_to_its_end() throws IOException, InterruptedException {
    Answer endless =
        exchange -> {
          int code = got.getOrDefault("code", "200").equals("200") ? 200 : 500;
          exchange.sendResponseHeaders(code, 0);
          OutputStream body = exchange.getResponseBody();
          body.write(new byte[4_096]);
          body.flush();
          gate.await();
        };
    String url = serve(endless);

    assertThat(deliver(url).result()).isEqualTo(Result.DELIVERED);
    got.put("code", "500");
    assertThat(deliver(url).detail()).startsWith("127.0.0.1 answered 500: ????");
  }

  @Test
  void one_that_nobody_serves_says_so_without_the_secret_part() {
    String url = url("/secret-token");
    server.stop(0);

    assertThatThrownBy(() -> deliver(url))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("127.0.0.1 can't be reached: java.net.ConnectException")
        .hasMessageNotContaining("secret-token");
  }

  @Test
  void one_on_another_host_that_can_not_be_reached_names_the_unit_s_limit() {
    assertThatThrownBy(() -> deliver("http://berth.invalid/hook"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("berth.invalid can't be reached: java.net.ConnectException")
        .hasMessageEndingWith(
            "; berthd's unit as shipped lets nothing out to other hosts: see examples/network.conf");
  }

  @Test
  void one_that_never_answers_is_given_up() {
    String url = serve(exchange -> gate.await());
    Notifications settings = Notices.settings(false, null, List.of(), url, Duration.ofMillis(200));
    try (Notifier notifier =
        new Notifier(() -> settings, List.of(channel), (notice, deliveries) -> {})) {
      assertThat(notifier.deliver(message.notice()).join())
          .containsExactly(
              Delivery.failed("webhook", "gave up after 200ms (notifications.timeout)"));
    }
  }
}
