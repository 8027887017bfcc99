package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.Foresight.Opinion;
import io.berth.jobs.Foresight.Warning;
import io.berth.jobs.Prospect.Moved;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another book would change is said before it is loaded, and is what happens then. */
class OutlookTest {

  private static final String SHORT = World.ENFORCE + "defaults: {idle_timeout: 10m}\n";
  private static final String GUARDED =
      World.ENFORCE.replace("breaker_share: 1", "breaker_share: 0.5");

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
  void the_same_book_changes_nothing() {
    sleeper("train");
    sweepFor(20);

    assertThat(compared(World.ENFORCE).moved()).isEmpty();
    assertThat(compared(World.ENFORCE).rushes()).isEmpty();
  }

  @Test
  void a_shorter_limit_gives_another_time_that_has_the_full_notice_in_it() {
    sleeper("train");
    Instant enforcing = world.now().plus(Duration.ofMinutes(1)); // from the first sweep on
    sweepFor(20);

    Moved moved = only(SHORT);

    assertThat(moved.job()).isEqualTo(JobName.IDLE_STOP);
    assertThat(due(moved.before())).isEqualTo(enforcing.plus(Duration.ofMinutes(30)));
    assertThat(due(moved.after())).isEqualTo(world.now().plus(Duration.ofMinutes(2)));
  }

  @Test
  void what_was_foreseen_is_what_happens() {
    sleeper("train");
    sweepFor(20);
    Instant foreseen = due(only(SHORT).after());

    world.book(SHORT);
    List<Instant> stopped = new ArrayList<>();
    for (int second = 0; stopped.isEmpty() && second < 600; second++) {
      world.sweep(JobName.IDLE_STOP);
      if (world.engine.calls().contains("stop train")) {
        stopped.add(world.now());
      }
      world.pass(Duration.ofSeconds(1));
    }

    assertThat(stopped).singleElement().satisfies(at -> assertThat(at).isEqualTo(foreseen));
    assertThat(world.told.stream().map(each -> each.split(" ", -1)[0]))
        .containsSubsequence("WARNED", "WARNED_LAST", "STOPPED");
  }

  @Test
  void asking_records_nothing_and_touches_nothing() {
    sleeper("train");
    world.engine.run(Containers.running("stray").label("team", "ada").gpu("1"));
    sweepFor(20);
    int events = world.events().size();

    compared(SHORT + "ownership: {labels: [team]}\n");

    assertThat(world.events()).hasSize(events);
    Collection<Known> known = world.ledger().read(tables -> tables.known().values());
    assertThat(known)
        .anySatisfy(
            each -> {
              assertThat(each.name()).isEqualTo("stray");
              assertThat(each.owner().isKnown()).isFalse();
            });
    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_limit_that_ends_or_begins_is_told_by_an_act_that_is_on_one_side_only() {
    sleeper("train");
    sweepFor(5);
    String never = World.ENFORCE + "defaults: {idle_timeout: never}\n";

    assertThat(only(never).after()).isNull();
    world.book(never);
    sweepFor(1);
    assertThat(only(World.ENFORCE).before()).isNull();
  }

  @Test
  void one_that_becomes_infrastructure_is_left_alone() {
    sleeper("train");
    sweepFor(5);

    Prospect prospect =
        compared(World.ENFORCE + "monitoring: {infrastructure_containers: [train]}\n");

    assertThat(prospect.moved())
        .extracting(Moved::job, Moved::after)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(JobName.IDLE_STOP, null),
            org.assertj.core.groups.Tuple.tuple(JobName.MAX_RUNTIME, null));
  }

  @Test
  void another_act_at_the_same_time_is_told_as_well() {
    sleeper("train");
    sweepFor(5);

    Moved moved = only(World.ENFORCE + "defaults: {idle_action: pause}\n");

    assertThat(due(moved.after())).isEqualTo(due(moved.before()));
    assertThat(Objects.requireNonNull(moved.after()).cause().action().word()).isEqualTo("pause");
  }

  @Test
  void a_lower_threshold_of_demand_counts_at_once() {
    world.gpus.full(2);
    sleeper("train");
    sweepFor(5);

    Moved moved = only(World.ENFORCE + "policies: {high_demand_threshold: 0.4}\n");

    assertThat(due(moved.after())).isEqualTo(due(moved.before()).minus(Duration.ofMinutes(15)));
  }

  @Test
  void a_switch_to_enforce_by_the_book_begins_everything_anew() {
    String observe = World.ENFORCE.replace("mode: enforce", "mode: observe");
    world.book(observe);
    sleeper("train");
    sweepFor(60);

    Prospect prospect = compared(World.ENFORCE);

    assertThat(prospect.moved())
        .filteredOn(each -> each.job() == JobName.IDLE_STOP)
        .singleElement()
        .satisfies(
            each ->
                assertThat(due(each.after())).isEqualTo(world.now().plus(Duration.ofMinutes(30))));
  }

  @Test
  void many_that_would_fall_due_at_once_would_trip_the_breaker_or_exceed_the_caps() {
    world.book(World.ENFORCE + "defaults: {idle_timeout: 1d}\n");
    for (int i = 0; i < 12; i++) {
      sleeper("train" + i);
      sweepFor(11); // more than the breaker's ten minutes apart
    }
    assertThat(compared(World.ENFORCE + "defaults: {idle_timeout: 1d}\n").rushes()).isEmpty();

    Rush rush = compared(GUARDED + "defaults: {idle_timeout: 10m}\n").rushes().get(0);
    assertThat(rush.stops()).isEqualTo(12);
    assertThat(rush.removals()).isZero();
    assertThat(rush.trips()).isTrue();
    assertThat(rush.from()).isEqualTo(world.now().plus(Duration.ofMinutes(2)));

    assertThat(compared(SHORT).rushes())
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.trips()).isFalse();
              assertThat(each.heldBack()).containsEntry("max_stops_per_sweep", 2);
            });
    assertThat(world.isBreakerTripped()).isFalse();
  }

  @Test
  void caps_count_for_one_sweep_of_one_job() {
    world.book(World.ENFORCE + "  max_stops_per_sweep: 2\n");
    for (int i = 0; i < 6; i++) {
      sleeper("train" + i);
      sweepFor(1);
    }

    assertThat(foreseen().rushes()).isEmpty(); // one a minute, and a sweep a minute

    world.book(World.ENFORCE + "  max_stops_per_sweep: 2\nschedules: {idle-stop: every 10m}\n");
    assertThat(foreseen().rushes())
        .singleElement()
        .satisfies(each -> assertThat(each.heldBack()).isEqualTo(Map.of("max_stops_per_sweep", 4)));
  }

  @Test
  void what_a_sweep_leaves_is_wanted_by_the_next_one_as_well() {
    world.book(World.ENFORCE + "  max_stops_per_sweep: 2\n");
    sweepFor(1); // it enforces from here on
    for (String name : List.of("one", "two", "three")) {
      sleeper(name);
    }
    sweepFor(1);
    sleeper("four");
    sleeper("five");
    sweepFor(1);

    assertThat(foreseen().rushes()) // two go, one and two go, and then the last
        .singleElement()
        .satisfies(each -> assertThat(each.heldBack()).isEqualTo(Map.of("max_stops_per_sweep", 2)));

    List<Long> stops = new ArrayList<>();
    for (int minute = 0; minute < 40; minute++) {
      long before = stops();
      sweepFor(1);
      stops.add(stops() - before);
    }
    assertThat(stops).containsSequence(2L, 2L, 1L);
  }

  private long stops() {
    return world.engine.calls().stream().filter(call -> call.startsWith("stop ")).count();
  }

  @Test
  void a_cap_of_none_leaves_all_of_them() {
    world.book(World.ENFORCE + "  max_stops_per_sweep: 0\n");
    sleeper("one");
    sleeper("two");
    sweepFor(1);

    assertThat(foreseen().rushes())
        .singleElement()
        .satisfies(each -> assertThat(each.heldBack()).isEqualTo(Map.of("max_stops_per_sweep", 2)));
  }

  @Test
  void removals_have_a_cap_of_their_own() {
    world.book(World.ENFORCE + "  max_removals_per_sweep: 1\n  max_stops_per_sweep: 0\n");
    for (int i = 0; i < 3; i++) {
      world.engine.has(Containers.created("litter" + i).owner("bob").createdAt(world.now()));
    }

    assertThat(foreseen().rushes())
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.removals()).isEqualTo(3);
              assertThat(each.heldBack()).isEqualTo(Map.of("max_removals_per_sweep", 2));
            });
  }

  @Test
  void stops_of_the_hour_before_count_for_its_cap() {
    world.book(World.ENFORCE + "  max_stops_per_hour: 3\n");
    sleeper("one");
    sleeper("two");
    sweepFor(35);
    sleeper("three");
    sleeper("four");
    sweepFor(1);
    assertThat(world.engine.calls()).contains("stop one", "stop two");

    assertThat(foreseen().rushes())
        .singleElement()
        .satisfies(each -> assertThat(each.heldBack()).isEqualTo(Map.of("max_stops_per_hour", 1)));
  }

  @Test
  void the_first_warning_is_foreseen_with_the_act_and_where_it_is_all() {
    sleeper("train");
    sweepFor(1);
    Instant since = world.now();

    Opinion stop = idle(foreseen());
    assertThat(stop.verdict()).isInstanceOf(Verdict.Act.class);
    assertThat(stop.warning())
        .isEqualTo(new Warning(since.plus(Duration.ofMinutes(24)), Action.STOP));

    world.book(World.ENFORCE + "defaults: {idle_action: warn}\n");
    Opinion only = idle(foreseen());
    assertThat(only.verdict()).isInstanceOf(Verdict.Keep.class);
    assertThat(only.warning())
        .isEqualTo(new Warning(since.plus(Duration.ofMinutes(24)), Action.WARN));

    sweepFor(24);
    assertThat(idle(foreseen()).warning()) // the second one is next
        .isEqualTo(new Warning(since.plus(Duration.ofSeconds(28 * 60 + 30)), Action.WARN));
  }

  private Foresight foreseen() {
    return world.sweeps().outlook().at(Mode.ENFORCE, null).orElseThrow();
  }

  private static Opinion idle(Foresight foresight) {
    return foresight.opinions().stream()
        .filter(each -> each.job() == JobName.IDLE_STOP)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void what_is_far_apart_is_no_rush() {
    world.book(GUARDED);
    for (int i = 0; i < 4; i++) {
      sleeper("train" + i);
      sweepFor(11);
    }

    Instant later = world.now().plus(Duration.ofHours(2));

    assertThat(world.sweeps().outlook().at(Mode.ENFORCE, later).orElseThrow().rushes()).isEmpty();
  }

  @Test
  void an_engine_that_does_not_answer_leaves_nothing_to_say() {
    sleeper("train");
    world.engine.goesDown();

    assertThat(world.sweeps().outlook().compare(world.book(), World.parse(SHORT))).isEmpty();
  }

  private Prospect compared(String other) {
    return world.sweeps().outlook().compare(world.book(), World.parse(other)).orElseThrow();
  }

  private Moved only(String other) {
    List<Moved> moved = compared(other).moved();
    assertThat(moved).hasSize(1);
    return moved.get(0);
  }

  private static Instant due(Verdict.@Nullable Act act) {
    return Objects.requireNonNull(act).running().due();
  }

  private void sleeper(String name) {
    world.engine.run(Containers.running(name).owner("ada").gpu("0"));
    world.pulse.idleSince(name, world.now());
  }

  private void sweepFor(int minutes) {
    for (int minute = 0; minute < minutes; minute++) {
      world.pass(Duration.ofMinutes(1));
      world.sweep(JobName.IDLE_STOP);
      world.sweep(JobName.MAX_RUNTIME);
    }
  }
}
