package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Containers;
import io.berth.policies.JobName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepsTest {

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

  @Test
  void what_was_there_before_the_ledger_is_adopted_without_a_word() {
    world.engine.has(Containers.running("old"));

    world.sweepAll();

    assertThat(world.story("old")).isEmpty();
  }

  @Test
  void a_wrapper_that_ended_well_goes_after_ten_seconds() {
    world.engine.run(Containers.running("step").type("orchestration"));
    world.sweepAll();
    world.pass(Duration.ofSeconds(5));
    world.engine.exits("step", 0);
    world.sweepAll();

    world.pass(Duration.ofSeconds(10));
    world.sweepAll();

    assertThat(world.engine.calls()).containsExactly("remove step");
    assertThat(world.lastEvent("container.remove").path("details").path("reason").asText())
        .isEqualTo("two_state");
  }

  @Test
  void a_wrapper_that_was_stopped_keeps_its_hold() {
    world.engine.run(Containers.running("step").type("orchestration"));
    world.pass(Duration.ofSeconds(5));
    world.engine.stopped("step");

    world.sweepFor(Duration.ofMinutes(5));

    assertThat(world.engine.isThere("step")).isTrue();
  }

  @Test
  void a_wrapper_that_ended_unseen_keeps_its_hold() {
    world.engine.run(Containers.running("step").type("orchestration"));
    world.sweepAll();
    world.pass(Duration.ofSeconds(5));
    world.engine.ends("step", 0);
    world.pass(Duration.ofSeconds(5));
    world.restart();

    world.sweepFor(Duration.ofMinutes(5));

    assertThat(world.engine.isThere("step")).isTrue();
    assertThat(world.lastEvent("container.stop").path("details").path("ended_by").asText())
        .isEqualTo("unknown");
  }

  @Test
  void what_the_engine_stopped_by_going_down_is_kept_for_the_interrupted_hold() {
    world.engine.run(Containers.running("train").owner("ada"));
    world.engine.run(Containers.running("done"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(5));
    world.engine.exits("done", 0);
    world.sweepFor(Duration.ofMinutes(5));

    world.engineRestarts(
        () -> {
          world.pass(Duration.ofSeconds(10));
          world.engine.ends("train", 137);
          world.pass(Duration.ofSeconds(10));
        });
    world.sweepFor(Duration.ofHours(23));

    assertThat(world.engine.isThere("train")).isTrue();
    assertThat(world.engine.isThere("done")).isFalse();
    assertThat(world.lastEvent("container.stop").path("details").path("ended_by").asText())
        .isEqualTo("engine");

    world.sweepFor(Duration.ofMinutes(70));
    assertThat(world.engine.isThere("train")).isFalse();
  }

  @Test
  void what_the_host_stopped_by_going_down_is_kept_for_the_interrupted_hold() {
    world.engine.run(Containers.running("train"));
    world.sweepFor(Duration.ofMinutes(5));

    world.engine.goesDown();
    world.engine.ends("train", 255);
    world.hostReboots(Duration.ofMinutes(3));
    world.sweepFor(Duration.ofHours(23));

    assertThat(world.engine.isThere("train")).isTrue();
    assertThat(world.lastEvent("container.stop").path("details").path("ended_by").asText())
        .isEqualTo("engine");
    world.sweepFor(Duration.ofMinutes(70));
    assertThat(world.engine.isThere("train")).isFalse();
  }

  @Test
  void what_the_engine_stops_while_it_shuts_down_is_not_told_before_it_is_back() {
    world.engine.run(Containers.running("train"));
    world.sweepAll();

    world.engine.shutsDown();
    Sweeps.Report report = world.sweep(JobName.STALE_CLEANUP);
    world.pass(Duration.ofMinutes(40)); // one that takes its time
    world.sweepAll();
    assertThat(report.skipped()).contains("no new connection");
    assertThat(world.story("train")).doesNotContain("container.stop:done");

    world.engineRestarts(() -> {});
    world.sweepAll();
    assertThat(world.lastEvent("container.stop").path("details").path("ended_by").asText())
        .isEqualTo("engine");
  }

  @Test
  void a_stop_seen_before_the_stream_broke_is_still_told_from_the_users_own() {
    world.engine.run(Containers.running("train"));
    world.sweepFor(Duration.ofMinutes(5));
    world.engine.stopped("train"); // by the Engine on its way down: its events still come
    world.sweepAll();
    world.pass(Duration.ofSeconds(8));

    world.engineRestarts(() -> world.pass(Duration.ofSeconds(4)));
    world.sweepFor(Duration.ofHours(23));

    assertThat(world.engine.isThere("train")).isTrue();
  }

  @Test
  void a_container_restarted_by_its_policy_is_told_as_the_engines_doing() {
    world.engine.run(Containers.running("crash").restartPolicy("always"));
    world.sweepAll();
    world.pass(Duration.ofSeconds(30));

    world.engine.has(
        Containers.from(world.engine.get("crash"))
            .restartCount(1)
            .finishedAt(world.now().minusSeconds(1))
            .startedAt(world.now()));
    world.sweep(JobName.RECONCILE);

    assertThat(world.story("crash")).endsWith("container.stop:done", "container.start:done");
    assertThat(world.lastEvent("container.start").path("details").path("by").asText())
        .isEqualTo("engine");
  }

  @Test
  void observe_tells_once_what_it_would_do_and_touches_nothing() {
    world.disable(true);
    world.engine.has(Containers.created("litter").mount("bind", "/home/ada/x", "/x"));

    world.sweepFor(Duration.ofHours(2));

    assertThat(world.sweep(JobName.CREATED_CLEANUP).skipped()).isEmpty();
    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("litter")).containsExactly("container.remove:would");
    assertThat(world.tally.acts)
        .containsExactly("created-cleanup remove created_never_started would");
    JsonNode details = world.lastEvent("container.remove").path("details");
    assertThat(details.path("mode").asText()).isEqualTo("observe");
    assertThat(details.path("mounts").path(0).path("source").asText()).isEqualTo("/home/ada/x");
  }

  @Test
  void a_single_job_can_be_kept_in_observe() {
    world.book(World.ENFORCE + "  jobs:\n    created-cleanup: observe\n");
    world.engine.has(Containers.created("litter"));
    world.engine.run(Containers.running("done"));
    world.engine.exits("done", 0);

    world.sweepFor(Duration.ofMinutes(40));

    assertThat(world.engine.calls()).containsExactly("remove done");
    assertThat(world.story("litter")).containsExactly("container.remove:would");
  }

  @Test
  void the_cap_lets_the_oldest_go_first_and_counts_the_rest() {
    world.book(World.ENFORCE + "  max_removals_per_sweep: 2\n");
    world.engine.has(Containers.created("first"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(1));
    world.engine.has(Containers.created("third"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(1));
    world.engine.has(Containers.created("second"));
    world.engine.has(Containers.created("fourth"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(40));

    Sweeps.Report report = world.sweep(JobName.CREATED_CLEANUP);

    assertThat(world.engine.calls()).containsExactly("remove first", "remove third");
    assertThat(report.acts())
        .extracting(CompletableFuture::join)
        .containsExactly(Outcome.DONE, Outcome.DONE);
    assertThat(report.heldBack()).containsEntry("max_removals_per_sweep", 2);
    assertThat(world.tally.heldBack).containsExactly("created-cleanup max_removals_per_sweep 2");
    assertThat(world.tally.acts)
        .containsExactly(
            "created-cleanup remove created_never_started done",
            "created-cleanup remove created_never_started done");
  }

  @Test
  void under_a_cap_the_one_that_was_due_first_goes_first_wherever_the_engine_lists_it() {
    world.book(World.ENFORCE + "  max_removals_per_sweep: 1\n");
    List<String> names = List.of("a", "b", "c", "d");
    names.forEach(name -> world.engine.run(Containers.running(name)));
    for (String name : List.of("c", "a", "d", "b")) {
      world.pass(Duration.ofMinutes(1));
      world.engine.exits(name, 0);
      world.sweepAll();
    }
    world.pass(Duration.ofMinutes(40));

    names.forEach(name -> world.sweep(JobName.STALE_CLEANUP));

    assertThat(world.engine.calls())
        .containsExactly("remove c", "remove a", "remove d", "remove b");
  }

  @Test
  void nothing_is_removed_in_the_startup_grace() {
    world.book(World.ENFORCE.replace("startup_grace: 0s", "startup_grace: 40m"));
    world.engine.has(Containers.created("litter"));

    world.sweepFor(Duration.ofMinutes(39));
    assertThat(world.engine.calls()).isEmpty();
    world.sweepFor(Duration.ofMinutes(2));
    assertThat(world.engine.calls()).containsExactly("remove litter");
  }

  @Test
  void nothing_is_removed_in_the_boot_grace() {
    world.book(World.ENFORCE.replace("boot_grace: 0s", "boot_grace: 2h"));
    world.hostReboots(Duration.ofMinutes(3));
    world.engine.has(Containers.created("litter"));
    world.sweepAll();

    world.sweepFor(Duration.ofMinutes(100));
    assertThat(world.engine.calls()).isEmpty();
    world.sweepFor(Duration.ofMinutes(25));
    assertThat(world.engine.calls()).containsExactly("remove litter");
  }

  @Test
  void the_scope_keeps_what_nobody_owns() {
    world.book(World.ENFORCE + "  cleanup_scope: owned\n");
    world.engine.has(Containers.created("nobodys"));
    world.engine.has(Containers.created("adas").owner("ada"));

    world.sweepFor(Duration.ofMinutes(31));

    assertThat(world.engine.calls()).containsExactly("remove adas");
  }

  @Test
  void the_scope_keeps_what_asks_for_no_gpu() {
    world.book(World.ENFORCE + "  cleanup_scope: gpu\n");
    world.engine.has(Containers.created("web"));
    world.engine.has(Containers.created("train").gpu("0"));

    world.sweepFor(Duration.ofMinutes(31));

    assertThat(world.engine.calls()).containsExactly("remove train");
  }

  @Test
  void an_act_in_hand_is_not_begun_again() {
    world.engine.has(Containers.created("slow"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();

    world.sweepAll();
    Sweeps.Report second = world.sweep(JobName.CREATED_CLEANUP);
    world.carryOut();

    assertThat(second.acts()).isEmpty();
    assertThat(world.engine.calls()).hasSize(1);
  }

  @Test
  void a_daemon_about_to_end_begins_nothing_more() {
    world.engine.has(Containers.created("litter"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.holdActs();
    world.sweepAll();

    world.stopping();
    world.carryOut();

    assertThat(world.engine.calls()).isEmpty();
    assertThat(world.story("litter")).containsExactly("container.remove:dropped");
  }

  @Test
  void a_failing_engine_is_told_once_a_streak() {
    world.engine.goesDown();
    world.sweepFor(Duration.ofMinutes(10));
    world.engine.comesUp();
    world.sweepAll();
    world.engine.goesDown();
    world.sweepFor(Duration.ofMinutes(10));

    List<JsonNode> errors =
        world.events().stream()
            .filter(event -> event.path("event_type").asText().equals("sweep.error"))
            .filter(event -> event.path("source").asText().equals("stale-cleanup"))
            .toList();

    assertThat(errors).hasSize(2);
  }

  @Test
  void two_containers_of_one_name_are_two() {
    world.engine.has(Containers.created("train"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(29));
    world.engine.removed("train");
    world.engine.has(Containers.created("train").id("f".repeat(64)));

    world.sweepFor(Duration.ofMinutes(29));

    assertThat(world.engine.calls()).isEmpty();
  }
}
