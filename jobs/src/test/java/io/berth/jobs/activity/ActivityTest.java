package io.berth.jobs.activity;

import static io.berth.jobs.rules.Idleness.State.ACTIVE;
import static io.berth.jobs.rules.Idleness.State.IDLE;
import static io.berth.jobs.rules.Idleness.State.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.ledger.LedgerException;
import io.berth.jobs.rules.Idleness;
import io.berth.policies.LimitKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps a container and what does not, from the files of the host to the answer. */
class ActivityTest {

  private static final long SECOND = 1_000_000; // of CPU time, in microseconds
  private static final long MIB = 1L << 20;

  @TempDir Path folder;
  private TestHost host;
  private Container train;

  @BeforeEach
  void oneContainer() {
    host = new TestHost(folder);
    train = host.runs("train");
    host.sample();
  }

  @AfterEach
  void close() {
    host.close();
  }

  private Idleness idleness() {
    return host.idleness(train);
  }

  private void isIdleSince(Instant since) {
    assertThat(idleness().state()).as(idleness().why()).isEqualTo(IDLE);
    assertThat(idleness().since()).isEqualTo(since);
  }

  @Test
  void what_does_nothing_is_idle_since_the_first_sample_once_the_window_agrees() {
    Instant first = host.now;

    host.samples(2);
    assertThat(idleness().state()).isEqualTo(UNKNOWN);

    host.samples(1);
    isIdleSince(first);
    host.samples(10);
    isIdleSince(first);
  }

  /** Of CPU time in 30 s, network bytes in 30 s, percent of the GPU. */
  @ParameterizedTest
  @CsvSource({
    "0,       0,       0,  IDLE",
    "300000,  5000,    0,  IDLE", // a Jupyter server that merely sits there
    "599999,  1048575, 4,  IDLE",
    "600000,  0,       0,  ACTIVE",
    "15000000,0,       0,  ACTIVE", // data loading: busy CPU, quiet GPU
    "0,       1048576, 0,  ACTIVE",
    "0,       0,       5,  ACTIVE",
    "0,       0,       100,ACTIVE",
  })
  void it_is_idle_below_all_thresholds_only(long cpu, long network, int gpu, String expected) {
    host.process(train.pid(), train);
    for (int i = 0; i < 3; i++) {
      host.counted(train, cpu, network);
      host.gpus.uses("GPU-0", train.pid(), gpu);
      host.samples(1);
    }

    assertThat(idleness().state()).as(idleness().why()).isEqualTo(Idleness.State.valueOf(expected));
  }

  @Test
  void a_burst_between_two_samples_counts() {
    host.samples(3);
    host.counted(train, 2 * SECOND, 0); // and it is quiet again long before the next sample
    host.samples(1);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
    Instant burst = host.now;
    host.samples(3);
    isIdleSince(burst);
  }

  @Test
  void a_burst_on_the_gpu_by_a_process_that_is_gone_again_counts() {
    host.samples(3);
    host.gpus.uses("GPU-0", 4711, 90);
    host.samples(1);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
    Instant burst = host.now;
    host.samples(3);
    isIdleSince(burst);
  }

  @Test
  void gpu_memory_that_is_merely_held_does_not_count_and_is_shown() {
    host.process(train.pid(), train);
    host.gpus.runs("GPU-0", train.pid(), GpuProcess.Kind.COMPUTE, 3L << 30);
    host.samples(3);

    assertThat(idleness().state()).isEqualTo(IDLE);
    assertThat(idleness().why()).contains("holds 3.0 GiB of GPU memory");
    assertThat(idleness().numbers()).containsEntry("gpu_memory_bytes", 3L << 30);
  }

  @Test
  void one_busy_device_of_several_keeps_it() {
    Container big =
        host.runs(Containers.running("big").startedAt(TestHost.START).pid(7), "GPU-1", "GPU-2");
    host.sample();
    host.samples(2);
    host.gpus.uses("GPU-2", big.pid(), 60);
    host.samples(1);

    assertThat(host.idleness(big).state()).isEqualTo(ACTIVE);
  }

  @Test
  void what_a_neighbour_does_on_the_same_gpu_does_not_keep_it() {
    Container other = host.runs("other");
    host.process(other.pid(), other);
    host.sample();
    for (int i = 0; i < 3; i++) {
      host.gpus.uses("GPU-0", other.pid(), 90);
      host.samples(1);
    }

    assertThat(idleness().state()).isEqualTo(IDLE);
    assertThat(host.idleness(other).state()).isEqualTo(ACTIVE);
  }

  @Test
  void nvml_that_fails_in_the_middle_makes_it_unknown_and_its_clock_begin_anew() {
    host.samples(5);
    host.gpus.fails("GPU is lost");
    host.samples(1);
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    assertThat(idleness().why()).contains("GPU is lost");

    host.gpus.fails(null);
    Instant back = host.now;
    host.samples(2);
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    host.samples(1);
    isIdleSince(back);
  }

  @Test
  void what_is_busy_is_active_even_while_nvml_fails() {
    host.gpus.fails("GPU is lost");
    host.counted(train, 20 * SECOND, 0);
    host.samples(1);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cgroup/docker/%s/cpu.stat", "proc/%s/net/dev"})
  void a_counter_that_can_not_be_read_is_unknown_and_not_zero(String file) {
    host.samples(5);
    String key = file.startsWith("proc") ? "" + train.pid() : train.id();
    host.delete(file.formatted(key));
    host.samples(3);

    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    assertThat(host.activity.blindSpots()).singleElement().asString().contains("1 of 1", "train");
  }

  @ParameterizedTest
  @ValueSource(strings = {"host", "container:abc"})
  void a_network_that_is_not_its_own_neither_keeps_nor_condemns(String mode) {
    Container shared =
        host.runs(
            Containers.running("shared").startedAt(TestHost.START).pid(7).networkMode(mode),
            "GPU-0");
    host.sample();
    for (int i = 0; i < 3; i++) {
      host.counted(shared, 0, 500 * MIB);
      host.samples(1);
    }

    assertThat(host.idleness(shared).state()).isEqualTo(IDLE);
    assertThat(host.idleness(shared).numbers())
        .containsEntry("network_bytes_per_30s", "not attributable");
    assertThat(host.idleness(shared).why()).contains("network not attributable;");
    host.counted(shared, 20 * SECOND, 0);
    host.samples(1);
    assertThat(host.idleness(shared).state()).isEqualTo(ACTIVE);
  }

  /** How a sidecar is of the container's network, and whether it really is in it. */
  @ParameterizedTest
  @CsvSource({
    "id,      RUNNING,    true",
    "name,    RUNNING,    true",
    "id,      PAUSED,     true",
    "id,      RESTARTING, true",
    "another, RUNNING,    true", // by way of one that joined it and is gone
    "id,      EXITED,     false",
    "id,      CREATED,    false",
    "before,  RUNNING,    false", // in the network of an earlier life
    "other,   RUNNING,    false",
  })
  void a_network_that_others_have_joined_neither_keeps_nor_condemns(
      String how, Container.State state, boolean joins) {
    host.samples(3);
    joinedBy(how, state);
    host.counted(train, 0, 500 * MIB);
    host.samples(1);
    Instant joined = host.now;
    assertThat(idleness().state()).as("not known to be quiet").isEqualTo(joins ? UNKNOWN : ACTIVE);
    for (int i = 0; i < 3; i++) {
      host.counted(train, 0, 500 * MIB);
      host.samples(1);
    }

    if (!joins) {
      assertThat(idleness().state()).isEqualTo(ACTIVE);
      return;
    }
    isIdleSince(joined);
    assertThat(idleness().numbers()).containsEntry("network_bytes_per_30s", "not attributable");
    host.counted(train, 20 * SECOND, 0);
    host.samples(1);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
  }

  private void joinedBy(String how, Container.State state) {
    String mode =
        switch (how) {
          case "another" -> "container:" + Containers.idOf("gone");
          case "other" -> "container:" + Containers.idOf("other");
          case "name" -> "container:train";
          default -> "container:" + train.id();
        };
    Instant started = how.equals("before") ? TestHost.START.minusSeconds(1) : host.now;
    Containers sidecar = Containers.running("sidecar").startedAt(started).networkMode(mode);
    host.others.add(sidecar.state(state).build());
    host.others.add(Containers.exited("gone").networkMode("container:" + train.id()).build());
  }

  @Test
  void a_network_is_its_own_again_when_those_that_joined_are_gone() {
    joinedBy("id", Container.State.RUNNING);
    host.samples(4);
    Instant joined = host.now.minus(TestHost.STEP.multipliedBy(3));
    host.counted(train, 0, 500 * MIB); // whose that was can't be told
    host.others.clear();

    assertThat(host.idlenessNow(train).state()).isEqualTo(IDLE);
    host.samples(1);
    isIdleSince(joined);
    host.samples(1);
    isIdleSince(joined);
    host.counted(train, 0, 500 * MIB);
    host.samples(1);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
  }

  @Test
  void a_shared_network_stays_so_over_restarts_of_daemon_and_container() {
    Container shared =
        host.runs(
            Containers.running("shared").startedAt(TestHost.START).pid(7).networkMode("host"),
            "GPU-0");
    host.sample();
    host.samples(2);
    host.restartDaemon();
    host.samples(1);
    Container again = host.restarts(shared, host.now, 1);
    host.counted(again, 0, 500 * MIB);
    host.samples(1);

    assertThat(host.idleness(again).state()).isEqualTo(IDLE);
  }

  @Test
  void one_whose_devices_can_not_be_told_is_unknown() {
    Container lost = host.runs(Containers.running("lost").startedAt(TestHost.START).pid(7));
    host.sample();
    host.samples(5);

    assertThat(host.idleness(lost).state()).isEqualTo(UNKNOWN);
  }

  // --- people

  @Test
  void a_docker_exec_spares_it_and_its_clock_begins_anew() {
    host.samples(5);
    Instant exec = host.now.minusSeconds(7);
    host.activity.executed(train.id(), exec);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
    assertThat(host.idlenessNow(train).state()).isEqualTo(ACTIVE);
    host.samples(2);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
    host.samples(1);
    isIdleSince(exec);
  }

  @Test
  void a_docker_exec_survives_a_crash_of_the_daemon_before_the_next_sample() {
    host.samples(5);
    host.activity.executed(train.id(), host.now);
    host.restartDaemon();

    assertThat(idleness().state()).isEqualTo(ACTIVE);
  }

  @Test
  void the_exec_of_its_health_check_is_known_as_such() {
    Container checked =
        Containers.from(train)
            .healthcheck("/bin/sh -c curl -f http://localhost/ || exit 1")
            .build();

    assertThat(Activity.isHealthcheck(checked, "/bin/sh -c curl -f http://localhost/ || exit 1"))
        .isTrue();
    assertThat(Activity.isHealthcheck(checked, "/bin/sh")).isFalse();
    assertThat(Activity.isHealthcheck(train, "")).isFalse();
  }

  @Test
  void input_in_a_terminal_counts_and_an_open_silent_one_does_not() {
    host.terminal(train, 0, TestHost.START);
    host.samples(4);
    assertThat(idleness().state()).isEqualTo(IDLE);

    host.terminal(train, 0, host.now.plusSeconds(3));
    host.samples(1);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
    assertThat(idleness().why()).contains("typed");
  }

  @Test
  void terminals_are_not_looked_for_outside_of_the_container() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("host-dev"));
    Files.createDirectories(folder.resolve("proc/" + train.pid() + "/root"));
    Files.createSymbolicLink(folder.resolve("proc/" + train.pid() + "/root/dev"), elsewhere);
    Files.createDirectories(elsewhere.resolve("pts"));
    Files.writeString(elsewhere.resolve("pts/0"), "");

    assertThat(new Terminals(folder.resolve("proc")).lastInput(train.pid(), Instant.MAX)).isEmpty();
  }

  @Test
  void terminals_that_can_not_be_looked_at_are_shown() throws IOException {
    host.samples(1);
    assertThat(host.activity.blindSpots()).isEmpty();
    Path root = folder.resolve("proc/" + train.pid() + "/root");
    Files.createSymbolicLink(root, root); // leads nowhere, even for root, who is denied nothing
    host.samples(1);

    assertThat(host.activity.blindSpots())
        .singleElement()
        .asString()
        .contains("terminals of 1 containers", "CAP_SYS_PTRACE", "train");
  }

  /** The one that was typed in before, and stays open, is then of the future. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void input_counts_after_a_step_back_of_the_clock(int terminal) {
    host.now = host.now.plus(Duration.ofHours(5));
    host.sample();
    host.terminal(train, 0, host.now.minusSeconds(5));
    host.samples(1);
    Duration jump = Duration.ofHours(-5);
    host.ledger.update(tables -> tables.shift(jump));
    host.activity.broken("the clock jumped by -5h");
    host.now = host.now.plus(jump);
    host.sample();
    host.samples(4);
    assertThat(idleness().state()).isEqualTo(IDLE);

    host.terminal(train, terminal, host.now.plusSeconds(3));
    host.samples(1);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
    host.samples(3);
    assertThat(idleness().state()).isEqualTo(IDLE);
  }

  // --- keep-alive

  @Test
  void a_keep_alive_by_command_holds_it_and_is_there_after_a_restart_of_the_daemon() {
    host.samples(5);
    Instant until = host.now.plus(Duration.ofMinutes(3));
    host.keepsAlive(train, until);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
    assertThat(idleness().why()).contains("berth keep-alive", until.toString());

    host.restartDaemon();
    host.samples(5);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
    host.samples(1 + 3);
    isIdleSince(until);
  }

  @Test
  void a_ping_sets_its_clock_back() {
    host.samples(5);
    host.keepsAlive(train, host.now);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
    Instant ping = host.now;
    host.samples(3);
    isIdleSince(ping);
  }

  @Test
  void the_label_holds_it_but_no_longer_than_the_longest_keep_alive() {
    Container labelled = labelled("2027-01-01T00:00:00Z");
    host.samples(5);
    assertThat(host.idleness(labelled).state()).isEqualTo(ACTIVE);

    host.now = TestHost.START.plus(Duration.ofHours(24)).plusSeconds(1);
    host.sample();
    host.samples(4);
    assertThat(host.idleness(labelled).state()).isEqualTo(IDLE);
  }

  @Test
  void a_label_that_is_no_moment_holds_nothing_and_is_shown() {
    Container labelled = labelled("tomorrow");
    host.samples(5);

    assertThat(host.idleness(labelled).state()).isEqualTo(IDLE);
    assertThat(host.idleness(labelled).numbers().get("keep_alive_trouble"))
        .asString()
        .contains("'tomorrow'", "2026-03-02T18:00:00Z");
    assertThat(host.idleness(labelled).why()).startsWith("idle since").contains("'tomorrow' is no");
  }

  @Test
  void a_label_that_would_steer_a_terminal_is_shown_without_that() {
    Container labelled = labelled("\u001b[2J\u202e" + "x".repeat(100_000));
    host.samples(5);

    assertThat(host.idleness(labelled).why())
        .contains("'?[2J?xxx")
        .doesNotContain("\u001b", "\u202e")
        .hasSizeLessThan(500);
  }

  private Container labelled(String value) {
    Container labelled =
        host.runs(
            Containers.from(train).id(Containers.idOf("l")).pid(9).label(Holds.LABEL, value),
            "GPU-0");
    host.sample();
    return labelled;
  }

  @Test
  void the_keep_alive_file_holds_it_until_its_mtime_plus_the_longest_keep_alive() {
    host.book = TestHost.book("policies: {keepalive_max_duration: 10m}");
    host.samples(3);
    Instant touched = host.now.minusSeconds(60);
    host.keepAliveFiles.put(train.id(), touched);
    host.samples(1);
    assertThat(idleness().why()).contains("/workspace/.keep-alive");
    assertThat(idleness().state()).isEqualTo(ACTIVE);

    host.samples(22);
    isIdleSince(touched.plus(Duration.ofMinutes(10)));
  }

  @Test
  void a_keep_alive_file_of_the_future_counts_from_when_it_was_first_seen() {
    host.book = TestHost.book("policies: {keepalive_max_duration: 10m}");
    host.keepAliveFiles.put(train.id(), host.now.plus(Duration.ofDays(365)));
    host.samples(1);
    Instant seen = host.now;
    host.restartDaemon();
    host.samples(23);

    isIdleSince(seen.plus(Duration.ofMinutes(10)));
  }

  @Test
  void a_keep_alive_without_a_limit_holds_for_ever() {
    host.book = TestHost.book("policies: {keepalive_max_duration: never}");
    host.keepAliveFiles.put(train.id(), TestHost.START);
    host.samples(4);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
  }

  @Test
  void a_keep_alive_file_that_was_just_touched_spares_it_right_before_the_act() {
    host.samples(5);
    host.keepAliveFiles.put(train.id(), host.now);

    assertThat(idleness().state()).isEqualTo(IDLE);
    assertThat(host.idlenessNow(train).state()).isEqualTo(ACTIVE);
  }

  @Test
  void a_keep_alive_file_that_can_not_be_read_any_more_holds_as_it_did() {
    host.keepAliveFiles.put(train.id(), host.now);
    host.samples(1);
    host.keepAliveFails = new IOException("the mount does not answer");
    host.samples(5);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
    assertThat(idleness().numbers().get("keep_alive_trouble"))
        .asString()
        .contains("does not answer");
  }

  // --- lives and gaps

  @Test
  void no_idle_time_counts_within_the_grace_period() {
    host.now = TestHost.START;
    Container young = host.runs(Containers.running("young").startedAt(host.now).pid(8), "GPU-0");
    host.sample();
    host.samples(59);
    assertThat(host.idleness(young).state()).isEqualTo(ACTIVE);
    assertThat(host.idleness(young).why()).contains("grace period");

    host.samples(4);
    assertThat(host.idleness(young).since()).isEqualTo(TestHost.START.plus(Duration.ofMinutes(30)));
  }

  @Test
  void a_restart_by_its_policy_goes_on_with_the_same_life() {
    host.counted(train, 100 * SECOND, 100 * MIB);
    host.samples(1);
    Instant first = host.now;
    host.samples(4);
    train = host.restarts(train, host.now.plusSeconds(5), 1);
    host.samples(1);
    isIdleSince(first);
    host.samples(3);
    isIdleSince(first);
  }

  @Test
  void what_it_did_since_a_restart_by_its_policy_counts() {
    host.samples(4);
    train = host.restarts(train, host.now.plusSeconds(5), 1);
    host.counted(train, 10 * SECOND, 0);
    host.samples(1);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
  }

  @Test
  void a_restart_by_a_person_starts_fresh() {
    host.samples(4);
    train = host.restarts(train, host.now.plusSeconds(5), 0);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
    assertThat(host.idlenessNow(train).state()).isEqualTo(ACTIVE);
    host.samples(4);
    assertThat(idleness().why()).contains("grace period");
    assertThat(host.history(train)).hasSize(3);
  }

  @Test
  void a_restart_by_its_policy_right_after_a_person_s_start_is_of_a_fresh_life() {
    host.samples(4);
    train = host.restarts(train, host.now.plusSeconds(5), 0);
    train = host.restarts(train, host.now.plusSeconds(6), 1);
    host.samples(1);

    assertThat(host.history(train)).isEmpty();
  }

  @Test
  void a_counter_that_went_back_is_a_gap() {
    host.counted(train, 10 * SECOND, 0);
    host.samples(5);
    host.counted(train, -5 * SECOND, 0);
    Instant gap = host.now.plus(TestHost.STEP);
    host.samples(1);
    assertThat(idleness().state()).isEqualTo(UNKNOWN);

    host.samples(3);
    isIdleSince(gap);
  }

  @Test
  void a_restart_of_the_daemon_keeps_the_history_and_the_clock() {
    Instant first = host.now;
    host.samples(5);
    var before = host.history(train);
    host.restartDaemon();

    assertThat(host.history(train)).isEqualTo(before);
    host.samples(1);
    isIdleSince(first);
  }

  @Test
  void work_that_was_done_while_the_daemon_was_restarted_counts() {
    host.samples(5);
    host.counted(train, 10 * SECOND, 0);
    host.restartDaemon();
    host.samples(1);

    assertThat(idleness().state()).isEqualTo(ACTIVE);
  }

  @Test
  void a_long_time_without_a_sample_is_a_gap() {
    host.samples(5);
    host.now = host.now.plus(Duration.ofMinutes(10));
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    assertThat(host.idlenessNow(train).state()).isEqualTo(UNKNOWN);

    host.sample();
    Instant back = host.now;
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    assertThat(host.newest(train).cpu().why()).startsWith("gap: no sample was taken");
    host.samples(3);
    isIdleSince(back);
  }

  @Test
  void a_schedule_with_long_intervals_is_no_gap_from_the_third_one_on() {
    for (int i = 0; i < 5; i++) {
      host.now = host.now.plus(Duration.ofMinutes(10));
      host.sample();
    }

    assertThat(idleness().state()).isEqualTo(IDLE);
  }

  @Test
  void one_long_interval_makes_no_habit_of_it() {
    host.samples(5);
    host.now = host.now.plus(Duration.ofMinutes(10));
    host.sample();
    host.now = host.now.plus(Duration.ofMinutes(10));
    host.sample();

    assertThat(host.newest(train).cpu().why()).startsWith("gap: no sample was taken");
  }

  @Test
  void one_long_interval_makes_no_habit_of_it_where_it_is_the_first() {
    Container young = host.runs(Containers.running("young").startedAt(host.now).pid(8), "GPU-0");
    host.sample();
    for (int i = 0; i < 2; i++) {
      host.now = host.now.plus(Duration.ofMinutes(10));
      host.sample();
      assertThat(host.newest(young).cpu().why()).startsWith("gap: no sample was taken");
    }
  }

  @Test
  void an_engine_that_fails_for_minutes_and_again_makes_no_habit_of_it() {
    host.samples(5);
    for (int i = 0; i < 3; i++) {
      host.sampleAfterFailed(5);
      assertThat(host.newest(train).cpu().why()).startsWith("gap: no sample was taken");
    }
  }

  @Test
  void what_breaks_all_histories_does_so_at_once_and_after_a_restart() {
    host.samples(5);
    host.activity.broken("the clock jumped by 1h");
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    assertThat(host.idlenessNow(train).state()).isEqualTo(UNKNOWN);
    host.restartDaemon();
    assertThat(idleness().why()).contains("the clock jumped by 1h");

    host.samples(1);
    Instant back = host.now;
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    host.samples(3);
    isIdleSince(back);
  }

  @Test
  void a_clock_that_went_back_is_a_gap() {
    host.samples(5);
    host.now = host.now.minus(Duration.ofSeconds(5));
    host.sample();

    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    host.samples(3);
    assertThat(idleness().state()).isEqualTo(IDLE);
  }

  @Test
  void a_jump_of_the_clock_moves_what_holds_it_along() {
    Duration jump = Duration.ofHours(5);
    host.samples(3);
    host.keepsAlive(train, host.now.plus(Duration.ofMinutes(2)));
    host.ledger.update(tables -> tables.shift(jump));
    host.activity.broken("the clock jumped by 5h");
    host.now = host.now.plus(jump);
    host.limits = host.limits.with(LimitKey.IDLE_DETECTION_WINDOW, 1L);

    host.samples(4);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
    host.samples(1);
    isIdleSince(host.now.minus(TestHost.STEP));
  }

  @Test
  void a_daemon_that_ends_right_after_it_moved_what_is_pending_leaves_the_gap_to_the_next() {
    host.samples(5);
    Duration jump = Duration.ofDays(3);
    host.ledger.update(tables -> tables.shift(jump));
    host.now = host.now.plus(jump);
    host.restartDaemon();

    host.samples(1);
    Instant back = host.now;
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    host.samples(3);
    isIdleSince(back);
  }

  @ParameterizedTest
  @ValueSource(longs = {300, -300})
  void the_gap_that_a_jump_of_the_clock_makes_is_no_longer_than_it_took(long hours) {
    Duration jump = Duration.ofHours(hours);
    host.samples(3);
    host.ledger.update(tables -> tables.shift(jump));
    host.activity.broken("the clock jumped");
    host.now = host.now.plus(jump);

    host.samples(1);
    assertThat(host.newest(train).cpu().why()).isEqualTo("gap: the clock jumped");
    assertThat(host.newest(train).length()).isEqualTo(TestHost.STEP);
  }

  @ParameterizedTest
  @ValueSource(longs = {300, -300})
  void a_jump_of_the_clock_moves_the_grace_period_along(long hours) {
    host.now = TestHost.START;
    Container young = host.runs(Containers.running("young").startedAt(host.now).pid(8), "GPU-0");
    host.samples(20);
    Duration jump = Duration.ofHours(hours);
    host.ledger.update(tables -> tables.shift(jump));
    host.activity.broken("the clock jumped");
    host.now = host.now.plus(jump);

    host.samples(63 - 20);
    assertThat(host.idleness(young).since())
        .isEqualTo(TestHost.START.plus(Duration.ofMinutes(30)).plus(jump));
  }

  /** The driver stamps its samples by the clock of the host, and still has some of before. */
  @Test
  void use_of_the_gpu_counts_after_a_step_back_of_the_clock() {
    host.samples(3);
    usesGpuNow();
    Duration jump = Duration.ofHours(-5);
    host.now = host.now.plusSeconds(5);
    host.ledger.update(tables -> tables.shift(jump));
    host.activity.broken("the clock jumped by -5h");
    host.now = host.now.plus(jump);
    host.samples(1);
    host.restartDaemon();
    host.gpus.forgetsSamples();
    host.samples(3);
    assertThat(idleness().state()).isEqualTo(IDLE);

    host.now = host.now.plusSeconds(5);
    usesGpuNow();
    assertThat(host.idlenessNow(train).state()).isEqualTo(ACTIVE);
    host.samples(1);
    assertThat(idleness().state()).isEqualTo(ACTIVE);
    host.samples(3);
    assertThat(idleness().state()).isEqualTo(IDLE);
  }

  private void usesGpuNow() {
    host.process(train.pid(), train);
    host.gpus.usesAt("GPU-0", train.pid(), 90, host.now.toEpochMilli() * 1000);
  }

  @Test
  void a_sample_that_can_not_be_kept_was_not_taken_and_the_next_one_covers_its_time() {
    host.samples(5);
    host.counted(train, 10 * SECOND, 0);
    host.gpus.uses("GPU-0", 4711, 90);
    host.ledger.close();
    assertThatThrownBy(() -> host.samples(1)).isInstanceOf(LedgerException.class);
    assertThat(host.history(train)).hasSize(5);

    host.restartDaemon();
    host.samples(1);
    assertThat(host.newest(train).gpu()).isEqualTo(Measure.known(90));
    assertThat(host.newest(train).length()).isEqualTo(TestHost.STEP.multipliedBy(2));
  }

  @Test
  void a_host_whose_gpus_can_not_be_read_says_so() {
    assertThat(host.activity.blindSpots()).isEmpty();
    host.gpus.fails("Driver Not Loaded (9)");

    assertThat(host.activity.blindSpots()).singleElement().asString().contains("Not Loaded (9)");
  }

  // --- right before an act

  @Test
  void one_that_woke_up_since_the_last_sample_is_spared_right_before_the_act() {
    host.samples(5);
    host.now = host.now.plusSeconds(10);
    host.counted(train, SECOND, 0);

    assertThat(idleness().state()).isEqualTo(IDLE);
    assertThat(host.idlenessNow(train).state()).isEqualTo(ACTIVE);
  }

  @Test
  void a_look_right_before_an_act_takes_nothing_from_the_next_sample() {
    host.samples(5);
    host.gpus.uses("GPU-0", 4711, 90);
    host.counted(train, 10 * SECOND, 0);
    assertThat(host.idlenessNow(train).state()).isEqualTo(ACTIVE);
    host.samples(1);

    assertThat(host.newest(train).gpu()).isEqualTo(Measure.known(90));
    assertThat(idleness().state()).isEqualTo(ACTIVE);
  }

  @Test
  void a_look_right_before_an_act_leaves_no_trace() {
    host.samples(5);
    var before = host.history(train);
    assertThat(host.idlenessNow(train).state()).isEqualTo(IDLE);

    assertThat(host.history(train)).isEqualTo(before);
  }

  @Test
  void nvml_that_fails_right_before_the_act_spares_it() {
    host.samples(5);
    host.gpus.fails("GPU is lost");

    assertThat(host.idlenessNow(train).state()).isEqualTo(UNKNOWN);
  }

  // --- limits, and the end

  @Test
  void new_thresholds_count_for_the_samples_there_are() {
    for (int i = 0; i < 5; i++) {
      host.counted(train, SECOND, 0); // 3.3 % of a core
      host.samples(1);
    }
    assertThat(idleness().state()).isEqualTo(ACTIVE);

    host.limits = host.limits.with(LimitKey.CPU_IDLE_THRESHOLD, 5.0);
    assertThat(idleness().state()).isEqualTo(IDLE);
    host.limits = host.limits.with(LimitKey.IDLE_DETECTION_WINDOW, 6L);
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
  }

  @Test
  void the_clock_of_a_long_idle_time_keeps_its_beginning() {
    host.counted(train, 10 * SECOND, 0);
    host.samples(1);
    Instant busy = host.now;
    for (int i = 0; i < 200; i++) {
      host.counted(train, i % 7 * 50_000L, i % 5 * 1_000L);
      host.samples(1);
    }

    isIdleSince(busy);
    assertThat(host.history(train)).hasSize(History.MOST);
    host.restartDaemon();
    assertThat(host.history(train)).hasSize(History.MOST);
    isIdleSince(busy);
  }

  @Test
  void what_is_kept_of_a_container_goes_with_it() {
    host.samples(5);
    host.pauses(train);
    host.samples(1);
    assertThat(host.history(train)).hasSize(5);

    host.ledger.update(tables -> tables.forget(train.id()));
    host.samples(1);
    assertThat(host.history(train)).isEmpty();
    assertThat(idleness().state()).isEqualTo(UNKNOWN);
    host.restartDaemon();
    assertThat(host.history(train)).isEmpty();
  }
}
