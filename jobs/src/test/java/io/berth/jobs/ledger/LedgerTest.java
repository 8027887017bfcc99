package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Rows.FINE;
import static io.berth.jobs.ledger.Rows.NOW;
import static io.berth.jobs.ledger.Rows.fact;
import static io.berth.jobs.ledger.Rows.intent;
import static io.berth.jobs.ledger.Rows.known;
import static io.berth.jobs.ledger.Rows.outcomeOf;
import static io.berth.jobs.ledger.Rows.subjects;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.container.Container;
import io.berth.jobs.ledger.ActivityTables.LifeRow;
import io.berth.jobs.ledger.ActivityTables.SampleRow;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger keeps, over restarts and over writes that fail. */
class LedgerTest {

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void file() {
    file = folder.resolve("state/ledger.db");
  }

  @Test
  void all_that_is_kept_is_there_again_after_a_restart() {
    ClockRow clock = new ClockRow("id1", "stale", FINE, NOW, NOW, 2, Mode.ENFORCE, "hold_expired");
    try (Ledger ledger = open()) {
      ledger.update(
          tables -> {
            tables.put(known("id1"));
            tables.put(clock);
            tables.keep("name", "value");
            tables.enforcing(JobName.STALE_CLEANUP, FINE);
            tables.append(fact("one"));
          });
    }

    try (Ledger ledger = open()) {
      assertThat(ledger.<Map<String, Known>>read(Tables::known)).containsValue(known("id1"));
      assertThat(ledger.<Map<String, ClockRow>>read(tables -> tables.clocks("stale")))
          .containsValue(clock);
      assertThat(ledger.<String>read(tables -> tables.fact("name").orElse(""))).isEqualTo("value");
      assertThat(enforcingSince(ledger)).isEqualTo(FINE);
      assertThat(subjects(ledger)).containsExactly("one");
    }
  }

  @Test
  void a_transaction_that_fails_half_way_leaves_nothing() {
    try (Ledger ledger = open()) {
      assertThatThrownBy(
              () ->
                  ledger.update(
                      tables -> {
                        tables.append(fact("half"));
                        throw new IllegalStateException("a bug");
                      }))
          .hasMessage("a bug");
      assertThatThrownBy(
              () ->
                  ledger.update(
                      tables -> {
                        tables.append(fact("half"));
                        tables.append(outcomeOf(4711));
                      }))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("can't be written");
      assertThat(ledger.isHealthy()).isFalse();

      ledger.update(tables -> tables.append(fact("whole")));

      assertThat(ledger.isHealthy()).isTrue();
      assertThat(subjects(ledger)).containsExactly("whole");
    }
  }

  @Test
  void an_intent_has_one_outcome_and_no_more() {
    try (Ledger ledger = open()) {
      long intent = ledger.write(tables -> tables.append(intent()));
      assertThat(ledger.<List<JournalEntry>>read(Tables::openIntents)).hasSize(1);
      ledger.update(tables -> tables.append(outcomeOf(intent)));

      assertThatThrownBy(() -> ledger.update(tables -> tables.append(outcomeOf(intent))))
          .isInstanceOf(LedgerException.class);
      assertThat(ledger.<List<JournalEntry>>read(Tables::openIntents)).isEmpty();
    }
  }

  @Test
  void a_container_that_is_forgotten_takes_its_clocks_along_and_leaves_its_journal() {
    try (Ledger ledger = open()) {
      ledger.update(
          tables -> {
            tables.put(known("id1"));
            tables.put(new ClockRow("id1", "stale", NOW, NOW, NOW, 0, null, null));
            tables.append(intent());
            tables.forget("id1");
            tables.put(new ClockRow("id1", "stale", NOW, NOW, NOW, 0, null, null));
          });

      assertThat(ledger.<Map<String, ClockRow>>read(tables -> tables.clocks("stale"))).isEmpty();
      assertThat(ledger.<List<JournalEntry>>read(tables -> tables.journalOf("id1"))).hasSize(1);
    }
  }

  @Test
  void a_write_without_an_event_tells_nobody() {
    AtomicInteger told = new AtomicInteger();
    try (Ledger ledger = open()) {
      ledger.whenEventsAreWritten(told::incrementAndGet);

      ledger.update(tables -> tables.append(intent()));
      assertThat(told).hasValue(0);
      ledger.update(tables -> tables.append(fact("one")));
      ledger.update(tables -> tables.put(known("id1")));
      assertThat(told).hasValue(1);
    }
  }

  @Test
  void a_clock_that_stops_leaves_those_of_other_rules_and_containers() {
    try (Ledger ledger = open()) {
      ledger.update(
          tables -> {
            for (String id : List.of("id1", "id2")) {
              tables.put(known(id));
              tables.put(new ClockRow(id, "stale", NOW, NOW, NOW, 0, null, null));
              tables.put(new ClockRow(id, "idle", NOW, NOW, NOW, 0, null, null));
            }
            tables.removeClock("id1", "stale");
          });

      assertThat(ledger.<Map<String, ClockRow>>read(tables -> tables.clocks("stale")))
          .containsOnlyKeys("id2");
      assertThat(ledger.<Map<String, ClockRow>>read(tables -> tables.clocks("idle"))).hasSize(2);
    }
  }

  @Test
  void what_was_read_before_is_what_is_there_after_each_write_and_after_one_that_failed() {
    ClockRow clock = new ClockRow("id1", "stale", NOW, NOW, NOW, 0, null, null);
    try (Ledger ledger = open()) {
      assertThat(words(ledger)).isEqualTo("[] [] [] []");
      ledger.update(
          tables -> {
            tables.put(known("id1"));
            tables.put(clock);
            tables.keep("name", "value");
            tables.enforcing(JobName.STALE_CLEANUP, FINE);
          });
      String before = words(ledger);
      assertThat(before).isEqualTo("[id1 EXITED] [0] [value] [" + FINE + "]");

      assertThatThrownBy(
              () ->
                  ledger.update(
                      tables -> {
                        tables.put("id1", Container.State.RUNNING);
                        tables.unwarnAll("stale");
                        tables.drop("name");
                        tables.notEnforcing(JobName.STALE_CLEANUP);
                        assertThat(words(ledger)).isEqualTo("[id1 RUNNING] [0] [] []");
                        throw new IllegalStateException("a bug");
                      }))
          .hasMessage("a bug");
      assertThat(words(ledger)).isEqualTo(before);

      ledger.update(tables -> tables.put(clock.running(NOW, NOW, 1)));
      ledger.update(tables -> tables.keep("name", "other"));
      assertThat(words(ledger)).isEqualTo("[id1 EXITED] [1] [other] [" + FINE + "]");

      ledger.update(tables -> tables.forget("id1")); // its clock goes with it
      assertThat(words(ledger)).isEqualTo("[] [] [other] [" + FINE + "]");

      ledger.update(tables -> tables.update("WITH one AS (SELECT 1) DELETE FROM enforcing"));
      assertThat(words(ledger)).isEqualTo("[] [] [other] []");
    }
  }

  private static String words(Ledger ledger) {
    return ledger.read(
        tables ->
            "%s %s %s %s"
                .formatted(
                    tables.known().values().stream().map(k -> k.id() + " " + k.state()).toList(),
                    tables.clocks("stale").values().stream().map(ClockRow::warnings).toList(),
                    tables.fact("name").stream().toList(),
                    tables.enforcingSince(JobName.STALE_CLEANUP).stream().toList()));
  }

  @Test
  void a_journal_goes_on_after_a_number_and_never_goes_back() {
    try (Ledger ledger = open()) {
      ledger.update(tables -> tables.goOnAfter(500));
      assertThat(ledger.<Long>write(tables -> tables.append(intent()))).isEqualTo(501);
      ledger.update(tables -> tables.goOnAfter(7));
      ledger.update(tables -> tables.goOnAfter(Long.MAX_VALUE)); // of a line that makes no sense
      assertThat(ledger.<Long>write(tables -> tables.append(intent()))).isEqualTo(502);
    }
    try (Ledger again = open()) {
      assertThat(again.setAside()).isEmpty();
    }
  }

  @Test
  void a_shift_moves_what_is_pending_and_nothing_else() {
    Duration day = Duration.ofDays(-1);
    try (Ledger ledger = open()) {
      ledger.update(
          tables -> {
            tables.put(known("id1"));
            tables.put(new ClockRow("id1", "stale", FINE, FINE, NOW, 1, Mode.OBSERVE, null));
            tables.put(new ClockRow("id1", "runtime", FINE, FINE, NOW, 1, Mode.OBSERVE, null));
            tables.enforcing(JobName.STALE_CLEANUP, NOW);
            tables.shift(day);
          });

      assertThat(ledger.<Map<String, ClockRow>>read(tables -> tables.clocks("stale")))
          .containsValue(
              new ClockRow(
                  "id1", "stale", FINE, FINE.plus(day), NOW.plus(day), 1, Mode.OBSERVE, null));
      assertThat(enforcingSince(ledger)).isEqualTo(NOW.plus(day));
      assertThat(ledger.<Map<String, Known>>read(Tables::known)).containsValue(aDayEarlier());
      assertThat(ledger.<Map<String, ClockRow>>read(tables -> tables.clocks("runtime")).get("id1"))
          .extracting(ClockRow::stamp)
          .isEqualTo(FINE.plus(day)); // by which its life's start names it
    }
  }

  /** Its life began by the clock as it is now; what the Engine says stays. */
  private static Known aDayEarlier() {
    Known known = known("id1");
    return new Known(
        known.id(),
        known.name(),
        known.owner(),
        known.type(),
        known.state(),
        known.created(),
        known.startedAt(),
        known.finishedAt(),
        known.endedBy(),
        known.restartCount(),
        FINE.minus(Duration.ofDays(1)));
  }

  @Test
  void what_containers_did_is_kept_sample_by_sample_and_goes_with_them() {
    LifeRow life = life("id1", FINE);
    try (Ledger ledger = open()) {
      ledger.update(
          tables -> {
            tables.put(known("id1"));
            tables.put(known("id2"));
            tables.activity().put(life);
            tables.activity().put(life("id2", null));
            tables.activity().put(life("never known", null));
            for (int seq = 1; seq <= 3; seq++) {
              tables.activity().put(sample("id1", seq));
              tables.activity().put(sample("id2", seq));
            }
            tables.activity().dropSample("id1", 2);
            tables.activity().dropSamples("id2");
            tables.activity().touch("id1", NOW);
            tables.activity().touch("id1", FINE); // told late
          });
    }

    try (Ledger ledger = open()) {
      assertThat(lives(ledger)).containsExactlyInAnyOrder(life("id1", NOW), life("id2", null));
      assertThat(samples(ledger)).containsExactly(sample("id1", 1), sample("id1", 3));
      ledger.update(tables -> tables.forget("id1"));
      assertThat(lives(ledger)).containsExactly(life("id2", null));
      assertThat(samples(ledger)).isEmpty();
    }
  }

  private static LifeRow life(String id, @Nullable Instant touched) {
    return new LifeRow(
        id, FINE, FINE, 3, NOW, "cpu", "network", FINE, touched, null, null, "", null);
  }

  private static SampleRow sample(String id, long seq) {
    return new SampleRow(id, seq, FINE, NOW, 5, true, "cpu", "network", "gpu", 7L, true);
  }

  private static List<LifeRow> lives(Ledger ledger) {
    return ledger.read(tables -> tables.activity().lives());
  }

  private static List<SampleRow> samples(Ledger ledger) {
    return ledger.read(tables -> tables.activity().samples());
  }

  @Test
  void how_far_a_device_was_read_is_kept_in_place_of_all_that_was() {
    try (Ledger ledger = open()) {
      ledger.update(tables -> tables.activity().cursors(Map.of("GPU-a", 1L, "GPU-b", 2L)));
      ledger.update(tables -> tables.activity().cursors(Map.of("GPU-b", 3L)));
    }
    try (Ledger ledger = open()) {
      assertThat(ledger.<Map<String, Long>>read(tables -> tables.activity().cursors()))
          .isEqualTo(Map.of("GPU-b", 3L));
    }
  }

  private Ledger open() {
    return Ledger.open(file, NOW);
  }

  private static Instant enforcingSince(Ledger ledger) {
    return ledger.read(tables -> tables.enforcingSince(JobName.STALE_CLEANUP).orElseThrow());
  }
}
