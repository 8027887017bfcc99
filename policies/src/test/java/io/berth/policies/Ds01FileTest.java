package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A file of ds01 loads as it is: every key that its own has, and what Berth makes of them. */
class Ds01FileTest {

  private static final String FILE =
      """
      defaults:
        max_mig_instances: 3
        max_mig_per_container: 3
        allow_full_gpu: false
        max_cpus: 32
        memory: 32g
        memory_swap: 32g
        shm_size: 16g
        pids_limit: 4096
        max_containers_per_user: 3
        max_runtime: 24h
        idle_timeout: 0.5h
        gpu_hold_after_stop: 0.25h
        container_hold_after_stop: 0.5h
        max_tasks: 32768
      default_group: student
      enforcement: {aggregate_limits: true, cgroup_driver: systemd}
      groups:
        student:
          aggregate: {cpu_quota: "9600%", memory_max: 96G, tasks_max: 12288, gpu_limit: 3}
          policies:
            gpu_idle_threshold: 5
            cpu_idle_threshold: 2.0
            network_idle_threshold: 1048576
            idle_detection_window: 4
        admin: {max_mig_per_container: null, max_mig_instances: null, max_tasks: null}
      gpu_allocation: {mig_instances_per_gpu: 4}
      policies:
        high_demand_threshold: 0.8
        high_demand_idle_reduction: 0.5
        gpu_idle_threshold: 5
        cpu_idle_threshold: 2.0
        network_idle_threshold: 1048576
        idle_detection_window: 3
        grace_period: 30m
        keepalive_max_duration: 24h
        sigterm_grace_seconds: 90
        gpu_hold_after_manual_stop: 15m
        created_container_timeout: 30m
      container_types:
        devcontainer:
          idle_timeout: null
          max_runtime: 168h
          sigterm_grace_seconds: 30
          default_mig_count: {student: 1, admin: null}
        compose: {idle_timeout: 30m, sigterm_grace_seconds: 45, default_mig_count: {student: 1}}
        docker: {idle_timeout: 30m, max_runtime: 48h, sigterm_grace_seconds: 60}
        unknown: {idle_timeout: 15m, default_mig_count: {student: 1}}
      monitoring:
        infrastructure_containers: [ds01-prometheus, ds01-grafana]
        infrastructure_label: "ds01.protected"
      bare_metal_access: {exempt_users: [lab], default_grant_duration: 24h}
      access_control: {admin_users: [lab], wrapper: {enforcement_mode: full, debug_level: 0}}
      """;

  @Test
  void it_loads_with_notes_alone_and_berth_observes() {
    PolicyBook book = Texts.book(FILE);

    assertThat(Texts.problems(FILE))
        .allMatch(said -> said.contains(" is accepted and not used"))
        .isNotEmpty();
    assertThat(book.safety().mode()).isEqualTo(Mode.OBSERVE);
  }

  @Test
  void its_grace_is_read_in_seconds() {
    Limits limits = Texts.book(FILE).limitsFor("ann", ContainerType.ATOMIC);
    Limits devcontainer = Texts.book(FILE).limitsFor("ann", ContainerType.DEVCONTAINER);

    assertThat(limits.get(LimitKey.SIGTERM_GRACE)).isEqualTo(Duration.ofSeconds(90));
    assertThat(devcontainer.get(LimitKey.SIGTERM_GRACE)).isEqualTo(Duration.ofSeconds(30));
  }
}
