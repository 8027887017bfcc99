package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What changes in the middle: between look, verdict, act and record, and between two jobs. */
class RacesTest {

  @TempDir Path folder;
  private World world;

  @BeforeEach
  void enforce() {
    world = new World(folder, World.ENFORCE);
    world.sweepAll();
  }

  @AfterEach
  void close() {
    world.close();
  }

  // --- between verdict and act

  @Test
  void a_book_that_protects_it_since_the_verdict_counts() {
    litterIsDue();

    world.book(World.ENFORCE + "monitoring:\n  infrastructure_containers: [litter]\n");
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(lastDetail())
        .isEqualTo("the mode, the policies, the clock or the Engine changed since");
  }

  @Test
  void a_switch_to_observe_since_the_verdict_counts() {
    litterIsDue();

    world.disable(true);
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("litter")).containsExactly("container.remove:dropped");
  }

  @Test
  void a_switch_to_observe_and_back_since_the_verdict_counts() {
    litterIsDue();

    world.disable(true);
    world.sweepAll();
    world.disable(false);
    world.sweepAll();
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_jump_of_the_clock_that_another_job_dealt_with_counts() {
    litterIsDue();

    world.clockJumps(Duration.ofHours(3));
    world.sweep(JobName.RECONCILE);
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_breaker_that_another_job_tripped_since_the_verdict_counts() {
    world.book(World.ENFORCE.replace("breaker_share: 1", "breaker_share: 0.5"));
    for (int i = 0; i < 9; i++) {
      world.engine.run(Containers.running("done" + i));
      world.engine.exits("done" + i, 0);
    }
    litterIsDue();

    world.sweep(JobName.STALE_CLEANUP);
    world.carryOut();

    assertThat(world.isBreakerTripped()).isTrue();
    assertThat(world.engine.calls()).isEmpty();
    assertThat(lastDetail()).isEqualTo("the breaker tripped since");
  }

  @Test
  void one_that_is_gone_or_can_not_be_looked_at_any_more_is_not_touched() {
    litterIsDue();
    world.engine.goesDown();
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("litter")).containsExactly("container.remove:failed");
    assertThat(lastDetail()).isEqualTo("it could not be inspected again: nobody listens");

    world.engine.comesUp();
    world.pass(Duration.ofMinutes(1));
    world.sweep(JobName.CREATED_CLEANUP);
    world.engine.removed("litter");
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(lastDetail()).isEqualTo("it was gone already");
  }

  @Test
  void an_engine_that_started_anew_since_the_verdict_begins_the_clock_anew() {
    litterIsDue();

    world.pass(Duration.ofSeconds(10));
    world.engineRestarts(() -> world.pass(Duration.ofSeconds(10)));
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(lastDetail())
        .isEqualTo("the mode, the policies, the clock or the Engine changed since");
    world.letActsGo();
    world.sweepFor(Duration.ofMinutes(29));
    assertThat(world.engine.isThere("litter")).isTrue();
    world.sweepFor(Duration.ofMinutes(2));
    assertThat(world.engine.isThere("litter")).isFalse();
  }

  @Test
  void an_event_stream_that_broke_since_the_verdict_counts_where_the_engine_s_start_is_unknown() {
    world.hostTells(world.now(), null);
    litterIsDue();

    world.engine.goesDown();
    world.engine.comesUp();
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(lastDetail())
        .isEqualTo("the mode, the policies, the clock or the Engine changed since");
    world.letActsGo();
    world.sweepFor(Duration.ofMinutes(32));
    assertThat(world.engine.isThere("litter")).isFalse();
  }

  @Test
  void an_act_that_fails_unexpectedly_is_told_as_failed_and_tried_again_later() {
    litterIsDue();
    world.engine.during(
        "remove",
        () -> {
          throw new IllegalStateException("a bug");
        });
    world.carryOut();

    assertThat(world.story("litter")).containsExactly("container.remove:failed");
    assertThat(lastDetail()).contains("a bug");
    assertThat(openIntents()).isEmpty();
    world.letActsGo();
    world.sweepFor(Duration.ofMinutes(2));
    assertThat(world.engine.isThere("litter")).isFalse();
  }

  @Test
  void acts_that_no_lane_takes_on_are_closed_and_wanted_again() {
    litter();
    world.closeLanes();
    Sweeps.Report report = world.sweep(JobName.CREATED_CLEANUP);

    assertThat(report.acts()).extracting(CompletableFuture::join).containsExactly(Outcome.DROPPED);
    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("litter")).containsExactly("container.remove:dropped");
    assertThat(openIntents()).isEmpty();

    world.restart();
    world.sweepAll();
    assertThat(world.engine.calls()).containsExactly("remove litter");
  }

  @Test
  void what_the_engine_refuses_again_and_again_is_not_asked_every_minute() {
    litter();
    world.engine.answers("litter", new ActResult(ActResult.Kind.REFUSED, "removal in progress"));

    world.sweepFor(Duration.ofMinutes(14));

    assertThat(world.engine.calls()).hasSize(4); // at once, and after 1, 3 and 7 minutes
  }

  @Test
  void what_was_refused_and_done_at_last_is_asked_as_often_as_any_other_the_next_time() {
    ActResult refusal = new ActResult(ActResult.Kind.REFUSED, "removal in progress");
    litter();
    world.engine.answers("litter", refusal);
    world.sweepFor(Duration.ofMinutes(14));
    world.engine.answersAsUsual("litter");
    world.sweepFor(Duration.ofMinutes(8));
    assertThat(world.engine.isThere("litter")).isFalse();
    world.engine.calls().clear();

    litter();
    world.engine.answers("litter", refusal);
    world.sweepFor(Duration.ofMinutes(14));

    assertThat(world.engine.calls()).hasSize(4);
  }

  @Test
  void another_start_or_end_than_the_verdict_rests_on_counts() {
    for (String name : List.of("started", "ended")) {
      world.engine.run(Containers.running(name));
      world.engine.exits(name, 0);
    }
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();

    Instant later = World.START.plusNanos(1);
    world.engine.has(Containers.from(world.engine.get("started")).startedAt(later));
    world.engine.has(Containers.from(world.engine.get("ended")).finishedAt(later));
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_hold_that_ends_while_its_sweep_is_about_to_promise_it_for_longer_stops_nobody_else() {
    world.gpus.full(2);
    world.engine.run(Containers.running("first").owner("ada").gpu("0"));
    world.engine.run(Containers.running("second").owner("bob").gpu("1"));
    world.sweep(JobName.RECONCILE);
    world.engine.exits("first", 0);
    world.engine.exits("second", 0);
    world.sweepAll();
    assertThat(world.story("second")).contains("gpu.hold:done");
    world.pass(Duration.ofMinutes(16));
    world.book(World.ENFORCE + "user_overrides: {bob: {gpu_hold_after_stop: 1h}}\n");
    Allocator allocator =
        new Allocator(
            world.engine, world.ledger(), world.gpus, world.processes(), world::now, world::book);

    world.engine.during("inspect", () -> allocator.release("second", Mode.ENFORCE));

    assertThat(world.sweep(JobName.GPU_RELEASE).skipped()).isEmpty();
    assertThat(world.ledger().read(tables -> tables.devices().allocation()).claims()).isEmpty();
  }

  // --- while looking

  @Test
  void a_clock_set_back_while_looking_takes_nothing_from_what_is_first_seen_then() {
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);

    world.engine.during("list", () -> world.clockJumps(Duration.ofDays(-3)));
    Sweeps.Report report = world.sweep(JobName.STALE_CLEANUP);
    world.sweepFor(Duration.ofMinutes(29));

    assertThat(report.skipped()).contains("the clock jumped");
    assertThat(world.engine.isThere("train")).isTrue();
    world.sweepFor(Duration.ofMinutes(3));
    assertThat(world.engine.isThere("train")).isFalse();
  }

  @Test
  void a_clock_set_forward_while_looking_makes_nothing_due() {
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);
    world.sweepAll();

    world.engine.during(
        "list",
        () -> {
          world.clockJumps(Duration.ofDays(3));
          world.sweep(JobName.CREATED_CLEANUP);
        });
    world.sweep(JobName.STALE_CLEANUP);
    world.sweepFor(Duration.ofMinutes(28));

    assertThat(world.engine.isThere("train")).isTrue();
  }

  @Test
  void a_hold_starts_no_earlier_than_the_stop_that_a_slow_look_sees() {
    world.engine.run(Containers.running("step"));
    world.sweepAll();

    world.engine.during(
        "list",
        () -> {
          world.pass(Duration.ofSeconds(20));
          world.engine.exits("step", 0);
        });
    world.sweep(JobName.STALE_CLEANUP);

    assertThat(world.lastEvent("container.warn").path("details").path("at").asText())
        .isEqualTo(World.START.plusSeconds(20).plus(Duration.ofMinutes(30)).toString());
  }

  /** What the look saw is older than the removal that another job has recorded meanwhile. */
  @Test
  void what_is_removed_before_a_look_is_recorded_is_not_brought_back_by_it() {
    litter();
    world.engine.has(Containers.from(world.engine.get("litter")).owner("bob"));

    world.whileIdentifying(() -> world.sweep(JobName.CREATED_CLEANUP));
    world.sweep(JobName.RECONCILE);
    world.sweep(JobName.RECONCILE);

    assertThat(world.engine.calls()).containsExactly("remove litter");
    assertThat(removals()).hasSize(1);
  }

  @Test
  void what_its_owner_pauses_before_a_look_is_recorded_is_told_once() {
    world.engine.run(Containers.running("train"));
    world.sweep(JobName.RECONCILE);
    Known known = world.ledger().read(Tables::known).values().iterator().next();
    world.engine.has(Containers.from(world.engine.get("train")).owner("bob"));

    world.whileIdentifying(
        () -> world.sweeps().freezer().carryOut(Freezer.Wish.PAUSE, known, "ada", Mode.ENFORCE));
    world.sweep(JobName.RECONCILE);
    world.sweep(JobName.RECONCILE);

    assertThat(world.events())
        .extracting(event -> event.path("event_type").asText())
        .containsOnlyOnce("container.pause")
        .doesNotContain("container.unpause");
  }

  @Test
  void a_sweep_that_fails_unexpectedly_is_told_and_tried_again() {
    world.engine.during(
        "list",
        () -> {
          throw new IllegalStateException("a bug");
        });

    assertThat(world.sweep(JobName.RECONCILE).skipped()).contains("a bug");
    assertThat(world.sweep(JobName.RECONCILE).skipped()).isEmpty();
    assertThat(world.lastEvent("sweep.error").path("source").asText()).isEqualTo("reconcile");
  }

  // --- left over by a daemon that ended, or by a ledger that could not be written

  @Test
  void what_a_daemon_left_over_is_recorded_once_by_two_jobs_at_once() {
    litterIsDue();
    world.restart();
    world.sweep(JobName.RECONCILE);

    world.engine.during("inspect", () -> world.sweep(JobName.STALE_CLEANUP));
    Sweeps.Report report = world.sweep(JobName.CREATED_CLEANUP);

    assertThat(report.skipped()).isEmpty();
    assertThat(world.story("litter")).containsExactly("container.remove:dropped");
    assertThat(world.ledger().isHealthy()).isTrue();
  }

  @Test
  void what_a_daemon_left_over_is_recorded_in_observe_as_well() {
    litterIsDue();
    world.engine.removed("litter");
    world.disable(true);
    world.restart();

    world.sweepAll();

    assertThat(openIntents()).isEmpty();
    assertThat(world.story("litter")).containsExactly("container.remove:done");
  }

  /** The other job's look is the newer one; the intent is written after it all the same. */
  @Test
  void a_removal_that_another_job_told_of_as_somebody_elses_is_not_told_again_as_left_over() {
    world.engine.run(Containers.running("train"));
    world.engine.exits("train", 0);
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.engine.run(Containers.running("other"));
    world.engine.exits("other", 0); // whose owner is told of it in the sweep that wants train gone
    world.whileTelling(
        () -> {
          world.engine.removed("train");
          world.sweep(JobName.RECONCILE);
        });
    world.holdActs();
    world.sweep(JobName.STALE_CLEANUP);
    assertThat(openIntents()).hasSize(1);
    world.restart();

    world.sweepAll();
    world.sweepAll();

    assertThat(world.story("train").stream().filter(each -> each.startsWith("container.remove")))
        .containsExactly("container.remove:done", "container.remove:dropped");
    assertThat(openIntents()).isEmpty();
  }

  @Test
  void what_a_daemon_left_over_is_told_with_owner_and_type() {
    world.userDatabase(new UserDatabase.Answer.Found("ada"));
    world.engine.has(Containers.created("litter").owner("ada"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();
    world.restart();

    world.sweepAll();

    JsonNode details = world.lastEvent("container.remove").path("details");
    assertThat(details.path("container_type").asText()).isEqualTo("docker");
    assertThat(details.path("owner_source").asText()).isEqualTo("label:ds01.user");
  }

  @ParameterizedTest
  @CsvSource({
    "RUNNING, container.pause, PAUSED, done",
    "RUNNING, container.pause, RUNNING, dropped",
    "PAUSED, container.unpause, RUNNING, done",
    "PAUSED, container.unpause, PAUSED, dropped",
  })
  void what_people_asked_for_and_a_daemon_left_over_is_told_once_as_the_engine_shows_it(
      State before, String act, State after, String outcome) {
    world.engine.has(Containers.running("train").state(before));
    world.sweepAll();
    world.ledger().update(tables -> tables.append(intentOf(act)));
    world.engine.has(Containers.from(world.engine.get("train")).state(after));
    world.restart();

    world.sweepAll();
    world.sweepAll();

    assertThat(world.story("train")).containsExactly(act + ":" + outcome);
    JsonNode details = world.lastEvent(act).path("details");
    assertThat(details.path("by").asText()).isEqualTo("user");
    assertThat(details.path("mode").asText()).isEqualTo("observe");
    assertThat(openIntents()).isEmpty();
  }

  private JournalEntry intentOf(String act) {
    return new JournalEntry(
        0,
        world.now(),
        JournalEntry.Kind.INTENT,
        Containers.idOf("train"),
        "train",
        "ada",
        act,
        "manual",
        "cli",
        "observe",
        null,
        null,
        null);
  }

  @Test
  void an_outcome_that_could_not_be_written_is_written_later_and_once() {
    litter();
    world.refuse("journal", "NEW.kind = 'OUTCOME'");
    world.sweepAll();
    world.sweepAll();
    assertThat(world.engine.calls()).containsExactly("remove litter");
    assertThat(world.story("litter")).isEmpty();

    world.accept("journal");
    world.sweepAll();
    world.sweepAll();

    assertThat(world.story("litter")).containsExactly("container.remove:done");
    assertThat(openIntents()).isEmpty();
  }

  @Test
  void without_an_intent_in_the_journal_there_is_no_act() {
    litter();
    world.refuse("journal", "NEW.kind = 'INTENT'");

    Sweeps.Report report = world.sweep(JobName.CREATED_CLEANUP);

    assertThat(report.skipped()).contains("refused by the test");
    assertThat(world.engine.calls()).isEmpty();

    world.accept("journal");
    world.sweepAll();
    assertThat(world.engine.calls()).containsExactly("remove litter");
  }

  // --- the clock goes back

  @Test
  void what_was_wanted_before_the_clock_went_back_does_not_count_until_then() {
    world.book(World.ENFORCE.replace("breaker_share: 1", "breaker_share: 0.5"));
    for (int i = 0; i < 12; i++) {
      world.engine.has(Containers.created("litter" + i));
    }
    world.sweepAll();
    world.sweepFor(Duration.ofMinutes(31));
    assertThat(world.isBreakerTripped()).isTrue();
    for (int i = 0; i < 12; i++) {
      world.engine.removed("litter" + i);
    }

    world.clockJumps(Duration.ofDays(-300));
    world.sweepFor(Duration.ofMinutes(12));

    assertThat(world.isBreakerTripped()).isFalse();
  }

  @Test
  void the_intent_comes_before_the_act() {
    litter();
    Instant[] intended = new Instant[1];
    world.engine.during(
        "remove",
        () -> intended[0] = openIntents().stream().map(JournalEntry::at).findFirst().orElse(null));

    world.sweepAll();

    assertThat(intended[0]).isEqualTo(world.now());
  }

  private List<JsonNode> removals() {
    return world.events().stream()
        .filter(event -> event.path("event_type").asText().equals("container.remove"))
        .toList();
  }

  private List<JournalEntry> openIntents() {
    return world.ledger().read(tables -> tables.openIntents());
  }

  private void litter() {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
  }

  /** Its removal is begun and not carried out yet. */
  private void litterIsDue() {
    litter();
    world.holdActs();
    world.sweep(JobName.CREATED_CLEANUP);
  }

  private String lastDetail() {
    List<JournalEntry> journal = world.journalOf("litter");
    assertThat(journal).isNotEmpty();
    return world.lastEvent("container.remove").path("details").path("detail").asText();
  }
}
