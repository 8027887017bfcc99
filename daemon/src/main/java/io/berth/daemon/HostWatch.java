package io.berth.daemon;

import io.berth.jobs.HostState;
import io.berth.jobs.host.EngineStart;
import io.berth.jobs.host.HostFacts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host's boot and the Engine's start, read anew at each look: an answer kept for seconds would
 * miss a restart of the Engine, and the kernel counts both back from the present wall clock, so
 * they move when that is set.
 */
final class HostWatch implements Supplier<HostState> {

  private static final Logger log = LoggerFactory.getLogger(HostWatch.class);

  private final HostFacts facts;
  private final EngineStart engineStart;
  private final @Nullable String socket;

  /**
   * @param engine the Engine's address; the process of one that is on another host is not looked
   *     for
   * @throws IOException if procfs can't be read
   */
  HostWatch(Path proc, URI engine) throws IOException {
    this.facts = new HostFacts(proc);
    this.engineStart = new EngineStart(proc);
    this.socket = "unix".equals(engine.getScheme()) ? engine.getPath() : null;
    read();
  }

  @Override
  public synchronized HostState get() {
    try {
      return read();
    } catch (IOException e) {
      log.warn("the host's boot and the Engine's start can't be read: {}", e.getMessage());
      throw new UncheckedIOException(e);
    }
  }

  private HostState read() throws IOException {
    Instant start = socket == null ? null : engineStart.find(socket).orElse(null);
    return new HostState(facts.bootId(), facts.bootTime(), start);
  }
}
