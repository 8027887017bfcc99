package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BreakerTest {

  private static final Instant NOW = World.START;

  @TempDir Path folder;
  private Ledger ledger;
  private Breaker breaker;
  private String share = "0.5";

  @BeforeEach
  void open() {
    ledger = Ledger.open(folder.resolve("ledger.db"), NOW);
    breaker = new Breaker(ledger, NOW);
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
  void what_was_wanted_and_is_gone_still_counts_among_what_there_was() {
    holds(ids(0, 10), 20, Mode.ENFORCE, NOW);

    PolicyBook.Safety safety = World.parse("safety:\n  breaker_share: 0.5\n").safety();
    List<String> left = ids(10, 10);
    assertThat(breaker.holds(List.of(), left, safety, Mode.ENFORCE, NOW.plusSeconds(60))).isFalse();
  }

  @Test
  void the_same_ones_wanted_again_count_once() {
    holds(ids(0, 8), 20, Mode.ENFORCE, NOW);

    assertThat(holds(ids(0, 8), 20, Mode.ENFORCE, NOW.plusSeconds(60))).isFalse();
  }

  @Test
  void it_stays_tripped_over_a_restart_and_is_reset_once_when_fewer_are_wanted() {
    holds(ids(0, 20), 20, Mode.ENFORCE, NOW);
    breaker = new Breaker(ledger, NOW.plusSeconds(5));
    assertThat(breaker.isTripped()).isTrue();

    Instant later = NOW.plus(Duration.ofMinutes(11));
    assertThat(holds(ids(0, 2), 20, Mode.ENFORCE, later)).isFalse();
    assertThat(holds(ids(0, 2), 20, Mode.ENFORCE, later)).isFalse();

    assertThat(breaker.isTripped()).isFalse();
    assertThat(events()).containsExactly("breaker.trip", "breaker.reset");
    assertThat(new Breaker(ledger, later).isTripped()).isFalse();
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
    breaker = new Breaker(ledger, NOW.plusSeconds(60));

    assertThat(holds(ids(6, 4), 20, Mode.ENFORCE, NOW.plusSeconds(60))).isFalse();
    assertThat(holds(ids(6, 5), 20, Mode.ENFORCE, NOW.plusSeconds(60))).isTrue();
  }

  private boolean holds(List<String> wanted, int others, Mode mode, Instant now) {
    return breaker.holds(
        wanted,
        ids(0, others),
        World.parse("safety:\n  breaker_share: " + share + "\n").safety(),
        mode,
        now);
  }

  private static List<String> ids(int from, int count) {
    return IntStream.range(from, from + count).mapToObj(i -> "id" + i).toList();
  }

  private List<String> events() {
    return ledger.read(
        tables -> tables.eventsAfter(0, 100).stream().map(JournalEntry::subject).toList());
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
