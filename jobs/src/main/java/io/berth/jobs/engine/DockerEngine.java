package io.berth.jobs.engine;

import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request.Method;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.GpuRequests;
import io.berth.jobs.engine.Engine.ActResult.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The Docker Engine behind its HTTP API, through docker-java's transport.
 *
 * <p>Reads, acts and events have a {@link Lane} each: a stop takes its grace, and may hang, and
 * must not keep anybody from looking. Nothing is configured from outside: no {@code
 * ~/.docker/config.json}, no environment.
 */
public final class DockerEngine implements Engine {

  private static final int READS_AT_ONCE = 16;
  private static final int ACTS_AT_ONCE = 32;
  private static final int STOPS_AT_ONCE = 64;

  /** The events, and pings. */
  private static final int STREAMS = 4;

  /** {@code {"type":["container"]}}. */
  private static final String ONLY_CONTAINERS = encode("{\"type\":[\"container\"]}");

  private final Supplier<Duration> timeout;
  private final BooleanSupplier countImageEnv;
  private final Lane reads;
  private final Lane acts;
  private final Lane stops;
  private final Lane streams;
  private final EngineApi api = new EngineApi();
  private final ImageEnvironments images = new ImageEnvironments(api);
  private final Set<EventStream> subscriptions = ConcurrentHashMap.newKeySet();

  /**
   * Connects to nothing yet.
   *
   * @param host {@code unix:///path} or {@code tcp://host:port}
   * @param timeout {@code safety.engine_timeout}
   * @param countImageEnv {@code gpu.count_image_env}
   * @throws IllegalArgumentException where the host is neither
   */
  public DockerEngine(URI host, Supplier<Duration> timeout, BooleanSupplier countImageEnv) {
    checkHost(host);
    this.timeout = timeout;
    this.countImageEnv = countImageEnv;
    reads = new Lane("berth-engine-read", host, READS_AT_ONCE, Lane.Reuse.POOLED);
    acts = new Lane("berth-engine-act", host, ACTS_AT_ONCE, Lane.Reuse.NEVER);
    stops = new Lane("berth-engine-stop", host, STOPS_AT_ONCE, Lane.Reuse.NEVER);
    streams = new Lane("berth-engine-events", host, STREAMS, Lane.Reuse.NEVER);
  }

  private static void checkHost(URI host) {
    String path = host.getPath();
    boolean unix = "unix".equals(host.getScheme()) && path != null && path.startsWith("/");
    boolean tcp = "tcp".equals(host.getScheme()) && host.getHost() != null && host.getPort() > 0;
    if (!unix && !tcp) {
      throw new IllegalArgumentException(
          "the Engine's address is '"
              + host
              + "'; it has to be unix:///path/of/docker.sock or tcp://host:port");
    }
  }

  @Override
  public Info info() throws EngineException {
    return reads.within(
        timeout.get(),
        "GET /info",
        () -> {
          EngineApi.Versions versions = api.versions(reads);
          Fields info = get("/info");
          return new Info(info.text("ID"), versions.engine(), versions.api().toString());
        });
  }

  /** To be called inside {@link Lane#within}. */
  private Fields get(String path) throws IOException, EngineException {
    Lane.Answer answer = api.send(reads, Method.GET, path);
    EngineApi.expectOk("GET " + path, answer);
    return Fields.parseObject("GET " + path, answer.body());
  }

  @Override
  public void ping() throws EngineException {
    String what = "GET /_ping";
    Lane.Answer answer =
        streams.within(timeout.get(), what, () -> api.send(streams, Method.GET, "/_ping"));
    EngineApi.expectOk(what, answer);
  }

  @Override
  public List<Summary> list() throws EngineException {
    String what = "GET /containers/json";
    return reads.within(
        timeout.get(),
        what,
        () -> {
          Lane.Answer answer = api.send(reads, Method.GET, "/containers/json?all=1");
          EngineApi.expectOk(what, answer);
          return List.copyOf(Fields.parseArray(what, answer.body(), ContainerJson::summary));
        });
  }

  @Override
  public Optional<Container> inspect(String id) throws EngineException {
    String path = "/containers/" + encode(id) + "/json";
    return reads.within(
        timeout.get(),
        "GET " + path,
        () -> {
          Lane.Answer answer = api.send(reads, Method.GET, path);
          if (EngineApi.isGone(answer)) {
            return Optional.empty();
          }
          EngineApi.expectOk("GET " + path, answer);
          return Optional.of(container(ContainerJson.parse(id, answer.body())));
        });
  }

  private Container container(ContainerJson json) throws IOException, EngineException {
    boolean counts = countImageEnv.getAsBoolean();
    boolean mattersWhoSetIt = !counts && GpuRequests.readsVariable(json.gpusAsked(List.of()));
    List<String> imageEnv = mattersWhoSetIt ? images.of(json.imageId(), reads) : List.of();
    return json.container(GpuRequests.of(json.gpusAsked(imageEnv), counts));
  }

  @Override
  public ActResult remove(String id) {
    return act(
        acts, Method.DELETE, "/containers/" + encode(id) + "?force=false&v=false", Duration.ZERO);
  }

  /** The Engine counts in seconds: a part of one is rounded up. */
  @Override
  public ActResult stop(String id, Duration grace) {
    long seconds = grace.plusSeconds(1).minusNanos(1).toSeconds();
    return act(stops, Method.POST, "/containers/" + encode(id) + "/stop?t=" + seconds, grace);
  }

  @Override
  public ActResult pause(String id) {
    return act(acts, Method.POST, "/containers/" + encode(id) + "/pause", Duration.ZERO);
  }

  @Override
  public ActResult unpause(String id) {
    return act(acts, Method.POST, "/containers/" + encode(id) + "/unpause", Duration.ZERO);
  }

  private ActResult act(Lane lane, Method method, String path, Duration extra) {
    try {
      String what = method + " " + path;
      return outcome(
          lane.within(timeout.get().plus(extra), what, () -> api.send(lane, method, path)));
    } catch (EngineException e) {
      return new ActResult(Kind.FAILED, e.getMessage());
    }
  }

  private static ActResult outcome(Lane.Answer answer) {
    if (answer.ok()) {
      return new ActResult(Kind.DONE, "");
    }
    String message = EngineApi.message(answer);
    if (EngineApi.isGone(answer)) {
      return new ActResult(Kind.GONE, message);
    }
    if (answer.status() == 304) {
      return new ActResult(Kind.ALREADY, message);
    }
    // An unpause of what is not paused is a 500 in place of a 409.
    if (answer.status() == 409 || message.endsWith("is not paused")) {
      return new ActResult(Kind.REFUSED, message);
    }
    return new ActResult(
        Kind.FAILED, "the Engine answered %d: %s".formatted(answer.status(), message));
  }

  @Override
  public Subscription subscribe(@Nullable Instant since, EventListener listener) {
    EventStream stream = new EventStream(new Events(), since, listener);
    subscriptions.add(stream);
    stream.start();
    return () -> {
      stream.close();
      subscriptions.remove(stream);
    };
  }

  /** The Engine's event stream. */
  private final class Events implements EventStream.Source {

    @Override
    public Instant now() throws EngineException {
      Instant now =
          streams.within(timeout.get(), "GET /info", () -> get("/info").instant("SystemTime"));
      return now == null ? Instant.EPOCH : now;
    }

    @Override
    public DockerHttpClient.Response open(Instant since) throws EngineException {
      String path =
          String.format(
              Locale.ROOT,
              "/events?since=%d.%09d&filters=%s",
              since.getEpochSecond(),
              since.getNano(),
              ONLY_CONTAINERS);
      return streams.within(timeout.get(), "GET /events", () -> api.open(streams, path));
    }
  }

  static String encode(String pathElement) {
    return URLEncoder.encode(pathElement, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    subscriptions.forEach(EventStream::close);
    reads.close();
    acts.close();
    stops.close();
    streams.close();
  }
}
