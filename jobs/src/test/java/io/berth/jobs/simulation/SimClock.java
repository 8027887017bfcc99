package io.berth.jobs.simulation;

import io.berth.jobs.HostState;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;

/** The clocks of a simulated host. Real time is what passed: no step of the wall clock is in it. */
final class SimClock {

  private final Instant start;
  private Duration real = Duration.ZERO;
  private Duration steps = Duration.ZERO;
  private long nanos = 1_000_000_000L;
  private int boots = 1;
  private Duration booted = Duration.ofDays(-9);
  private Duration engineStarted = Duration.ofDays(-8);

  SimClock(Instant start) {
    this.start = start;
  }

  Instant wall() {
    return at(real);
  }

  /** What the wall clock, as it is set now, calls that moment. */
  Instant at(Duration moment) {
    return start.plus(moment).plus(steps);
  }

  Duration real() {
    return real;
  }

  /** When it was what the wall clock, as it is set now, calls that. */
  Duration realOf(Instant wall) {
    return Duration.between(start, wall).minus(steps);
  }

  long nanos() {
    return nanos;
  }

  void pass(Duration time) {
    real = real.plus(time);
    nanos += time.toNanos();
  }

  /** Whether so much time passed since then. */
  boolean passed(Duration since, Duration time) {
    return real.compareTo(since.plus(time)) >= 0;
  }

  static Duration latest(Duration... moments) {
    return Stream.of(moments).max(Duration::compareTo).orElseThrow();
  }

  void step(Duration by) {
    steps = steps.plus(by);
  }

  void engineStarts() {
    engineStarted = real;
  }

  Duration engineStarted() {
    return engineStarted;
  }

  void boot() {
    boots++;
    booted = real;
    nanos = 5_000_000_000L;
  }

  /** The kernel tells the boot, and what started since, by the wall clock as it is now. */
  HostState host() {
    return new HostState("boot-" + boots, at(booted), at(engineStarted));
  }
}
