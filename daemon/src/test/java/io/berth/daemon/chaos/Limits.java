package io.berth.daemon.chaos;

import java.time.Duration;

/** The limits that the daemon runs with, and that the verdict holds it to. */
final class Limits {

  static final Duration CREATED = Duration.ofSeconds(6);
  static final Duration ENDED = Duration.ofSeconds(6);
  static final Duration IDLE = Duration.ofSeconds(14);

  /** From the first warning to the stop: (1 - first share) x {@link #IDLE}. */
  static final Duration NOTICE = Duration.ofSeconds(7);

  static final String YAML =
      """
      safety: {mode: enforce, startup_grace: 0s, boot_grace: 0s, breaker_share: 1, engine_timeout: 5s}
      schedules:
        created-cleanup: every 1s
        stale-cleanup: every 1s
        sample: every 1s
        idle-stop: every 1s
        max-runtime: every 1s
        gpu-release: every 1s
        reconcile: every 5s
      policies:
        created_container_timeout: 6s
        grace_period: 2s
        idle_warnings: [0.5, 0.75]
        sigterm_grace: 3s
        cpu_idle_threshold: 8
      defaults: {container_hold_after_stop: 6s, gpu_hold_after_stop: 3s}
      container_types: {docker: {idle_timeout: 14s}}
      notifications: {terminal: false}
      """;

  private Limits() {}
}
