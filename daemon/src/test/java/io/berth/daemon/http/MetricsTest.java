package io.berth.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceState;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {

  private final FakeVitals vitals = new FakeVitals();
  private final Metrics metrics =
      new Metrics("1.2.3", () -> Instant.parse("2026-11-03T12:00:00.500Z"));

  MetricsTest() {
    metrics.watch(vitals);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "berth_engine_up 1.0",
        "berth_nvml_up 0.0",
        "berth_devices{state=\"ceded\"} 0.0",
        "berth_gpueq{state=\"conflict\"} 0.0",
        "berth_config_valid 1.0",
        "berth_breaker_tripped 0.0",
        "berth_event_log_up 1.0",
        "berth_journal_up 1.0",
        "berth_orphan_processes 3.0",
        "berth_owners_over_quota 2.0",
        "berth_mode{mode=\"observe\"} 1.0",
        "berth_mode{mode=\"enforce\"} 0.0",
        "berth_build_info{version=\"1.2.3\"} 1",
        "berth_containers{state=\"exited\",type=\"devcontainer\"} 0.0",
      })
  void the_names_are_those_of_the_design(String line) {
    assertThat(lines()).contains(line);
  }

  @Test
  void gauges_follow_what_they_watch() {
    vitals.engineUp = false;
    vitals.containers =
        Map.of(new Vitals.StateAndType(Container.State.EXITED, ContainerType.DEVCONTAINER), 4);

    assertThat(lines())
        .contains("berth_engine_up 0.0")
        .contains("berth_containers{state=\"exited\",type=\"devcontainer\"} 4.0");

    vitals.containers = Map.of();
    assertThat(lines()).contains("berth_containers{state=\"exited\",type=\"devcontainer\"} 0.0");
  }

  @Test
  void devices_are_counted_by_state() {
    vitals.devices = Map.of(DeviceState.HELD, new Vitals.Share(2, 1.5));

    assertThat(lines())
        .contains("berth_devices{state=\"held\"} 2.0")
        .contains("berth_gpueq{state=\"held\"} 1.5")
        .contains("berth_devices{state=\"free\"} 0.0");
  }

  @Test
  void devices_are_shown_with_what_they_are() {
    metrics.devices(List.of(device("GPU-a", "0", null), device("MIG-b", "1:0", "1g.10gb")));
    metrics.devices(List.of(device("MIG-b", "1:0", "1g.10gb"), device("MIG-c", "1:1", null)));

    assertThat(lines().stream().filter(line -> line.startsWith("berth_device_info")))
        .containsExactlyInAnyOrder(
            "berth_device_info{gpu=\"1:0\",profile=\"1g.10gb\",uuid=\"MIG-b\"} 1",
            "berth_device_info{gpu=\"1:1\",profile=\"unknown\",uuid=\"MIG-c\"} 1");
  }

  @Test
  void exclusive_claims_are_shown_with_their_owner_until_they_end() {
    Claim active = claim("GPU-a", "1", Claim.State.ACTIVE);
    metrics.claims(
        List.of(
            active,
            claim("GPU-a", "2", Claim.State.HELD),
            claim("GPU-b", "3", Claim.State.SHARED)));
    assertThat(lines().stream().filter(line -> line.startsWith("berth_device_allocated")))
        .containsExactly(
            "berth_device_allocated{owner=\"alice\",type=\"docker\",uuid=\"GPU-a\"} 1.0");

    metrics.claims(List.of());
    assertThat(metrics.scrape()).doesNotContain("berth_device_allocated{");
  }

  private static Device device(String uuid, String index, @Nullable String profile) {
    return new Device(uuid, index, "GPU", null, profile, 7, 1, Device.Health.OK, null, null);
  }

  private static Claim claim(String device, String holder, Claim.State state) {
    return new Claim(
        device, holder, "train", "alice", ContainerType.DOCKER, state, Instant.EPOCH, null);
  }

  @Test
  void sweeps_are_timed_and_only_good_ones_are_a_success() {
    metrics.sweepDone(JobName.SAMPLE, Duration.ofMillis(20), false);
    assertThat(metrics.scrape()).doesNotContain("berth_sweep_last_success");

    metrics.sweepDone(JobName.STALE_CLEANUP, Duration.ofMillis(1500), true);
    metrics.sweepDone(JobName.STALE_CLEANUP, Duration.ofMillis(500), true);

    assertThat(lines())
        .contains("berth_sweep_duration_seconds_count{job=\"sample\"} 1")
        .contains("berth_sweep_duration_seconds_count{job=\"stale-cleanup\"} 2")
        .contains("berth_sweep_duration_seconds_sum{job=\"stale-cleanup\"} 2.0")
        .contains("berth_sweep_duration_seconds_bucket{job=\"stale-cleanup\",le=\"1.0\"} 1")
        .contains(
            "berth_sweep_last_success_timestamp_seconds{job=\"stale-cleanup\"} 1.7937072005E9");
  }

  @Test
  void acts_and_what_was_held_back_are_counted() {
    metrics.act(JobName.STALE_CLEANUP, "remove", "hold_expired", "done");
    metrics.act(JobName.STALE_CLEANUP, "remove", "hold_expired", "done");
    metrics.heldBack(JobName.CREATED_CLEANUP, "boot_grace", 1);

    assertThat(lines())
        .contains(
            "berth_acts_total{action=\"remove\",job=\"stale-cleanup\",outcome=\"done\","
                + "reason=\"hold_expired\"} 2.0")
        .contains("berth_held_back_total{guard=\"boot_grace\",job=\"created-cleanup\"} 1.0");
  }

  @Test
  void the_process_is_shown_in_a_few_lines() {
    assertThat(metrics.scrape())
        .contains("jvm_memory_used_bytes{area=\"heap\"}")
        .contains("jvm_threads_live_threads ")
        .contains("process_files_open_files ")
        .contains("process_start_time_seconds ");
  }

  private List<String> lines() {
    return metrics.scrape().lines().toList();
  }
}
