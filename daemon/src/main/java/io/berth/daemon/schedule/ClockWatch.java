package io.berth.daemon.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A comparison of the wall clock with the monotonic one: says when, and by how much, they moved
 * apart since it was last asked. Not safe for several threads.
 */
final class ClockWatch {

  private final Duration tolerance;
  private Instant wall;
  private long nanos;

  ClockWatch(Duration tolerance, Instant wall, long nanos) {
    this.tolerance = tolerance;
    this.wall = wall;
    this.nanos = nanos;
  }

  /**
   * How far the wall clock jumped, negative for a step back; empty within the tolerance.
   *
   * @param nanos of {@link System#nanoTime}, read together with {@code wall}
   */
  Optional<Duration> jump(Instant wall, long nanos) {
    Duration apart = Duration.between(this.wall, wall).minusNanos(nanos - this.nanos);
    this.wall = wall;
    this.nanos = nanos;
    return apart.abs().compareTo(tolerance) > 0 ? Optional.of(apart) : Optional.empty();
  }
}
