package io.berth.jobs.activity;

import io.berth.jobs.gpu.Reading;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one look at a running container read: its counters as they stand.
 *
 * @param cpu microseconds of CPU time that it used so far
 * @param network bytes that it received and sent so far
 * @param gpu percent of the busiest of its devices since the last look
 * @param gpuMemory bytes that it holds; null where that is not known
 * @param inside what can only be read through its own file system
 */
record Look(Measure cpu, Measure network, Measure gpu, @Nullable Long gpuMemory, Inside inside) {

  /**
   * What its own files say; they may be on a mount that hangs.
   *
   * @param input when something was last typed into one of its terminals; empty where it has none
   * @param keepAlive the mtime of its keep-alive file; empty where there is none
   */
  record Inside(Reading<Optional<Instant>> input, Reading<Optional<Instant>> keepAlive) {

    static final Inside UNANSWERED = unknown("its file system has not answered yet");

    static Inside unknown(String why) {
      return new Inside(Reading.unknown(why), Reading.unknown(why));
    }

    /** When something was last typed into one of its terminals; null where nothing is seen. */
    @Nullable Instant typed() {
      return input.asOptional().flatMap(read -> read).orElse(null);
    }
  }
}
