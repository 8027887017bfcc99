package io.berth.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request.Method;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The Engine spoken to with nothing in between but the HTTP transport: what Berth is compared with,
 * and how its containers are made. Answers are read to their end and not parsed.
 */
final class BenchEngine implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a container of somebody's has at the least: labels, a mount, some environment. */
  private static final String CONTAINER =
      """
      {"Image": "berth/busybox", "Cmd": ["%s"], "Env": ["A=1", "B=2", "C=3"],
       "Labels": {"ds01.user": "alice", "ds01.interface": "docker", "project": "bench", "team": "a",
                  "ds01.protected": "%s"},
       "HostConfig": {"NetworkMode": "none", "Binds": ["/tmp:/workspace:ro"]%s}}""";

  private static final String ENDS_AT_ONCE = "true";

  /** Until it is killed: a busybox shell without input would end. */
  private static final String STAYS = "tail\", \"-f\", \"/dev/null";

  private static final String GPU =
      """
      , "DeviceRequests": [{"Driver": "nvidia", "DeviceIDs": ["GPU-%d"], "Capabilities": [["gpu"]]}]""";

  private final DockerHttpClient client;
  private final ExecutorService threads;

  /**
   * @param atOnce how many calls of {@link #inspect}, {@link #delete} and {@link #create} are under
   *     way at once
   */
  BenchEngine(URI host, int atOnce) {
    client = new ZerodepDockerHttpClient.Builder().dockerHost(host).maxConnections(atOnce).build();
    threads = Executors.newFixedThreadPool(atOnce);
  }

  void list() {
    call(Method.GET, "/containers/json?all=1", null);
  }

  void inspect(List<String> ids) {
    inParallel(ids, this::inspect);
  }

  void delete(List<String> ids) {
    inParallel(ids, this::delete);
  }

  /** Each right before its end, as a careful remover does. */
  void inspectAndDelete(List<String> ids) {
    inParallel(
        ids,
        id -> {
          inspect(id);
          return delete(id);
        });
  }

  /**
   * Creates as many, never started.
   *
   * @param isProtected whether Berth is to leave them alone
   * @return their ids
   */
  List<String> create(int count, boolean isProtected) {
    return create(Collections.nCopies(count, container(ENDS_AT_ONCE, isProtected, "")));
  }

  /** Creates as many, never started, each with a GPU of its own: {@code GPU-0} and on. */
  List<String> createWithGpus(int count) {
    return createWithGpus(count, ENDS_AT_ONCE);
  }

  /** Has as many run, and do nothing, each with a GPU of its own: {@code GPU-0} and on. */
  List<String> runWithGpus(int count) {
    List<String> ids = createWithGpus(count, STAYS);
    inParallel(ids, id -> call(Method.POST, "/containers/" + id + "/start", null));
    return ids;
  }

  private List<String> createWithGpus(int count, String command) {
    return create(
        IntStream.range(0, count)
            .mapToObj(gpu -> container(command, false, GPU.formatted(gpu)))
            .toList());
  }

  private static String container(String command, boolean isProtected, String more) {
    return CONTAINER.formatted(command, isProtected, more);
  }

  private List<String> create(List<String> bodies) {
    return inParallel(bodies, body -> text(call(Method.POST, "/containers/create", body), "Id"));
  }

  /** Ends and deletes them, without grace. */
  void kill(List<String> ids) {
    inParallel(ids, id -> call(Method.DELETE, "/containers/" + id + "?force=1", null));
  }

  /** Starts them; each ends by itself at once. Returns when all have. */
  void runToTheirEnd(List<String> ids) {
    inParallel(ids, id -> call(Method.POST, "/containers/" + id + "/start", null));
    inParallel(ids, id -> call(Method.POST, "/containers/" + id + "/wait", null));
  }

  /** The Engine's version and its storage driver. */
  String describe() {
    String info = call(Method.GET, "/info", null);
    return "Docker Engine " + text(info, "ServerVersion") + ", " + text(info, "Driver");
  }

  private String inspect(String id) {
    return call(Method.GET, "/containers/" + id + "/json", null);
  }

  private String delete(String id) {
    return call(Method.DELETE, "/containers/" + id, null);
  }

  private <A, B> List<B> inParallel(List<A> all, Function<A, B> call) {
    List<CompletableFuture<B>> calls =
        all.stream()
            .map(each -> CompletableFuture.supplyAsync(() -> call.apply(each), threads))
            .toList();
    return calls.stream().map(CompletableFuture::join).toList();
  }

  private String call(Method method, String path, @Nullable String body) {
    DockerHttpClient.Request.Builder request =
        DockerHttpClient.Request.builder().method(method).path(path);
    if (body != null) {
      request.putHeader("Content-Type", "application/json").bodyBytes(body.getBytes(UTF_8));
    }
    try (DockerHttpClient.Response response = client.execute(request.build());
        InputStream answer = response.getBody()) {
      String text = new String(answer.readAllBytes(), UTF_8);
      if (response.getStatusCode() / 100 != 2) {
        throw new IllegalStateException(method + " " + path + ": " + text);
      }
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(method + " " + path, e);
    }
  }

  private static String text(String json, String field) {
    try {
      JsonNode found = JSON.readTree(json).path(field);
      return found.asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    threads.shutdownNow();
    client.close();
  }
}
