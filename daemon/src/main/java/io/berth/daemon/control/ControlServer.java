package io.berth.daemon.control;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control socket: HTTP/1.1 and JSON on a Unix socket. Everything a client can ask for is
 * bounded: the size of a request, the time it takes to come, connections, and what is in hand.
 */
public final class ControlServer implements AutoCloseable {

  private static final int THREADS = 16;
  private static final int LARGEST_HEADER = 8 * 1024;
  private static final int WAITING_CONNECTIONS = 128;
  private static final long SILENCE_MILLIS = 15_000;

  /** Of a connection, whatever it does: a byte now and then is no silence. */
  private static final Duration LIFE = Duration.ofMinutes(5);

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

  private final Server server;
  private final Peers peers;
  private final Work work = new Work();

  private ControlServer(
      Path socket,
      Supplier<String> adminGroup,
      InstantSource clock,
      List<Route> routes,
      Duration life)
      throws IOException {
    QueuedThreadPool threads = new QueuedThreadPool(THREADS, 2, 10_000);
    threads.setName("control-io");
    threads.setDaemon(true);
    server = new Server(threads);
    peers = new Peers();
    Connections connections =
        new Connections(server, peers, new HttpConnectionFactory(configuration()), life);
    connections.setUnixDomainPath(socket.toAbsolutePath());
    connections.setAcceptQueueSize(WAITING_CONNECTIONS);
    connections.setIdleTimeout(SILENCE_MILLIS);
    server.addConnector(connections);
    server.setHandler(
        new Entrance(connections, new AdminGroup(adminGroup, clock), new Router(routes), work));
    server.setErrorHandler(new Problems());
  }

  private static HttpConfiguration configuration() {
    HttpConfiguration http = new HttpConfiguration();
    http.setRequestHeaderSize(LARGEST_HEADER);
    http.setSendServerVersion(false);
    http.setSendDateHeader(false);
    return http;
  }

  /**
   * Makes room for the socket: removes one that nobody listens on any more.
   *
   * @throws IOException if another daemon listens there, or it is no socket; the message says what
   *     to do
   */
  public static void clear(Path socket) throws IOException {
    new SocketFile(socket).clear();
  }

  /**
   * Listens.
   *
   * @throws IOException if it can't listen there; the message says why
   */
  public static ControlServer start(Path socket, ControlParts parts) throws IOException {
    return start(
        socket,
        () -> parts.book().get().daemon().adminGroup(),
        parts.clock(),
        ControlRoutes.of(parts),
        LIFE);
  }

  /**
   * @param life of a connection, at most
   */
  static ControlServer start(
      Path socket,
      Supplier<String> adminGroup,
      InstantSource clock,
      List<Route> routes,
      Duration life)
      throws IOException {
    SocketFile file = new SocketFile(socket);
    file.clear();
    ControlServer control = new ControlServer(socket, adminGroup, clock, routes, life);
    try {
      control.server.start();
      file.open(adminGroup.get());
      return control;
    } catch (Exception e) {
      control.close();
      throw new IOException("daemon.socket: can't listen on " + socket + ": " + e.getMessage(), e);
    }
  }

  /** Ends at once, and removes the socket; answers in hand are cut off. */
  @Override
  public void close() {
    try {
      server.setStopTimeout(0);
      server.stop();
    } catch (Exception e) {
      LOG.warn("the control socket did not end in good order", e);
    }
    work.close();
    peers.close();
  }

  /** What Jetty itself refuses, such as a request that is no HTTP, is a problem as well. */
  private static final class Problems extends ErrorHandler {

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      int status = response.getStatus() < 400 ? 500 : response.getStatus();
      Object message = request.getAttribute(ERROR_MESSAGE);
      Answer.problem(
              status,
              status == 500 ? Refusal.Code.FAILED.word() : Refusal.Code.BAD_REQUEST.word(),
              message == null ? HttpStatus.getMessage(status) : message.toString())
          .send(response, callback);
      return true;
    }
  }
}
