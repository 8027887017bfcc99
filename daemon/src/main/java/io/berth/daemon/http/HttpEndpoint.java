package io.berth.daemon.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A read-only HTTP listener: {@code /metrics}, {@code /healthz} and {@code /readyz}, or {@code
 * /metrics} alone.
 */
public final class HttpEndpoint implements AutoCloseable {

  /** One answer. */
  private record Page(int status, String type, String body) {}

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final int THREADS = 4;
  private static final int WAITING = 32;

  /** The JDK's server has no time limits of its own: a client that stalls would keep a thread. */
  private static final Map<String, String> LIMITS =
      Map.of(
          "sun.net.httpserver.maxReqTime", "10",
          "sun.net.httpserver.maxRspTime", "30",
          "sun.net.httpserver.maxIdleConnections", "16");

  private static final Logger LOG = LoggerFactory.getLogger(HttpEndpoint.class);

  private final HttpServer server;
  private final ThreadPoolExecutor threads;
  private final Map<String, Supplier<Page>> pages;

  private HttpEndpoint(InetSocketAddress address, Map<String, Supplier<Page>> pages)
      throws IOException {
    LIMITS.forEach(System::setProperty); // read once, when the first server is created
    this.pages = pages;
    server = HttpServer.create(address, WAITING);
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            HttpEndpoint::daemonThread,
            new ThreadPoolExecutor.DiscardPolicy()); // its connection ends by maxReqTime
    threads.allowCoreThreadTimeOut(true);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /**
   * Listens with all pages.
   *
   * @param hostPort as in {@code daemon.http}
   * @throws IOException if it can't listen there; the message names the place and what to do
   */
  public static HttpEndpoint start(String hostPort, Metrics metrics, Health health)
      throws IOException {
    return listen(
        "daemon.http",
        hostPort,
        Map.of(
            "/metrics", () -> new Page(200, PROMETHEUS, metrics.scrape()),
            "/healthz", () -> verdict(health.ailments()),
            "/readyz", () -> verdict(health.hindrances())));
  }

  /**
   * Listens with {@code /metrics} alone, for other hosts.
   *
   * @param hostPort as in {@code daemon.metrics}
   * @throws IOException if it can't listen there; the message names the place and what to do
   */
  public static HttpEndpoint startMetricsOnly(String hostPort, Metrics metrics) throws IOException {
    return listen(
        "daemon.metrics",
        hostPort,
        Map.of("/metrics", () -> new Page(200, PROMETHEUS, metrics.scrape())));
  }

  /** The address it listens on, with the port that was free for port 0. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** Ends at once; answers in hand are cut off. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static HttpEndpoint listen(String key, String hostPort, Map<String, Supplier<Page>> pages)
      throws IOException {
    try {
      return new HttpEndpoint(HostPort.parse(hostPort).resolve(), pages);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          key
              + ": can't listen on "
              + hostPort
              + ": "
              + e.getMessage()
              + "; choose another address, end what listens there, or set it to off",
          e);
    }
  }

  private static Page verdict(List<String> reasons) {
    return reasons.isEmpty()
        ? new Page(200, TEXT, "ok\n")
        : new Page(503, TEXT, String.join("\n", reasons) + "\n");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Page page = pageFor(exchange);
      byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.getResponseHeaders().set("Content-Type", page.type());
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange.sendResponseHeaders(page.status(), head ? -1 : body.length);
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  private Page pageFor(HttpExchange exchange) {
    String path = exchange.getRequestURI().getPath();
    Supplier<Page> page = pages.get(path == null ? "" : path);
    if (page == null) {
      return new Page(404, TEXT, "not found; there is " + String.join(", ", known()) + "\n");
    }
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      return new Page(405, TEXT, "read-only: GET or HEAD\n");
    }
    try {
      return page.get();
    } catch (RuntimeException e) {
      LOG.error("{} could not be answered", path, e);
      return new Page(500, TEXT, "an error; the daemon's log says more\n");
    }
  }

  private List<String> known() {
    return pages.keySet().stream().sorted().toList();
  }

  private static Thread daemonThread(Runnable work) {
    Thread thread = new Thread(work, "http");
    thread.setDaemon(true);
    return thread;
  }
}
