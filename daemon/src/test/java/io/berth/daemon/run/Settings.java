package io.berth.daemon.run;

/** Configurations for tests: the real rules, with seconds instead of hours and without graces. */
public final class Settings {

  /** Enforces; created and stopped containers go after two seconds. */
  public static final String ENFORCE =
      """
      safety:
        mode: enforce
        startup_grace: 0s
        boot_grace: 0s
        breaker_share: 1
        engine_timeout: 15s
      schedules: {created-cleanup: every 1s, stale-cleanup: every 1s}
      policies: {created_container_timeout: 2s}
      defaults: {container_hold_after_stop: 2s, gpu_hold_after_stop: 2s}
      """;

  /** Enforces; a stopped container keeps its GPU for eight seconds, and stays for sixteen. */
  public static final String GPUS =
      """
      safety:
        mode: enforce
        startup_grace: 0s
        boot_grace: 0s
        breaker_share: 1
        engine_timeout: 15s
      schedules: {created-cleanup: every 1s, stale-cleanup: every 1s, gpu-release: every 1s, reconcile: every 1s}
      policies: {created_container_timeout: 4s}
      defaults: {container_hold_after_stop: 16s, gpu_hold_after_stop: 8s}
      """;

  /**
   * Enforces; who is idle for eight seconds is stopped, and looked at every second. The last
   * warning leaves its owner more than six seconds, however late it comes.
   */
  public static final String STOPS =
      """
      safety:
        mode: enforce
        startup_grace: 0s
        boot_grace: 0s
        breaker_share: 1
        engine_timeout: 10s
      schedules: {sample: every 1s, idle-stop: every 1s, max-runtime: every 1s, stale-cleanup: every 1s}
      policies: {grace_period: 2s, idle_warnings: [0.1, 0.2], runtime_warnings: [0.1, 0.2], sigterm_grace: 3s, cpu_idle_threshold: 8}
      container_types: {docker: {idle_timeout: 8s}}
      notifications: {terminal: false}
      """;

  private Settings() {}
}
