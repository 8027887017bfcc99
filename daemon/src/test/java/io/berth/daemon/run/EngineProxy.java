package io.berth.daemon.run;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A socket in front of an Engine that can hold requests back, so that something can happen between
 * two of them. Each request that the daemon sends is one piece: none has a body.
 */
public final class EngineProxy implements AutoCloseable {

  /** Requests that are held back, until {@link #release}. */
  public final class Hold {
    private final Pattern requests;
    private final CountDownLatch caught = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    private Hold(Pattern requests) {
      this.requests = requests;
    }

    /** Whether one was caught within the time. */
    public boolean awaitCaught(long seconds) throws InterruptedException {
      return caught.await(seconds, TimeUnit.SECONDS);
    }

    /** One that was asked for since goes on holding. */
    public void release() {
      if (hold == this) {
        hold = null;
      }
      released.countDown();
    }
  }

  private final Path socket;
  private final UnixDomainSocketAddress engine;
  private final ServerSocketChannel server;
  private final Queue<SocketChannel> open = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Hold hold;

  /**
   * @param socket is made
   * @param engine the address of a real one, {@code unix://...}
   */
  public EngineProxy(Path socket, URI engine) throws IOException {
    this.socket = socket;
    this.engine = UnixDomainSocketAddress.of(engine.getPath());
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    background(this::accept);
  }

  public URI host() {
    return URI.create("unix://" + socket);
  }

  /** From now on requests whose first line has a match of that are held back. */
  public Hold hold(String requestLine) {
    Hold next = new Hold(Pattern.compile(requestLine));
    hold = next;
    return next;
  }

  private void accept() throws IOException {
    while (true) {
      SocketChannel client = server.accept();
      open.add(client);
      background(() -> serve(client));
    }
  }

  private void serve(SocketChannel client) throws IOException, InterruptedException {
    try (client;
        SocketChannel upstream = SocketChannel.open(engine)) {
      background(() -> copy(upstream, client));
      ByteBuffer piece = ByteBuffer.allocate(64 * 1024);
      while (client.read(piece) >= 0) {
        piece.flip();
        holdBack(StandardCharsets.ISO_8859_1.decode(piece.duplicate()).toString());
        write(upstream, piece);
        piece.clear();
      }
    }
  }

  private void holdBack(String request) throws InterruptedException {
    Hold now = hold;
    if (now != null && now.requests.matcher(request.lines().findFirst().orElse("")).find()) {
      now.caught.countDown();
      now.released.await();
    }
  }

  private static void copy(SocketChannel from, SocketChannel to) throws IOException {
    try (to) {
      ByteBuffer piece = ByteBuffer.allocate(64 * 1024);
      while (from.read(piece) >= 0) {
        write(to, piece.flip());
        piece.clear();
      }
    }
  }

  private static void write(SocketChannel to, ByteBuffer piece) throws IOException {
    while (piece.hasRemaining()) {
      to.write(piece);
    }
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  /** An end of a connection ends its thread, and needs no word. */
  private static void background(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException | InterruptedException over) {
                Thread.currentThread().interrupt();
              }
            },
            "engine-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    Hold now = hold;
    if (now != null) {
      now.release();
    }
    server.close();
    for (SocketChannel each : open) {
      each.close();
    }
  }
}
