package io.berth.jobs;

import io.berth.jobs.container.Container;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who was seen to signal which container, from the Engine's {@code kill} events: what tells a stop
 * by somebody from an end by itself. Bounded; what it forgot, or was not there to see, it does not
 * know.
 */
final class Signals {

  private static final int MOST = 10_000;

  private final Map<String, Instant> latest =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
          return size() > MOST;
        }
      };

  private @Nullable Instant watchingSince;

  /** The event stream is open. */
  synchronized void watching(Instant since) {
    watchingSince = since;
  }

  /** The event stream broke. */
  synchronized void blind() {
    watchingSince = null;
  }

  synchronized void signalled(String containerId, Instant at) {
    latest.remove(containerId);
    latest.put(containerId, at);
  }

  /** Whether somebody was seen to signal the container in its last life. */
  synchronized boolean wasSignalled(Container container) {
    Instant at = latest.get(container.id());
    Instant started = container.startedAt();
    return at != null && started != null && !at.isBefore(started);
  }

  /**
   * Whether the event stream was open when the container's last life ended, and ever since. A life
   * that ended before it began had a step of the clock in it, and no stamp of it says anything.
   */
  synchronized boolean sawTheEndOf(Container container) {
    Instant started = container.startedAt();
    Instant finished = container.finishedAt();
    return watchingSince != null
        && started != null
        && finished != null
        && !finished.isBefore(started)
        && !watchingSince.isAfter(finished);
  }
}
