package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Clock;
import io.berth.jobs.rules.Reason;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.ContainerType;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BreakerTest {

  private static final Instant NOW = World.START;

  @TempDir Path folder;
  private Ledger ledger;
  private Breaker breaker;
  private String share = "0.5";
  private long ticks;

  @BeforeEach
  void open() {
    ledger = Ledger.open(folder.resolve("ledger.db"), NOW);
    restart();
  }

  private void restart() {
    breaker = new Breaker(ledger, () -> ticks);
  }

  private void pass(Duration time) {
    ticks += time.toNanos();
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @Test
  void it_trips_above_the_share_and_not_at_it() {
    assertThat(holds(ids(0, 10), 20, Mode.ENFORCE, NOW)).isFalse();
    assertThat(holds(ids(0, 11), 20, Mode.ENFORCE, NOW)).isTrue();
    assertThat(events()).containsExactly("breaker.trip");
  }

  @Test
  void it_never_trips_for_fewer_than_the_least() {
    assertThat(holds(ids(0, 9), 9, Mode.ENFORCE, NOW)).isFalse();
    assertThat(holds(ids(0, 10), 10, Mode.ENFORCE, NOW)).isTrue();
  }

  @Test
  void a_share_of_one_turns_it_off() {
    share = "1";
    assertThat(holds(ids(0, 500), 500, Mode.ENFORCE, NOW)).isFalse();
  }

  @Test
  void it_counts_over_all_jobs_and_the_last_ten_minutes() {
    assertThat(holds(ids(0, 6), 20, Mode.ENFORCE, NOW)).isFalse();
    Instant end = NOW.plus(Breaker.WINDOW);

    assertThat(holds(ids(6, 6), 20, Mode.OBSERVE, end)).isTrue();
    assertThat(holds(ids(6, 6), 20, Mode.OBSERVE, end.plusNanos(1))).isFalse();
  }

  @Test
  void what_it_would_do_later_rests_on_what_counts_then() {
    holds(ids(0, 6), 20, Mode.ENFORCE, NOW);
    List<Wanted> more = ids(6, 6).stream().map(BreakerTest::removal).toList();
    List<Subject> there = ids(0, 20).stream().map(name -> subject(name, false)).toList();
    Instant end = NOW.plus(Breaker.WINDOW);

    assertThat(breaker.wouldTrip(more, picture(there, NOW), end)).isTrue();
    assertThat(breaker.wouldTrip(more, picture(there, NOW), end.plusNanos(1))).isFalse();
    assertThat(events()).isEmpty();
  }

  @Test
  void what_was_wanted_and_is_gone_still_counts_among_what_there_was() {
    holds(ids(0, 10), 20, Mode.ENFORCE, NOW);

    Instant later = NOW.plusSeconds(60);
    assertThat(weigh(List.of(), Action.REMOVE, ids(10, 10), Mode.ENFORCE, later)).isFalse();
  }

  @Test
  void the_same_ones_wanted_again_count_once() {
    holds(ids(0, 8), 20, Mode.ENFORCE, NOW);

    assertThat(holds(ids(0, 8), 20, Mode.ENFORCE, NOW.plusSeconds(60))).isFalse();
  }

  @Test
  void a_stop_still_counts_when_the_same_container_is_to_be_removed() {
    weigh(ids(0, 3), Action.STOP, ids(0, 6), Mode.ENFORCE, NOW);
    weigh(ids(0, 1), Action.REMOVE, ids(0, 6), Mode.ENFORCE, NOW);

    assertThat(weigh(ids(3, 1), Action.STOP, ids(3, 4), Mode.ENFORCE, NOW)).isTrue();
  }

  @Test
  void an_approval_is_for_what_is_wanted_of_a_container_now() {
    weigh(ids(0, 4), Action.REMOVE, ids(0, 4), Mode.ENFORCE, NOW);
    Instant later = NOW.plusSeconds(60);
    weigh(ids(0, 4), Action.STOP, ids(0, 4), Mode.ENFORCE, later);

    breaker.approve(Set.of("id0"), "root", "why", later);

    assertThat(breaker.isApproved(wanted(subject("id0", true), Action.STOP))).isTrue();
    assertThat(breaker.isApproved(removal("id0"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {-3, 3})
  void a_clock_that_is_set_forgets_nothing_of_the_last_ten_minutes(long days) {
    holds(ids(0, 6), 20, Mode.ENFORCE, NOW);

    assertThat(holds(ids(6, 6), 20, Mode.ENFORCE, NOW.plus(Duration.ofDays(days)))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {-3, 3})
  void acts_before_a_restart_count_by_the_time_that_passed(long days) {
    Duration step = Duration.ofDays(days);
    ledger.update(
        tables -> {
          ids(0, 6).forEach(id -> append(tables, intent(id, NOW.minusSeconds(540))));
          ids(6, 6).forEach(id -> append(tables, intent(id, NOW.minusSeconds(660))));
          tables.keep("clock.set", NOW.plus(step) + " 13 " + step);
        });
    restart();

    Instant now = NOW.plus(step);
    assertThat(weigh(ids(20, 4), Action.REMOVE, ids(20, 15), Mode.OBSERVE, now)).isFalse();
    assertThat(weigh(ids(20, 5), Action.REMOVE, ids(20, 15), Mode.OBSERVE, now)).isTrue();
    pass(Duration.ofMinutes(1).plusNanos(1));
    assertThat(weigh(ids(20, 5), Action.REMOVE, ids(20, 15), Mode.OBSERVE, now)).isFalse();
  }

  @Test
  void it_is_not_reset_before_all_that_was_held_back_can_be_wanted_again() {
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW);
    restart();

    pass(Breaker.WINDOW);
    assertThat(holds(ids(0, 2), 20, Mode.ENFORCE, NOW.plus(Duration.ofDays(3)))).isTrue();
    pass(Duration.ofNanos(1));
    assertThat(holds(ids(0, 2), 20, Mode.ENFORCE, NOW.plus(Duration.ofDays(3)))).isFalse();
  }

  @Test
  void an_approval_lapses_by_the_time_that_passed() {
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW);
    breaker.approve(Set.of("id1"), "root", "why", NOW);
    Duration step = Duration.ofDays(-3);
    breaker.clockJumped(step);
    Instant lapsed = NOW.plus(step).plus(Breaker.APPROVAL).plusSeconds(1);
    restart();

    holds(ids(0, 20), 20, Mode.ENFORCE, lapsed.minusSeconds(2));
    assertThat(breaker.isApproved(removal("id1"))).isTrue();
    holds(ids(0, 20), 20, Mode.ENFORCE, lapsed);
    assertThat(breaker.isApproved(removal("id1"))).isFalse();
  }

  @Test
  void it_stays_tripped_over_a_restart_and_is_reset_once_when_fewer_are_wanted() {
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW);
    pass(Duration.ofSeconds(5));
    restart();
    assertThat(breaker.isTripped()).isTrue();

    Instant later = NOW.plus(Duration.ofMinutes(11));
    assertThat(holds(ids(0, 2), 20, Mode.ENFORCE, later)).isFalse();
    assertThat(holds(ids(0, 2), 20, Mode.ENFORCE, later)).isFalse();

    assertThat(breaker.isTripped()).isFalse();
    assertThat(events()).containsExactly("breaker.trip", "breaker.reset");
    assertThat(new Breaker(ledger, () -> ticks).isTripped()).isFalse();
  }

  @Test
  void observe_computes_it_and_latches_nothing() {
    assertThat(holds(ids(0, 20), 20, Mode.OBSERVE, NOW)).isTrue();

    assertThat(breaker.isTripped()).isFalse();
    assertThat(events()).isEmpty();
    assertThat(holds(ids(20, 5), 40, Mode.ENFORCE, NOW)).isFalse();
  }

  @Test
  void acts_of_the_last_ten_minutes_count_after_a_restart_and_those_that_lie_ahead_do_not() {
    ledger.update(
        tables -> {
          for (String id : ids(0, 6)) {
            tables.append(intent(id, NOW));
          }
          for (String id : ids(100, 50)) {
            tables.append(intent(id, NOW.plus(Duration.ofDays(300))));
          }
          for (String id : ids(200, 50)) {
            tables.append(intent(id, NOW.minus(Duration.ofHours(1))));
          }
        });
    pass(Duration.ofMinutes(1));
    restart();

    assertThat(holds(ids(6, 4), 20, Mode.ENFORCE, NOW.plusSeconds(60))).isFalse();
    assertThat(holds(ids(6, 5), 20, Mode.ENFORCE, NOW.plusSeconds(60))).isTrue();
  }

  @Test
  void stops_are_counted_against_the_running_gpu_containers_alone() {
    assertThat(weigh(ids(0, 3), Action.STOP, ids(0, 6), Mode.ENFORCE, NOW)).isFalse();
    assertThat(weigh(ids(0, 4), Action.PAUSE, ids(0, 6), Mode.ENFORCE, NOW)).isTrue();
  }

  @Test
  void removals_are_counted_against_all_others_alone() {
    List<Subject> there = new ArrayList<>();
    ids(0, 12).forEach(name -> there.add(subject(name, false)));
    ids(100, 30).forEach(name -> there.add(subject(name, true)));
    List<Wanted> removals = ids(0, 10).stream().map(BreakerTest::removal).toList();

    assertThat(breaker.weigh(removals, picture(there, NOW), Mode.ENFORCE)).isTrue();
  }

  @Test
  void two_stops_never_trip_it() {
    assertThat(weigh(ids(0, 2), Action.STOP, ids(0, 2), Mode.ENFORCE, NOW)).isFalse();
    assertThat(weigh(ids(0, 3), Action.STOP, ids(0, 3), Mode.ENFORCE, NOW)).isTrue();
  }

  @Test
  void exactly_what_was_approved_passes_once_and_a_restart_does_not_forget_it() {
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW);
    breaker.approve(Set.of("id3", "id4"), "root", "the old ones of the course", NOW);
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW.plusSeconds(1));
    assertThat(breaker.held()).hasSize(18).doesNotContain("id3", "id4");
    pass(Duration.ofSeconds(4));
    restart();

    List<Wanted> begun = List.of(removal("id3"), removal("id5"));
    assertThat(breaker.isApproved(removal("id3"))).isTrue();
    assertThat(breaker.isApproved(wanted(subject("id3", true), Action.STOP))).isFalse();
    assertThat(breaker.isApproved(removal("id5"))).isFalse();
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW.plusSeconds(5));
    assertThat(breaker.held()).contains("id5", "id6");
    breaker.spend(begun);
    assertThat(breaker.held()).as("what went").doesNotContain("id5").contains("id6");
    assertThat(breaker.isApproved(removal("id3"))).as("once more").isFalse();
    ledger.update(tables -> Breaker.forget(tables, begun));
    restart();

    assertThat(breaker.isApproved(removal("id3"))).isFalse();
    assertThat(breaker.isApproved(removal("id4"))).isTrue();
    assertThat(breaker.isTripped()).isTrue();
    ledger.update(tables -> Breaker.forget(tables, List.of(removal("id4"))));
    assertThat(new Breaker(ledger, () -> ticks).isApproved(removal("id4")))
        .as("the last one")
        .isFalse();
    assertThat(events()).containsExactly("breaker.trip", "breaker.approve");
  }

  @Test
  void what_it_does_not_hold_back_can_not_be_approved_and_nothing_is_then() {
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW);

    assertThatThrownBy(() -> breaker.approve(Set.of("id1", "other"), "root", "why", NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("other");

    assertThat(breaker.isApproved(removal("id1"))).isFalse();
    assertThat(events()).containsExactly("breaker.trip");
  }

  @Test
  void an_approval_that_is_not_used_lapses_after_a_day() {
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW);
    breaker.approve(Set.of("id1"), "root", "why", NOW);

    Instant later = NOW.plus(Breaker.APPROVAL).plusSeconds(1);
    holds(ids(0, 20), 20, Mode.ENFORCE, later);

    assertThat(breaker.isApproved(removal("id1"))).isFalse();
    restart();
    assertThat(breaker.isApproved(removal("id1"))).as("after a restart").isFalse();
  }

  private boolean holds(List<String> wanted, int others, Mode mode, Instant now) {
    return weigh(wanted, Action.REMOVE, ids(0, others), mode, now);
  }

  private boolean weigh(
      List<String> wanted, Action action, List<String> present, Mode mode, Instant now) {
    boolean stop = action != Action.REMOVE;
    List<Subject> there = present.stream().map(name -> subject(name, stop)).toList();
    Duration real = Duration.between(NOW, now);
    if (real.compareTo(Duration.ofHours(25)) < 0) { // the clock is set by days
      ticks = Math.max(ticks, real.toNanos());
    }
    return breaker.weigh(
        wanted.stream().map(name -> wanted(subject(name, stop), action)).toList(),
        picture(there, now),
        mode);
  }

  private Picture picture(List<Subject> there, Instant now) {
    PolicyBook book = World.parse("safety:\n  breaker_share: " + share + "\n");
    return new Picture(now, book, there, Map.of(), Instant.MIN, Instant.MIN);
  }

  private static Subject subject(String name, boolean running) {
    Containers builder =
        running
            ? Containers.running(name).gpus(GpuRequest.unpinned(GpuRequest.ALL))
            : Containers.created(name);
    return new Subject(
        builder.id(name).build(),
        Owner.UNKNOWN,
        null,
        ContainerType.DOCKER,
        null,
        EndedBy.UNKNOWN,
        null);
  }

  private static Wanted removal(String id) {
    return wanted(subject(id, false), Action.REMOVE);
  }

  private static Wanted wanted(Subject subject, Action action) {
    Verdict.Cause cause = new Verdict.Cause(action, Reason.HOLD_EXPIRED, Map.of());
    return new Wanted(
        subject,
        new Verdict.Act(cause, "", new Clock(NOW, NOW)),
        new ClockRow(subject.id(), "rule", NOW, NOW, NOW, 0, null, null));
  }

  private static List<String> ids(int from, int count) {
    return IntStream.range(from, from + count).mapToObj(i -> "id" + i).toList();
  }

  private List<String> events() {
    return ledger.read(
        tables -> tables.eventsAfter(0, 100).stream().map(JournalEntry::subject).toList());
  }

  private static void append(Tables tables, JournalEntry entry) {
    try {
      tables.append(entry);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static JournalEntry intent(String id, Instant at) {
    return new JournalEntry(
        0,
        at,
        JournalEntry.Kind.INTENT,
        id,
        id,
        "unknown",
        "container.remove",
        null,
        "stale-cleanup",
        "enforce",
        null,
        null,
        null);
  }
}
