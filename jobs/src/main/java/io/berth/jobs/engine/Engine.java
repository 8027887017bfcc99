package io.berth.jobs.engine;

import io.berth.jobs.container.Container;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Docker Engine, narrowed to what Berth does with it. Every call ends by its deadline ({@code
 * safety.engine_timeout}; a stop gets its grace on top). Safe for use by several threads.
 */
public interface Engine extends AutoCloseable {

  /**
   * What the Engine says of itself.
   *
   * @param id the same for the same data root, across restarts
   * @param version such as {@code 20.10.24}
   * @param apiVersion the one in use
   */
  record Info(String id, String version, String apiVersion) {}

  /** One line of {@code GET /containers/json?all=1}. */
  record Summary(
      String id, String name, String image, Container.State state, Map<String, String> labels) {}

  /**
   * What came of an act.
   *
   * @param detail the Engine's words where it was refused or failed, else empty
   */
  record ActResult(Kind kind, String detail) {

    /** The outcomes an act can have. */
    public enum Kind {
      /** Done now. */
      DONE,
      /** It was so already: 304. */
      ALREADY,
      /** There is no such container: 404. */
      GONE,
      /** The Engine refused because of the container's state, or does it already: 409. */
      REFUSED,
      /**
       * An error, an unreachable Engine, or no answer by the deadline: whether it was done is not
       * known.
       */
      FAILED
    }
  }

  /**
   * One event of the Engine's stream.
   *
   * @param action such as {@code create}, {@code start}, {@code die}, {@code kill}, {@code
   *     exec_start: bash}
   * @param attributes such as {@code exitCode}, {@code signal}; the container's labels are among
   *     them
   */
  record Event(Instant at, String containerId, String action, Map<String, String> attributes) {}

  /** Receives the stream; called by one thread at a time, never concurrently. */
  interface EventListener {

    /** The stream was (re-)opened: whatever happened before it may have been missed. */
    void connected();

    void event(Event event);

    /**
     * The stream broke, or could not be opened at first; {@link #connected} follows when it is
     * there. Told once for each loss, however long it lasts. Not called by {@link
     * Subscription#close}.
     */
    void disconnected(String why);
  }

  /** A running subscription. */
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  Info info() throws EngineException;

  /**
   * Asks for a word on a new connection. An Engine that shuts down takes none any more before it
   * stops its containers, but goes on answering on those that are open (moby, {@code
   * cmd/dockerd/daemon.go}): so whatever ended before this call was not ended by its shutdown.
   *
   * @throws EngineException if it takes no new connection, or gives no answer
   */
  void ping() throws EngineException;

  /** Every container, stopped ones too. */
  List<Summary> list() throws EngineException;

  /** Empty where there is no such container. */
  Optional<Container> inspect(String id) throws EngineException;

  /** Removes a stopped or created container: without force, without its volumes. Never throws. */
  ActResult remove(String id);

  /**
   * SIGTERM, then SIGKILL by the Engine after {@code grace}. Returns when it is over. Never throws.
   */
  ActResult stop(String id, Duration grace);

  /** Never throws. */
  ActResult pause(String id);

  /** Never throws. */
  ActResult unpause(String id);

  /**
   * Follows the events of containers, reconnecting with back-off until closed.
   *
   * @param since events from that moment on are replayed first; null: from now
   */
  Subscription subscribe(@Nullable Instant since, EventListener listener);

  @Override
  void close();
}
