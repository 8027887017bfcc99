package io.berth.jobs.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscription to the Engine's events, on a thread of its own, that opens the stream again
 * whenever it breaks.
 *
 * <p>The Engine replays what it still has (its last 256 events, none after its restart) from a
 * moment on. That moment is put a little before the last event seen, since events can come slightly
 * out of order; what was seen already is left out.
 */
final class EventStream implements Engine.Subscription {

  /** How the stream is opened. */
  interface Source {

    /** The Engine's clock. */
    Instant now() throws EngineException;

    /** The stream, open: the answer's head is there. To be closed by the caller. */
    DockerHttpClient.Response open(Instant since) throws EngineException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
  private static final ObjectReader JSON = new ObjectMapper().readerFor(JsonNode.class);
  private static final Duration OVERLAP = Duration.ofSeconds(2);
  private static final Duration FIRST_DELAY = Duration.ofMillis(100);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(5);
  private static final int REMEMBERED = 1024;

  private record Seen(Instant at, String containerId, String action) {}

  private final Source source;
  private final Engine.EventListener listener;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(task -> Lane.daemonThread("berth-events", task));
  private final Set<Seen> seen =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Seen, Boolean> eldest) {
              return size() > REMEMBERED;
            }
          });

  private volatile boolean closed;
  // All below is the thread's alone.
  private @Nullable Instant since;
  private boolean lossReported;
  private Duration delay = FIRST_DELAY;

  EventStream(Source source, @Nullable Instant since, Engine.EventListener listener) {
    this.source = source;
    this.since = since;
    this.listener = listener;
  }

  void start() {
    thread.execute(this::follow);
  }

  private void follow() {
    try (DockerHttpClient.Response response = open();
        InputStream body = response.getBody()) {
      lossReported = false;
      tell("connected", listener::connected);
      read(body);
      lost("the Engine ended the stream of events");
    } catch (EngineException e) {
      lost(e.getMessage());
    } catch (IOException e) {
      lost("the stream of events broke: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      LOG.error("the stream of events failed; it is opened again", e);
      lost("the stream of events failed: " + e);
    }
    if (!closed) {
      var unused = thread.schedule(this::follow, delay.toMillis(), TimeUnit.MILLISECONDS);
      delay = longer(delay);
    }
  }

  private DockerHttpClient.Response open() throws EngineException {
    Instant from = since;
    if (from == null) {
      // The Engine answers a moment before it subscribes us. Asking from its own now on closes the
      // gap.
      from = source.now();
      since = from;
    }
    return source.open(from);
  }

  private static Duration longer(Duration delay) {
    Duration twice = delay.multipliedBy(2);
    return twice.compareTo(LONGEST_DELAY) < 0 ? twice : LONGEST_DELAY;
  }

  private void read(InputStream body) throws IOException, EngineException {
    MappingIterator<JsonNode> events = JSON.readValues(body);
    while (!closed && events.hasNextValue()) {
      Engine.Event event = event(Fields.object("an event", events.nextValue()));
      delay = FIRST_DELAY;
      if (seen.add(new Seen(event.at(), event.containerId(), event.action()))) {
        advance(event.at().minus(OVERLAP));
        tell("event " + event, () -> listener.event(event));
      }
    }
  }

  private void advance(Instant to) {
    if (since == null || to.isAfter(since)) {
      since = to;
    }
  }

  /** Actions are stripped: an exec without arguments has a space at its end. */
  static Engine.Event event(Fields json) throws EngineException {
    Fields actor = json.object("Actor");
    Instant at = Instant.ofEpochSecond(0, json.longInteger("timeNano"));
    return new Engine.Event(
        at, actor.text("ID"), json.text("Action").strip(), Map.copyOf(actor.textMap("Attributes")));
  }

  /** Tells the listener once for a loss, however many attempts to connect fail after it. */
  private void lost(String why) {
    if (!lossReported) {
      lossReported = true;
      tell("disconnected", () -> listener.disconnected(why));
    }
  }

  /** A listener that fails must not end the stream. */
  private void tell(String what, Runnable call) {
    if (closed) {
      return;
    }
    try {
      call.run();
    } catch (RuntimeException e) {
      LOG.error("a listener failed at '{}' of the Engine's events", what, e);
    }
  }

  /** The interrupt ends a read at once. A call of the listener that is under way ends by itself. */
  @Override
  public void close() {
    closed = true;
    thread.shutdownNow();
  }
}
