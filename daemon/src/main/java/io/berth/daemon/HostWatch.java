package io.berth.daemon;

import io.berth.jobs.HostState;
import io.berth.jobs.host.EngineStart;
import io.berth.jobs.host.HostFacts;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host's boot and the Engine's start, read anew every few seconds and whenever the event stream
 * broke or came back: the kernel counts both back from the present wall clock, so they move when
 * that is set.
 */
final class HostWatch implements Supplier<HostState> {

  private static final long GOOD_FOR_NANOS = 5_000_000_000L;
  private static final Logger log = LoggerFactory.getLogger(HostWatch.class);

  private final HostFacts facts;
  private final EngineStart engineStart;
  private final @Nullable String socket;
  private final LongSupplier ticker;
  private @Nullable HostState latest;
  private long readAt;

  /**
   * @param engine the Engine's address; the process of one that is on another host is not looked
   *     for
   * @throws IOException if procfs can't be read
   */
  HostWatch(Path proc, URI engine, LongSupplier ticker) throws IOException {
    this.facts = new HostFacts(proc);
    this.engineStart = new EngineStart(proc);
    this.socket = "unix".equals(engine.getScheme()) ? engine.getPath() : null;
    this.ticker = ticker;
    this.latest = read();
  }

  @Override
  public synchronized HostState get() {
    HostState state = latest;
    if (state == null || ticker.getAsLong() - readAt > GOOD_FOR_NANOS) {
      try {
        state = read();
      } catch (IOException e) {
        log.warn("the host's boot and the Engine's start can't be read: {}", e.getMessage());
        throw new java.io.UncheckedIOException(e);
      }
      latest = state;
    }
    return state;
  }

  /** The Engine went away or is back: what was read of its start no longer counts. */
  synchronized void engineMayBeAnother() {
    latest = null;
  }

  private HostState read() throws IOException {
    readAt = ticker.getAsLong();
    Instant start = socket == null ? null : engineStart.find(socket).orElse(null);
    return new HostState(facts.bootId(), facts.bootTime(), start);
  }
}
