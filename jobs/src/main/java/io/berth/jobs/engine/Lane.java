package io.berth.jobs.engine;

import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import io.berth.jobs.engine.EngineException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Threads and connections to the Engine that one kind of call has to itself, so that calls of
 * another kind that hang cannot use them up.
 *
 * <p>The transport has no deadline on a Unix socket. A call therefore runs on a thread of the lane
 * while its caller waits only so long; the interrupt that follows closes the connection and frees
 * the thread. Where all threads hang, a caller still gets its answer, TIMEOUT, by its own deadline.
 */
final class Lane implements AutoCloseable {

  /** What the Engine answered. */
  record Answer(int status, String body) {

    /** Whether it is a 2xx. */
    boolean ok() {
      return status / 100 == 2;
    }
  }

  /** Whether connections are used again. */
  enum Reuse {
    POOLED,
    /**
     * Every call on a new one. A pooled connection may have been broken by a restart of the Engine,
     * and whether a request that was sent on it arrived is not known: bad for an act.
     */
    NEVER
  }

  private static final Duration IDLE_THREAD = Duration.ofSeconds(60);

  private final URI host;
  private final Reuse reuse;
  private final DockerHttpClient client;
  private final ThreadPoolExecutor threads;

  /**
   * @param name of its threads
   * @param size how many calls may be under way at once
   */
  Lane(String name, URI host, int size, Reuse reuse) {
    this.host = host;
    this.reuse = reuse;
    client =
        new ZerodepDockerHttpClient.Builder()
            .dockerHost(host)
            .sslConfig(NoTls::new)
            .maxConnections(size)
            .build();
    threads =
        new ThreadPoolExecutor(
            size,
            size,
            IDLE_THREAD.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> daemonThread(name, task));
    threads.allowCoreThreadTimeOut(true);
  }

  static Thread daemonThread(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Runs a call, which may {@link #send}, to its end or to the deadline.
   *
   * @param what is asked of the Engine, for the error's text
   */
  <T> T within(Duration deadline, String what, Callable<T> call) throws EngineException {
    FutureTask<T> task = new FutureTask<>(call);
    try {
      threads.execute(task);
      return task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new EngineException(
          Kind.TIMEOUT,
          "%s: the Engine at %s gave no answer within %d ms; does 'docker ps' answer?"
              .formatted(what, host, deadline.toMillis()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException(Kind.TIMEOUT, what + ": interrupted before the Engine answered", e);
    } catch (RejectedExecutionException e) {
      throw new EngineException(Kind.UNREACHABLE, what + ": this connection was closed", e);
    } catch (ExecutionException e) {
      throw failure(what, e.getCause() == null ? e : e.getCause());
    } finally {
      task.cancel(true);
      threads.remove(task);
    }
  }

  private EngineException failure(String what, Throwable cause) {
    if (cause instanceof EngineException known) {
      return known;
    }
    if (cause instanceof IOException) {
      return new EngineException(
          Kind.UNREACHABLE,
          "%s: the Engine at %s cannot be reached: %s; is it running, and is this the right address?"
              .formatted(what, host, cause.getMessage()),
          cause);
    }
    return new EngineException(Kind.ERROR, what + ": " + cause, cause);
  }

  /** Sends a request and reads the whole answer. Blocks; to be called inside {@link #within}. */
  Answer send(DockerHttpClient.Request.Method method, String path) throws IOException {
    try (DockerHttpClient.Response response = open(method, path)) {
      return read(response);
    }
  }

  static Answer read(DockerHttpClient.Response response) throws IOException {
    try (InputStream body = response.getBody()) {
      return new Answer(
          response.getStatusCode(), new String(body.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** Sends a request; the answer's body is the caller's to read and to close. */
  DockerHttpClient.Response open(DockerHttpClient.Request.Method method, String path)
      throws IOException {
    try {
      return client.execute(
          DockerHttpClient.Request.builder()
              .method(method)
              .path(path)
              .putAllHeaders(reuse == Reuse.NEVER ? Map.of("Connection", "close") : Map.of())
              .build());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (RuntimeException e) {
      // How the transport reports an IOException.
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    try {
      client.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the connections to " + host, e);
    }
  }
}
