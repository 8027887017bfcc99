package io.berth.jobs.simulation;

import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** A configuration in short: the limits that the referee holds the daemon to. */
record Book(
    Pace pace,
    Duration created,
    Duration hold,
    Duration gpuHold,
    Duration interrupted,
    Duration idle,
    Duration runtime,
    boolean stopsIntruders,
    double breakerShare) {

  static final Duration PASSED = Duration.ofSeconds(10);
  static final Duration STARTUP = Duration.ofMinutes(1);
  static final double QUOTA = 2.0;
  static final int MOST_CONTAINERS = 3;
  static final double FIRST_IDLE = 0.8;
  static final double FIRST_RUNTIME = 0.75;
  static final int LEAST_STOPS = 3;
  static final int LEAST_REMOVALS = 10;

  /** Those that an admin puts in force. */
  static List<Book> all(Pace pace) {
    return List.of(
        of(pace, 30, 20, 10, 60, 20, 180, false, 0.5),
        of(pace, 12, 8, 5, 40, 10, 60, true, 1),
        of(pace, 45, 60, 30, 120, 40, 300, false, 0.5),
        of(pace, 20, 10, 15, 60, 15, 90, true, 0.3));
  }

  /** Under which everything that is due may go. */
  static Book atRest(Pace pace) {
    return of(pace, 12, 8, 5, 40, 10, 60, false, 1);
  }

  private static Book of(
      Pace pace,
      int created,
      int hold,
      int gpuHold,
      int interrupted,
      int idle,
      int runtime,
      boolean stops,
      double share) {
    return new Book(
        pace,
        pace.units(created),
        pace.units(hold),
        pace.units(gpuHold),
        pace.units(interrupted),
        pace.units(idle),
        pace.units(runtime),
        stops,
        share);
  }

  /** How long a keep-alive file holds. */
  Duration keepAlive() {
    return pace.units(60);
  }

  /** In which no idle clock runs. */
  Duration grace() {
    return pace.units(5);
  }

  /** A stopped GPU container stays at least as long as it holds its device. */
  Duration holdOf(Ship ship) {
    boolean holds = ship.container.gpus().any() && ship.habit != Habit.WRAPPED;
    return holds && gpuHold.compareTo(hold) > 0 ? gpuHold : hold;
  }

  PolicyBook parse() {
    PolicyLoader.Loaded loaded = PolicyLoader.parse("simulated.yaml", yaml());
    return Objects.requireNonNull(loaded.book(), () -> loaded.problems().toString());
  }

  String yaml() {
    return """
        safety:
          mode: enforce
          startup_grace: %s
          boot_grace: 0s
          breaker_share: %s
        policies:
          created_container_timeout: %s
          grace_period: %s
          keepalive_max_duration: %s
          two_state_settle: %s
          reservation_timeout: %s
          gpu_conflict: %s
        defaults:
          idle_timeout: %s
          max_runtime: %s
          gpu_hold_after_stop: %s
          container_hold_after_stop: %s
          interrupted_hold: %s
          max_gpu_equivalents: %s
          max_containers_per_user: %s
        %s"""
        .formatted(
            STARTUP,
            breakerShare,
            created,
            grace(),
            keepAlive(),
            PASSED,
            pace.units(12),
            stopsIntruders ? "stop" : "report",
            idle,
            runtime,
            gpuHold,
            hold,
            interrupted,
            QUOTA,
            MOST_CONTAINERS,
            pace.crontab() == null ? "" : pace.crontab().yaml());
  }
}
