package io.berth.jobs.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server on a Unix socket that answers as it was told, badly if need be. It says of itself
 * that it is an Engine with API 1.41, unless told otherwise.
 */
final class FakeDocker implements AutoCloseable {

  /** One answer. */
  interface Reply {
    /** Returns whether the connection is to be kept for the next request. */
    boolean write(Wire wire) throws IOException, InterruptedException;
  }

  /** What a reply can do. */
  final class Wire {
    private final OutputStream out;

    private Wire(OutputStream out) {
      this.out = out;
    }

    void text(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    /** One chunk of a chunked answer. */
    void chunk(String text) throws IOException {
      int length = text.getBytes(StandardCharsets.UTF_8).length;
      text(Integer.toHexString(length) + "\r\n" + text + "\r\n");
    }

    /** Waits, or ends the connection where the test is over first. */
    void pause(Duration time) throws IOException, InterruptedException {
      if (closed.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("the test is over");
      }
    }

    void awaitClose() throws InterruptedException {
      closed.await();
    }
  }

  private final Path folder;
  private final ServerSocketChannel server;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<String, Queue<Reply>> replies = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Queue<SocketChannel> connections = new ConcurrentLinkedDeque<>();

  FakeDocker() throws IOException {
    folder = Files.createTempDirectory("berth-fake");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket()));
    on("GET /version", version("1.12", "1.41"));
    Lane.daemonThread("fake-docker", this::accept).start();
  }

  private Path socket() {
    return folder.resolve("docker.sock");
  }

  URI host() {
    return URI.create("unix://" + socket());
  }

  /**
   * What to answer to requests whose method and path, without the version, start with this: each
   * takes the next reply, the last one stays.
   */
  FakeDocker on(String methodAndPath, Reply... answers) {
    replies.put(methodAndPath, new ArrayDeque<>(List.of(answers)));
    return this;
  }

  /** Method and path with version of what was asked so far. */
  List<String> requests() {
    return requests;
  }

  /** How many clients are connected. Writes a blank chunk to each to find out. */
  long openConnections() {
    return connections.stream().filter(FakeDocker::isOpen).count();
  }

  private static boolean isOpen(SocketChannel connection) {
    try {
      connection.write(ByteBuffer.wrap("1\r\n \r\n".getBytes(StandardCharsets.UTF_8)));
      return connection.isOpen();
    } catch (IOException e) {
      return false;
    }
  }

  static Reply version(String oldest, String newest) {
    return json(
        200,
        """
        {"Version": "20.10.24", "ApiVersion": "%s", "MinAPIVersion": "%s"}"""
            .formatted(newest, oldest));
  }

  static Reply json(int status, String body) {
    return wire -> {
      int length = body.getBytes(StandardCharsets.UTF_8).length;
      wire.text("HTTP/1.1 " + status + " Whatever\r\nContent-Type: application/json\r\n");
      wire.text(
          status == 204 || status == 304
              ? "\r\n"
              : "Content-Length: " + length + "\r\n\r\n" + body);
      return true;
    };
  }

  /** Takes the request and never says a word. */
  static Reply silence() {
    return wire -> {
      wire.awaitClose();
      return false;
    };
  }

  /** Closes without an answer. */
  static Reply hangUp() {
    return wire -> false;
  }

  /** Announces more than it sends, then closes. */
  static Reply half(String body) {
    return wire -> {
      wire.text("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body);
      return false;
    };
  }

  /** Opens a stream, sends these chunks, and ends it. */
  static Reply streamThatEnds(String... chunks) {
    return stream(false, chunks);
  }

  /** Opens a stream, sends these chunks, and stays open. */
  static Reply streamThatStays(String... chunks) {
    return stream(true, chunks);
  }

  private static Reply stream(boolean stays, String... chunks) {
    return wire -> {
      wire.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (String chunk : chunks) {
        wire.chunk(chunk);
      }
      if (stays) {
        wire.awaitClose();
      } else {
        wire.text("0\r\n\r\n");
      }
      return false;
    };
  }

  private void accept() {
    try {
      while (closed.getCount() > 0) {
        SocketChannel connection = server.accept();
        connections.add(connection);
        Lane.daemonThread("fake-docker-connection", () -> serve(connection)).start();
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(connection), StandardCharsets.UTF_8));
      Wire wire = new Wire(Channels.newOutputStream(connection));
      String request = head(in);
      while (request != null && reply(request).write(wire)) {
        request = head(in);
      }
    } catch (IOException | InterruptedException e) {
      // The client left, or the test is over.
    }
  }

  /** Reads a request, which has no body; null at the end. */
  private @Nullable String head(BufferedReader in) throws IOException {
    String first = in.readLine();
    String line = first;
    while (line != null && !line.isEmpty()) {
      line = in.readLine();
    }
    if (first == null) {
      return null;
    }
    String request = first.substring(0, first.lastIndexOf(' '));
    requests.add(request);
    return request.replaceFirst(" /v[0-9.]+/", " /");
  }

  private Reply reply(String request) {
    for (Map.Entry<String, Queue<Reply>> entry : replies.entrySet()) {
      if (request.startsWith(entry.getKey())) {
        Queue<Reply> queue = entry.getValue();
        synchronized (queue) {
          return queue.size() > 1 ? queue.remove() : queue.element();
        }
      }
    }
    return json(404, "{\"message\": \"page not found\"}");
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      server.close();
      for (SocketChannel connection : connections) {
        connection.close();
      }
      Files.delete(socket());
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
