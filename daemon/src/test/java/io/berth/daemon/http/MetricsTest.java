package io.berth.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
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
        "berth_config_valid 1.0",
        "berth_breaker_tripped 0.0",
        "berth_event_log_up 1.0",
        "berth_journal_up 1.0",
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

  private java.util.List<String> lines() {
    return metrics.scrape().lines().toList();
  }
}
