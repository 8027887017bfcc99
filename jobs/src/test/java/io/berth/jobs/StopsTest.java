package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.Foresight.Opinion;
import io.berth.jobs.container.Containers;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Idle stop and max runtime as sweeps: a wrong stop is the worst thing there is. */
class StopsTest {

  @TempDir Path folder;
  private World world;

  @BeforeEach
  void enforce() {
    world = new World(folder, World.ENFORCE);
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Test
  void a_sleeper_is_warned_twice_and_stopped_and_the_stop_is_berth_s() {
    sleeper("train");

    sweepFor(Duration.ofMinutes(29));
    assertThat(world.engine.calls()).isEmpty();
    sweepFor(Duration.ofMinutes(3));

    assertThat(world.engine.calls()).containsExactly("stop train");
    assertThat(world.engine.graces).containsExactly(Duration.ofMinutes(1));
    assertThat(world.story("train"))
        .containsExactly(
            "container.create:done",
            "container.start:done",
            "container.warn:done",
            "container.warn:done",
            "container.stop:done",
            "container.warn:done");
    JsonNode stop = world.lastEvent("container.stop");
    assertThat(stop.path("source").asText()).isEqualTo("idle-stop");
    assertThat(stop.path("details").path("by").asText()).isEqualTo("berth");
    assertThat(stop.path("details").path("reason").asText()).isEqualTo("idle_timeout");
    assertThat(stop.path("details").path("gpu_percent").asInt(-1)).isZero();
    assertThat(world.told.stream().map(each -> each.split(" ", -1)[0]))
        .containsExactly("WARNED", "WARNED_LAST", "STOPPED", "REMOVAL_ANNOUNCED");
  }

  @Test
  void what_berth_stopped_is_kept_for_the_interrupted_hold() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(35));

    sweepFor(Duration.ofHours(23));
    assertThat(world.engine.isThere("train")).isTrue();
    sweepFor(Duration.ofHours(2));

    assertThat(world.engine.isThere("train")).isFalse();
    assertThat(world.lastEvent("container.remove").path("details").path("ended_by").asText())
        .isEqualTo("berth");
  }

  @Test
  void one_that_wakes_before_the_act_is_spared() {
    sleeper("train");
    world.pulse.beforeAct(() -> world.pulse.active("train"));

    sweepFor(Duration.ofHours(1));

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("train")).contains("container.stop:dropped");
  }

  @Test
  void a_command_that_somebody_runs_in_it_spares_it() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));

    world.engine.executes("train", "bash");
    sweepFor(Duration.ofHours(1));

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void somebody_who_attaches_to_it_spares_it() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));

    world.engine.attaches("train");
    sweepFor(Duration.ofHours(1));

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void somebody_who_pauses_and_resumes_it_at_once_spares_it() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));

    world.engine.paused("train");
    world.engine.resumed("train");
    sweepFor(Duration.ofHours(1));

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_command_that_somebody_ran_in_it_while_no_daemon_ran_spares_it() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));

    world.engine.nobodyListens();
    world.engine.executes("train", "bash");
    world.restart();
    sweepFor(Duration.ofHours(1));

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void who_came_before_a_step_back_of_the_clock_and_is_told_after_it_does_not_come_in_the_future() {
    sleeper("train");
    world.engine.nobodyListens();
    world.engine.executes("train", "bash");
    world.engine.attaches("train");
    world.clockJumps(Duration.ofHours(-5));
    world.restart();

    assertThat(world.pulse.came()).containsOnly(world.now()).hasSize(2);
  }

  @Test
  void a_container_restarted_between_verdict_and_act_is_spared() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));
    world.holdActs();
    sweepFor(Duration.ofMinutes(3));
    world.engine.exits("train", 0);
    world.engine.start("train");

    world.letActsGo();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("train")).contains("container.stop:dropped");
  }

  @Test
  void protection_that_comes_while_it_is_looked_at_once_more_still_counts() {
    sleeper("train");
    world.pulse.beforeAct(() -> world.protect("train"));

    sweepFor(Duration.ofHours(1));

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("train")).contains("container.stop:dropped");
  }

  @Test
  void a_stop_of_berth_s_is_told_once_although_it_runs_again_at_the_next_look() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(31));
    world.pulse.active("train");
    sweepFor(Duration.ofMinutes(1));
    assertThat(world.engine.calls()).isEmpty();
    world.pulse.idleSince("train", world.now());
    while (world.engine.calls().isEmpty()) {
      world.pass(Duration.ofMinutes(1));
      world.sweep(JobName.IDLE_STOP);
    }

    world.pass(Duration.ofSeconds(1));
    world.engine.start("train");
    world.pulse.active("train");
    sweepFor(Duration.ofMinutes(3));

    assertThat(world.story("train").stream().filter(each -> each.startsWith("container.stop")))
        .containsExactly("container.stop:done");
  }

  @Test
  void an_announced_end_of_a_runtime_survives_a_shorter_limit_and_a_pause() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 8h\n");
    world.engine.run(Containers.running("train").owner("ada").gpu("0"));
    sweepFor(Duration.ofMinutes(365)); // announced for the end of the eighth hour
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 1h\n");
    world.engine.paused("train");
    sweepFor(Duration.ofMinutes(2));
    world.engine.resumed("train");

    sweepFor(Duration.ofMinutes(110));
    assertThat(world.engine.calls()).isEmpty();
    sweepFor(Duration.ofMinutes(10));
    assertThat(world.engine.calls()).containsExactly("stop train");
  }

  @Test
  void an_announced_end_of_a_runtime_survives_a_shorter_limit_and_a_time_in_observe() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 8h\n");
    world.engine.run(Containers.running("train").owner("ada").gpu("0"));
    sweepFor(Duration.ofMinutes(365)); // announced for the end of the eighth hour
    world.book(
        World.ENFORCE.replace("mode: enforce", "mode: observe") + "defaults:\n  max_runtime: 8h\n");
    sweepFor(Duration.ofMinutes(95)); // told once more, as what would be
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 1h\n");

    sweepFor(Duration.ofMinutes(18));
    assertThat(world.engine.calls()).isEmpty();
    sweepFor(Duration.ofMinutes(10));
    assertThat(world.engine.calls()).containsExactly("stop train");
  }

  @Test
  void an_announced_stop_for_idleness_survives_a_moment_s_activity_and_a_shorter_limit() {
    world.book(World.ENFORCE + "defaults:\n  idle_timeout: 2h\n");
    sleeper("train");
    sweepFor(Duration.ofMinutes(98)); // announced for the end of the second hour
    world.pulse.active("train");
    sweepFor(Duration.ofMinutes(1));
    world.pulse.idleSince("train", world.now());
    world.book(World.ENFORCE + "defaults:\n  idle_timeout: 2m\n");

    sweepFor(Duration.ofMinutes(20));
    assertThat(world.engine.calls()).isEmpty();
    sweepFor(Duration.ofMinutes(5));
    assertThat(world.engine.calls()).containsExactly("stop train");
    assertThat(world.events())
        .noneMatch(event -> event.path("event_type").asText().equals("sweep.error"));
  }

  @Test
  void missing_data_is_not_idleness() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));

    world.pulse.unknown("train");
    sweepFor(Duration.ofHours(20));

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_protected_container_and_one_without_gpus_are_never_stopped() {
    sleeper("guarded");
    world.protect("guarded");
    world.engine.run(Containers.running("web").owner("ada"));
    world.pulse.idleSince("web", world.now());

    sweepFor(Duration.ofDays(3));

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void observe_reports_once_and_tells_nobody() {
    world.book(World.ENFORCE.replace("enforce", "observe"));
    sleeper("train");

    sweepFor(Duration.ofHours(3));

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.told).isEmpty();
    assertThat(world.story("train"))
        .containsExactly(
            "container.create:done",
            "container.start:done",
            "container.warn:would",
            "container.warn:would",
            "container.stop:would");
  }

  @Test
  void the_switch_to_enforce_warns_anew_with_the_whole_notice() {
    world.book(World.ENFORCE.replace("enforce", "observe"));
    sleeper("train");
    sweepFor(Duration.ofHours(30));

    world.book(World.ENFORCE);
    Instant switched = world.now();
    sweepFor(Duration.ofHours(8));

    List<JsonNode> warnings =
        world.events().stream()
            .filter(event -> event.path("event_type").asText().equals("container.warn"))
            .filter(event -> event.path("details").path("mode").asText().equals("enforce"))
            .filter(event -> event.path("details").path("action").asText().equals("stop"))
            .toList();
    assertThat(warnings).hasSizeGreaterThanOrEqualTo(2);
    JsonNode stop = world.lastEvent("container.stop");
    assertThat(Instant.parse(stop.path("timestamp").asText()))
        .isAfterOrEqualTo(switched.plus(Duration.ofMinutes(30)));
  }

  @Test
  void who_comes_into_a_group_with_a_shorter_limit_is_warned_anew_with_the_whole_notice() {
    String groups =
        World.ENFORCE
            + "groups:\n  researchers: {members: [%s], max_runtime: 12h}\n"
            + "  students: {members: [%s], max_runtime: 4h}\n";
    world.book(groups.formatted("ada", "bob"));
    world.engine.run(Containers.running("train").owner("ada").gpu("0"));
    sweepFor(Duration.ofHours(6));

    world.book(groups.formatted("bob", "ada"));
    sweepFor(Duration.ofMinutes(59)); // of the 4 hours, the last quarter is the notice
    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("train"))
        .filteredOn(each -> each.equals("container.warn:done"))
        .hasSize(2);
    sweepFor(Duration.ofMinutes(5));
    assertThat(world.engine.calls()).containsExactly("stop train");
  }

  @Test
  void what_was_said_before_a_time_of_observing_is_said_anew_after_it() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 4h\n");
    world.engine.run(Containers.running("train").owner("ada").gpu("0"));
    sweepFor(Duration.ofMinutes(239)); // warned twice, for the end of the fourth hour
    world.book(World.ENFORCE.replace("enforce", "observe") + "defaults:\n  max_runtime: 4h\n");
    sweepFor(Duration.ofHours(1));

    world.book(World.ENFORCE + "defaults:\n  max_runtime: 4h\n");
    sweepFor(Duration.ofMinutes(59));
    assertThat(world.engine.calls()).isEmpty();
    sweepFor(Duration.ofMinutes(5));
    assertThat(world.engine.calls()).containsExactly("stop train");
  }

  @Test
  void one_that_goes_with_its_stop_is_paused_and_that_is_told_once() {
    world.engine.run(Containers.running("run").owner("ada").gpu("0").autoRemove());
    world.pulse.idleSince("run", world.now());

    sweepFor(Duration.ofHours(2));

    assertThat(world.engine.calls()).containsExactly("pause run");
    assertThat(world.story("run"))
        .containsExactly(
            "container.create:done",
            "container.start:done",
            "container.warn:done",
            "container.warn:done",
            "container.pause:done");
    assertThat(world.told.get(2)).startsWith("PAUSED run");
  }

  @Test
  void one_that_somebody_resumes_at_once_is_in_use_even_if_no_event_told() {
    world.engine.run(Containers.running("run").owner("ada").gpu("0").autoRemove());
    world.pulse.idleSince("run", world.now());
    sweepFor(Duration.ofMinutes(32));
    assertThat(world.engine.calls()).containsExactly("pause run");

    world.engine.deaf(true);
    world.engine.resumed("run");
    sweepFor(Duration.ofMinutes(60));

    assertThat(world.engine.calls()).containsExactly("pause run");
  }

  @Test
  void one_that_was_paused_for_its_runtime_and_resumed_at_once_is_warned_anew() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 4h\n");
    world.engine.run(Containers.running("run").owner("ada").gpu("0").autoRemove());
    sweepFor(Duration.ofHours(4));
    assertThat(world.engine.calls()).containsExactly("pause run");

    world.engine.resumed("run");
    sweepFor(Duration.ofMinutes(55));
    assertThat(world.engine.calls()).containsExactly("pause run");
    sweepFor(Duration.ofMinutes(10));
    assertThat(world.engine.calls()).containsExactly("pause run", "pause run");
  }

  @Test
  void a_paused_container_is_not_stopped_and_after_its_resume_it_is_warned_first() {
    world.book(World.ENFORCE + "policies:\n  idle_warnings: [0.5]\ndefaults:\n  max_runtime: 4h\n");
    world.engine.run(Containers.running("train").owner("ada").gpu("0"));
    sweepFor(Duration.ofMinutes(230));
    world.engine.paused("train");
    sweepFor(Duration.ofHours(10));
    assertThat(world.engine.calls()).isEmpty();

    world.engine.resumed("train");
    Instant resumed = world.now();
    sweepFor(Duration.ofMinutes(70));

    assertThat(world.engine.calls()).containsExactly("stop train");
    JsonNode stop = world.lastEvent("container.stop");
    assertThat(Instant.parse(stop.path("timestamp").asText()))
        .isAfterOrEqualTo(resumed.plus(Duration.ofHours(1)));
    assertThat(stop.path("details").path("reason").asText()).isEqualTo("max_runtime");
  }

  @Test
  void a_restart_by_its_policy_goes_on_with_its_life_and_one_by_its_user_begins_another() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 4h\n");
    world.engine.run(Containers.running("policy").owner("ada").gpu("0"));
    world.engine.run(Containers.running("person").owner("ada").gpu("1"));
    sweepFor(Duration.ofHours(2));

    world.engine.restarts("policy");
    world.engine.exits("person", 0);
    world.engine.start("person");
    sweepFor(Duration.ofMinutes(125));

    assertThat(world.engine.calls()).containsExactly("stop policy");
  }

  @Test
  void a_restart_by_its_policy_right_after_somebody_started_it_begins_another_life_as_well() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 4h\n");
    world.engine.run(Containers.running("person").owner("ada").gpu("1"));
    sweepFor(Duration.ofHours(2));
    world.engine.exits("person", 1);
    sweepFor(Duration.ofMinutes(2));

    world.engine.start("person");
    world.engine.restarts("person");
    sweepFor(Duration.ofMinutes(235));
    assertThat(world.engine.calls()).isEmpty();
    sweepFor(Duration.ofMinutes(10));
    assertThat(world.engine.calls()).containsExactly("stop person");
  }

  @Test
  void a_stop_that_fails_is_tried_again_with_back_off_and_never_becomes_a_removal() {
    sleeper("train");
    world.engine.answers("train", new ActResult(ActResult.Kind.FAILED, "it will not die"));

    sweepFor(Duration.ofMinutes(40));

    assertThat(world.engine.calls())
        .isNotEmpty()
        .hasSizeLessThan(6)
        .allMatch(call -> call.equals("stop train"));
    assertThat(world.story("train")).contains("container.stop:failed");
    assertThat(world.engine.get("train").state().isLive()).isTrue();
  }

  @Test
  void what_dies_between_two_tries_to_stop_it_is_kept_as_stopped_by_berth() {
    sleeper("train");
    world.engine.answers("train", new ActResult(ActResult.Kind.FAILED, "it will not die"));
    sweepFor(Duration.ofMinutes(90));
    assertThat(world.engine.calls()).hasSize(6); // after 30 minutes, and 1, 2, 4, 8 and 16 more

    world.engine.ends("train", 137);
    sweepFor(Duration.ofMinutes(1));

    assertThat(world.lastEvent("container.warn").path("details").path("ended_by").asText())
        .isEqualTo("berth");
  }

  @Test
  void a_try_to_stop_it_that_was_dropped_hides_no_earlier_one_that_was_not() {
    sleeper("train");
    world.engine.answers("train", new ActResult(ActResult.Kind.FAILED, "no answer"));
    sweepFor(Duration.ofMinutes(32));
    world.holdActs();
    sweepFor(Duration.ofMinutes(2));
    world.engine.ends("train", 137);
    world.letActsGo();
    assertThat(world.story("train").stream().filter(each -> each.startsWith("container.stop")))
        .containsExactly("container.stop:failed", "container.stop:dropped");

    sweepFor(Duration.ofMinutes(1));

    assertThat(world.lastEvent("container.warn").path("details").path("ended_by").asText())
        .isEqualTo("berth");
  }

  /** As when the Engine is restarted and its containers live on: SIGTERM was sent all the same. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_stop_whose_connection_breaks_is_not_sent_again_before_its_grace_is_over(boolean restart) {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 4h\n");
    world.engine.run(
        Containers.running("train").owner("ada").gpu("0").stopTimeout(Duration.ofMinutes(10)));
    world.engine.answers("train", new ActResult(ActResult.Kind.FAILED, "connection reset"));
    sweepFor(Duration.ofMinutes(242));
    assertThat(world.engine.calls()).containsExactly("stop train");

    if (restart) {
      world.restart();
    }
    sweepFor(Duration.ofMinutes(7));
    assertThat(world.engine.calls()).hasSize(1);
    assertThat(world.tally.heldBack).contains("max-runtime backoff 1");
    sweepFor(Duration.ofMinutes(4));
    assertThat(world.engine.calls()).hasSize(2);
  }

  @Test
  void a_stop_of_another_that_may_still_go_on_keeps_none_waiting() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 4h\n");
    for (String name : List.of("train", "other")) {
      world.engine.run(
          Containers.running(name).owner("ada").gpu("0").stopTimeout(Duration.ofMinutes(10)));
      world.engine.answers(name, new ActResult(ActResult.Kind.FAILED, "connection reset"));
      sweepFor(Duration.ofMinutes(9));
    }
    sweepFor(Duration.ofMinutes(242 - 18));
    assertThat(world.engine.calls()).containsExactly("stop train");

    world.restart();
    sweepFor(Duration.ofMinutes(11));
    assertThat(world.engine.calls()).containsExactly("stop train", "stop other", "stop train");
  }

  @ParameterizedTest
  @CsvSource({"1m, 9", "40m, 39"})
  void a_stop_whose_daemon_ended_is_not_sent_again_before_its_grace_is_over(
      String grace, int minutes) {
    world.book(World.ENFORCE + "defaults: {sigterm_grace: %s}\n".formatted(grace));
    theDaemonEndsAsItStops("train");
    Instant began = world.now();

    world.pulse.idleSince("train", began);

    sweepFor(Duration.ofMinutes(minutes));
    assertThat(world.engine.calls()).isEmpty();

    sweepFor(Duration.ofMinutes(40));
    assertThat(world.engine.calls()).containsExactly("stop train");
    assertThat(world.story("train").stream().filter(each -> each.startsWith("container.stop")))
        .containsExactly("container.stop:failed", "container.stop:done");
  }

  @ParameterizedTest
  @ValueSource(longs = {-2, 2})
  void no_step_of_the_clock_changes_when_a_stop_whose_daemon_ended_is_sent_again(long days) {
    theDaemonEndsAsItStops("train");
    world.clockJumps(Duration.ofDays(days));
    world.sweep(JobName.IDLE_STOP);
    world.pulse.idleSince("train", world.now().minus(Duration.ofHours(2)));

    sweepFor(Duration.ofMinutes(9));
    assertThat(world.engine.calls()).isEmpty();

    sweepFor(Duration.ofMinutes(40));
    assertThat(world.engine.calls()).containsExactly("stop train");
  }

  @Test
  void what_died_of_a_stop_whose_daemon_ended_before_the_clock_was_set_back_is_berth_s() {
    theDaemonEndsAsItStops("train");
    world.clockJumps(Duration.ofDays(-2));
    world.engine.ends("train", 143);
    sweepFor(Duration.ofMinutes(2));

    assertThat(world.story("train")).contains("container.stop:done");
    assertThat(world.lastEvent("container.warn").path("details").path("ended_by").asText())
        .isEqualTo("berth");
  }

  /** The daemon closes its connections while the Engine waits for the container's end. */
  @Test
  void a_stop_that_the_daemon_s_end_cuts_off_is_not_sent_again_before_its_grace_is_over() {
    sleeper("train");
    world.engine.answers(
        "train", new ActResult(ActResult.Kind.FAILED, "the connection was closed"));
    sweepFor(Duration.ofMinutes(29));
    world.engine.during("stop", world::stopping);
    sweepFor(Duration.ofMinutes(3));
    assertThat(world.engine.calls()).containsExactly("stop train");
    world.restart();

    sweepFor(Duration.ofMinutes(9));
    assertThat(world.engine.calls()).hasSize(1);
    sweepFor(Duration.ofMinutes(40));
    assertThat(world.engine.calls()).hasSizeGreaterThan(1);
  }

  @Test
  void what_dies_long_after_a_stop_that_the_daemon_s_end_cut_off_is_kept_as_stopped_by_berth() {
    theDaemonEndsAsItStops("train");
    world.book(World.ENFORCE.replace("enforce", "observe"));
    sweepFor(Duration.ofMinutes(15));
    assertThat(world.engine.calls()).isEmpty();

    world.engine.ends("train", 137);
    sweepFor(Duration.ofMinutes(1));

    assertThat(world.lastEvent("container.warn").path("details").path("ended_by").asText())
        .isEqualTo("berth");
  }

  @Test
  void a_stop_that_came_through_while_the_daemon_was_down_is_told_as_berth_s_once() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));
    world.holdActs();
    sweepFor(Duration.ofMinutes(3));
    world.pass(Duration.ofSeconds(5));
    world.engine.ends("train", 137);
    world.restart();
    world.letActsGo();

    sweepFor(Duration.ofMinutes(5));

    assertThat(world.story("train").stream().filter(each -> each.startsWith("container.stop")))
        .containsExactly("container.stop:done");
    assertThat(world.lastEvent("container.warn").path("details").path("ended_by").asText())
        .isEqualTo("berth");
  }

  @Test
  void stops_are_capped_by_sweep_and_by_hour() {
    world.book(World.ENFORCE + "  max_stops_per_sweep: 2\n  max_stops_per_hour: 5\n");
    for (int i = 0; i < 9; i++) {
      sleeper("train" + i);
    }
    sweepFor(Duration.ofMinutes(32));
    assertThat(world.engine.calls()).hasSize(2);

    sweepFor(Duration.ofMinutes(20));
    assertThat(world.engine.calls()).hasSize(5);
    sweepFor(Duration.ofMinutes(60));
    assertThat(world.engine.calls()).hasSize(9);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void the_breaker_stops_mass_stops_until_an_admin_approves_exactly_those(boolean restarts) {
    world.book(World.ENFORCE.replace("breaker_share: 1", "breaker_share: 0.5"));
    for (int i = 0; i < 6; i++) {
      sleeper("train" + i);
    }
    sweepFor(Duration.ofHours(2));
    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.isBreakerTripped()).isTrue();
    assertThat(world.sweeps().heldByBreaker()).hasSize(6);

    world.sweeps().approve(Set.of(Containers.idOf("train3")), "root", "ada has left", World.START);
    sweepFor(Duration.ofMinutes(5));

    assertThat(world.engine.calls()).containsExactly("stop train3");

    if (restarts) {
      world.restart();
    }
    world.engine.start("train3");
    world.pulse.idleSince("train3", world.now());
    sweepFor(Duration.ofHours(1));
    assertThat(world.isBreakerTripped()).isTrue();
    assertThat(world.engine.calls()).as("once").hasSize(1);
  }

  @Test
  void two_limits_never_act_twice_on_one_container() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 30m\n");
    sleeper("train");

    sweepFor(Duration.ofHours(2));

    assertThat(world.engine.calls()).containsExactly("stop train");
  }

  @Test
  void a_limit_that_is_reached_while_the_stop_for_another_goes_on_is_no_second_stop() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 30m\n");
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));
    world.holdActs();

    sweepFor(Duration.ofMinutes(5));
    world.letActsGo();

    assertThat(world.engine.calls()).containsExactly("stop train");
    assertThat(world.story("train").stream().filter(each -> each.startsWith("container.stop")))
        .containsExactly("container.stop:done");
  }

  /** Both jobs have looked before either begins. */
  @Test
  void two_limits_that_are_reached_at_one_moment_are_one_act() {
    world.book(World.ENFORCE + "defaults:\n  max_runtime: 31m\n");
    sleeper("train");
    sweepFor(Duration.ofMinutes(8));
    sleeper("other"); // whose owner is warned in the sweep that wants train stopped
    sweepFor(Duration.ofMinutes(23));
    world.pass(Duration.ofSeconds(70));
    world.whileTelling(() -> world.sweep(JobName.MAX_RUNTIME));
    world.holdActs();

    world.sweep(JobName.IDLE_STOP);
    world.letActsGo();

    assertThat(world.engine.calls()).containsExactly("stop train");
    assertThat(world.story("train").stream().filter(each -> each.startsWith("container.stop")))
        .containsExactly("container.stop:done");
  }

  /** By the boot where nobody can tell when the Engine started. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void idle_time_of_before_the_boot_or_the_start_of_the_engine_does_not_count(boolean boot) {
    sleeper("train");
    sweepFor(Duration.ofMinutes(10));
    world.hostTells(
        boot ? world.now() : World.START.minus(Duration.ofDays(9)), boot ? null : world.now());

    sweepFor(Duration.ofMinutes(29));
    assertThat(world.engine.calls()).isEmpty();
    sweepFor(Duration.ofMinutes(4));
    assertThat(world.engine.calls()).containsExactly("stop train");
  }

  @Test
  void a_clock_that_jumps_forward_makes_nothing_due() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(10));

    world.clockJumps(Duration.ofHours(20));
    sweepFor(Duration.ofMinutes(19));

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_plan_for_later_says_what_would_be_done_and_does_nothing() {
    sleeper("train");
    sweepFor(Duration.ofMinutes(29));

    List<Opinion> now =
        world.sweeps().outlook().at(Mode.ENFORCE, world.now()).orElseThrow().opinions();
    List<Opinion> later =
        world
            .sweeps()
            .outlook()
            .at(Mode.ENFORCE, world.now().plus(Duration.ofHours(1)))
            .orElseThrow()
            .opinions();

    assertThat(acts(now)).isEmpty();
    assertThat(acts(later)).containsExactly("idle-stop train");
    assertThat(world.engine.calls()).isEmpty();
  }

  private static List<String> acts(List<Opinion> opinions) {
    return opinions.stream()
        .filter(each -> each.verdict() instanceof Verdict.Act)
        .map(each -> each.job().word() + " " + each.subject().container().name())
        .toList();
  }

  @Test
  void an_owner_who_is_exempt_from_idle_timeout_is_told_once_and_never_stopped() {
    world.bookWithExemption(World.ENFORCE, "ada", "idle_timeout");
    sleeper("train");

    sweepFor(Duration.ofHours(3));

    isSparedAndToldOnce("idle_timeout");
  }

  @Test
  void an_owner_who_is_exempt_from_max_runtime_is_told_once_and_never_stopped() {
    world.bookWithExemption(World.ENFORCE + "defaults:\n  max_runtime: 1h\n", "ada", "max_runtime");
    world.engine.run(Containers.running("train").owner("ada").gpu("0"));

    sweepFor(Duration.ofHours(3));

    isSparedAndToldOnce("max_runtime");
  }

  private void isSparedAndToldOnce(String reason) {
    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("train").stream().filter(each -> each.startsWith("exemption.applied")))
        .hasSize(1);
    assertThat(world.lastEvent("exemption.applied").path("details").path("reason").asText())
        .isEqualTo(reason);
    assertThat(world.told.stream().filter(each -> each.startsWith("EXEMPT train"))).hasSize(1);
  }

  // --- conflicts

  @Test
  void one_that_comes_back_to_a_gpu_that_became_another_s_is_stopped_where_that_is_configured() {
    world.book(World.ENFORCE + "policies:\n  gpu_conflict: stop\n");
    intruder();

    world.sweep(JobName.GPU_RELEASE);

    assertThat(world.engine.calls()).containsExactly("stop late");
    assertThat(world.lastEvent("container.stop").path("details").path("reason").asText())
        .isEqualTo("gpu_conflict");
    assertThat(world.engine.get("holder").state().isLive()).isTrue();
  }

  @Test
  void by_default_a_conflict_is_only_reported() {
    intruder();

    world.sweep(JobName.GPU_RELEASE);

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.lastEvent("gpu.conflict").path("details").path("container").asText())
        .isEqualTo("late");
    assertThat(world.told).anyMatch(each -> each.startsWith("CONFLICT late"));
  }

  @Test
  void a_conflict_whose_beginning_this_daemon_did_not_see_stops_nobody() {
    world.book(World.ENFORCE + "policies:\n  gpu_conflict: stop\n");
    intruder();
    world.pass(Duration.ofSeconds(1));
    world.restart();

    world.sweep(JobName.GPU_RELEASE);

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_conflict_of_two_that_never_lost_their_gpu_stops_nobody() {
    world.book(World.ENFORCE + "policies:\n  gpu_conflict: stop\n");
    world.gpus.full(2);
    world.engine.run(Containers.running("one").owner("ada").gpu("GPU-1"));
    world.sweep(JobName.RECONCILE);
    world.pass(Duration.ofMinutes(1));
    world.engine.run(Containers.running("two").owner("ben").gpu("GPU-1"));

    world.sweep(JobName.RECONCILE);
    world.sweep(JobName.GPU_RELEASE);

    assertThat(world.lastEvent("gpu.conflict").path("details").path("container").asText())
        .isEqualTo("two");
    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void one_that_comes_back_to_a_gpu_of_a_container_that_never_ran_is_only_reported() {
    world.book(World.ENFORCE + "policies:\n  gpu_conflict: stop\n");
    released();
    world.engine.has(Containers.created("draft").owner("ben").gpu("GPU-0").createdAt(world.now()));
    comesBack();

    world.sweep(JobName.GPU_RELEASE);

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void one_whose_protection_ended_while_it_ran_is_no_intruder() {
    world.book(World.ENFORCE + "policies:\n  gpu_conflict: stop\n");
    world.gpus.full(1);
    world.engine.run(Containers.running("first").owner("ada").gpu("GPU-0"));
    world.sweep(JobName.RECONCILE);
    world.protect("first");
    world.sweep(JobName.RECONCILE);
    world.pass(Duration.ofMinutes(1));
    world.engine.run(Containers.running("second").owner("ben").gpu("GPU-0"));
    world.sweep(JobName.RECONCILE);
    world.pass(Duration.ofMinutes(1));
    world.unprotect("first");

    world.sweep(JobName.RECONCILE);
    world.sweep(JobName.GPU_RELEASE);

    assertThat(world.engine.calls()).isEmpty();
  }

  /** Its hold was over, somebody else took the GPU, and it is started again. */
  private void intruder() {
    released();
    world.engine.run(Containers.running("holder").owner("ben").gpu("GPU-0"));
    comesBack();
  }

  private void comesBack() {
    world.sweep(JobName.RECONCILE);
    world.pass(Duration.ofMinutes(1));
    world.engine.start("late");
    world.sweep(JobName.RECONCILE);
  }

  private void released() {
    world.gpus.full(2);
    world.engine.run(Containers.running("late").owner("ada").gpu("GPU-0"));
    world.sweep(JobName.RECONCILE);
    world.engine.exits("late", 0);
    world.sweep(JobName.RECONCILE);
    world.pass(Duration.ofMinutes(16));
    world.sweep(JobName.GPU_RELEASE);
  }

  @Test
  void running_gpu_containers_are_sampled_and_nothing_else() {
    sleeper("train");
    sleeper("guarded");
    world.protect("guarded");
    world.engine.run(Containers.running("web"));
    world.engine.has(Containers.exited("done").gpu("0"));

    world.sweep(JobName.SAMPLE);

    assertThat(world.pulse.sampled()).containsExactly("train");
  }

  private void sleeper(String name) {
    world.engine.run(Containers.running(name).owner("ada").gpu("0"));
    world.pulse.idleSince(name, world.now());
  }

  /** The intent is written, and another daemon starts. */
  private void theDaemonEndsAsItStops(String name) {
    sleeper(name);
    sweepFor(Duration.ofMinutes(29));
    world.holdActs();
    sweepFor(Duration.ofMinutes(3));
    world.restart();
    world.letActsGo();
  }

  private void sweepFor(Duration time) {
    for (long minute = 0; minute < time.toMinutes(); minute++) {
      world.pass(Duration.ofMinutes(1));
      world.sweep(JobName.IDLE_STOP);
      world.sweep(JobName.MAX_RUNTIME);
      world.sweep(JobName.STALE_CLEANUP);
    }
  }
}
