package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.DeviceMoves.FOUND;
import static io.berth.jobs.ledger.DeviceMoves.STOPPED;
import static io.berth.jobs.ledger.DeviceMoves.UNTIL;
import static io.berth.jobs.ledger.Rows.NOW;
import static io.berth.jobs.ledger.Rows.fact;
import static io.berth.jobs.ledger.Rows.intent;
import static io.berth.jobs.ledger.Rows.known;
import static io.berth.jobs.ledger.Rows.outcomeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.ledger.DeviceRow.Presence;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.DeviceTables.Move;
import io.berth.policies.ContainerType;
import io.berth.policies.TimeLimit;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes from the journal when it is old, and what stays. */
class CompactionTest {

  private static final Duration KEEP = Duration.ofDays(30);
  private static final long ALL_WRITTEN = Long.MAX_VALUE;

  @TempDir Path folder;
  private Path file;
  private Ledger ledger;
  private final List<Compaction.Dropped> announced = new ArrayList<>();

  @BeforeEach
  void open() {
    file = folder.resolve("ledger.db");
    ledger = Ledger.open(file, NOW);
  }

  @AfterEach
  void the_ledger_is_in_order() {
    assertThat(new LedgerReader(file).check().differences()).isEmpty();
    ledger.close();
    try (Ledger again = Ledger.open(file, NOW)) {
      assertThat(again.setAside()).isEmpty();
    }
  }

  private int compactAt(Instant now) {
    int told = told();
    int dropped =
        Compaction.run(
            ledger,
            now,
            KEEP,
            ALL_WRITTEN,
            sum -> {
              assertThat(told()).isEqualTo(told); // nothing is gone yet
              announced.add(sum);
            });
    if (dropped > 0) {
      assertThat(announced.get(announced.size() - 1).rows()).isEqualTo(dropped);
    }
    return dropped;
  }

  /** How many rows there are. */
  private int told() {
    return subjects().size();
  }

  private List<Move> moves() {
    return ledger.read(tables -> tables.devices().movesUntil(DeviceTables.ALL));
  }

  private long append(JournalEntry entry) {
    return ledger.write(tables -> tables.append(entry));
  }

  private List<String> subjects() {
    return ledger.read(
        tables -> tables.rows("SELECT subject FROM journal ORDER BY seq", row -> row.getString(1)));
  }

  @Test
  void what_stands_stays_and_what_led_to_it_goes() {
    DeviceMoves.tell(ledger);
    Instant later = UNTIL.plus(KEEP).plusSeconds(1);

    assertThat(compactAt(later)).isEqualTo(1);

    assertThat(moves())
        .extracting(Move::to)
        .containsExactly("PRESENT", "PRESENT", "HELD", "ACTIVE");
    assertThat(compactAt(later)).isZero();
  }

  @Test
  void a_claim_under_another_name_is_as_old_as_it_was() {
    DeviceMoves.tell(ledger);
    DeviceMoves.rename(ledger, "infer", "serve", STOPPED.plusSeconds(60));
    List<Claim> before = folded();
    assertThat(before).extracting(Claim::name).contains("serve");

    compactAt(UNTIL.plus(KEEP).plusSeconds(1));

    assertThat(folded()).isEqualTo(before);
    assertThat(before).extracting(Claim::since).containsOnly(STOPPED);
  }

  private List<Claim> folded() {
    return ledger.read(tables -> tables.devices().folded(DeviceTables.ALL)).claims();
  }

  @Test
  void what_is_young_stays() {
    DeviceMoves.tell(ledger);

    assertThat(compactAt(FOUND.plus(KEEP))).isZero();
    assertThat(moves()).hasSize(5);
  }

  @Test
  void who_had_what_before_is_refused_and_after_is_right() {
    DeviceMoves.tell(ledger);
    Instant later = UNTIL.plus(KEEP).plusSeconds(1);
    Instant horizon = later.minus(KEEP);
    LedgerReader reader = new LedgerReader(file);
    List<Claim> before = reader.allocationAt(horizon).claims();

    compactAt(later);

    assertThat(reader.allocationAt(horizon).claims()).isEqualTo(before).hasSize(2);
    assertThatThrownBy(() -> reader.allocationAt(STOPPED))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("goes back to " + horizon)
        .hasMessageContaining("journal_keep");
  }

  @Test
  void an_intent_goes_with_its_outcome_and_one_without_keeps_all_behind_it() {
    long first = append(intent());
    append(outcomeOf(first));
    append(fact("before"));
    long open = append(intent());
    append(fact("behind"));

    assertThat(compactAt(NOW.plus(KEEP).plusSeconds(1))).isEqualTo(3);

    assertThat(subjects()).containsExactly("container.remove", "behind");
    assertThat(ledger.<List<JournalEntry>>read(Tables::openIntents))
        .extracting(JournalEntry::seq)
        .containsExactly(open);
  }

  @Test
  void what_goes_is_summed_up_before_it_goes() {
    append(fact("container.start"));
    append(outcomeOf(append(intent())));
    append(outcomeOf(append(intent())));

    assertThat(compactAt(NOW.plus(KEEP).plusSeconds(1))).isEqualTo(5);

    assertThat(announced)
        .containsExactly(
            new Compaction.Dropped(
                5, NOW, NOW, Map.of("container.start", 1, "container.remove done", 2)));
    compactAt(NOW.plus(KEEP).plusSeconds(1));
    assertThat(announced).hasSize(1);
  }

  @Test
  void what_can_not_be_summed_up_stays() {
    append(fact("old"));

    assertThatThrownBy(
            () ->
                Compaction.run(
                    ledger,
                    NOW.plus(KEEP).plusSeconds(1),
                    KEEP,
                    ALL_WRITTEN,
                    sum -> {
                      throw new LedgerException("the disk is full");
                    }))
        .hasMessageContaining("full");

    assertThat(subjects()).containsExactly("old");
  }

  @Test
  void a_ledger_that_is_too_large_forgets_earlier_and_only_as_much_as_it_must() {
    for (int day = 63; day >= 1; day--) { // in their order
      Instant at = NOW.minus(Duration.ofDays(day));
      ledger.update(
          tables -> {
            for (int i = 0; i < 200; i++) {
              tables.append(factAt(at));
            }
          });
    }
    long all = ledger.usedBytes();

    assertThat(bound(all)).isZero();
    int dropped = bound(all * 6 / 10);

    assertThat(dropped).isBetween(6_000, 7_000);
    assertThat(ledger.usedBytes()).isLessThanOrEqualTo(all * 6 / 10);
    bound(0);
    assertThat(subjects()).hasSizeBetween(0, 200); // a day's
  }

  @Test
  void what_is_old_goes_where_there_is_room_as_well_and_nothing_where_all_is_to_be_kept() {
    append(factAt(NOW.minus(Duration.ofDays(65))));
    long room = Long.MAX_VALUE;

    assertThat(Compaction.bound(ledger, NOW, TimeLimit.NONE, room, ALL_WRITTEN, sum -> {}))
        .isZero();
    assertThat(bound(room)).isEqualTo(1);
  }

  @Test
  void from_when_on_all_is_told_only_ever_moves_later() {
    Instant first = NOW.plus(KEEP).plusSeconds(1);
    append(fact("one"));
    compactAt(first);
    append(fact("two"));
    compactAt(first.plusSeconds(60));
    Instant complete = first.minus(KEEP).plusSeconds(60);
    assertThat(ledger.<Optional<Instant>>read(Compaction::completeSince)).contains(complete);

    append(fact("three"));
    compactAt(first); // the clock was set back

    assertThat(subjects()).isEmpty();
    assertThat(ledger.<Optional<Instant>>read(Compaction::completeSince)).contains(complete);
  }

  private static JournalEntry factAt(Instant at) {
    return new JournalEntry(
        0,
        at,
        JournalEntry.Kind.FACT,
        null,
        null,
        null,
        "x".repeat(100),
        null,
        "test",
        "enforce",
        null,
        null,
        null);
  }

  private int bound(long maxSize) {
    return Compaction.bound(
        ledger, NOW, TimeLimit.of(Duration.ofDays(64)), maxSize, ALL_WRITTEN, sum -> {});
  }

  @Test
  void what_is_not_in_the_event_log_yet_stays() {
    append(fact("written"));
    append(fact("not written"));
    append(fact("nor this"));

    Compaction.run(ledger, NOW.plus(KEEP).plusSeconds(1), KEEP, 1, sum -> {});

    assertThat(subjects()).containsExactly("not written", "nor this");
  }

  @Test
  void of_a_container_that_is_there_the_last_row_stays() {
    ledger.update(tables -> tables.put(known("id1"))); // the id of these facts
    append(fact("one"));
    append(fact("two"));
    append(fact("three"));

    compactAt(NOW.plus(KEEP).plusSeconds(1));
    assertThat(subjects()).containsExactly("three");

    ledger.update(tables -> tables.forget("id1"));
    compactAt(NOW.plus(KEEP).plusSeconds(1));
    assertThat(subjects()).isEmpty();
  }

  @Test
  void a_day_stays_however_short_it_is_to_be_kept() {
    append(fact("today"));

    Compaction.run(ledger, NOW.plus(Duration.ofHours(23)), Duration.ZERO, ALL_WRITTEN, sum -> {});
    assertThat(subjects()).hasSize(1);
    Compaction.run(ledger, NOW.plus(Duration.ofHours(25)), Duration.ZERO, ALL_WRITTEN, sum -> {});
    assertThat(subjects()).isEmpty();
  }

  @Test
  void more_than_one_step_drops_all() {
    ledger.update(
        tables -> {
          for (int i = 0; i < 1_700; i++) {
            tables.append(fact("row " + i));
          }
        });

    assertThat(compactAt(NOW.plus(KEEP).plusSeconds(1))).isEqualTo(1_700);
    assertThat(subjects()).isEmpty();
  }

  @Test
  void a_row_from_a_time_when_the_clock_was_ahead_holds_up_what_is_behind_it() {
    append(fact("before"));
    ledger.update(tables -> found(tables, "GPU-x", NOW.plus(Duration.ofDays(900))));
    append(fact("behind"));

    compactAt(NOW.plus(KEEP).plusSeconds(1));

    assertThat(subjects()).containsExactly("gpu.present", "behind");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void a_random_history_folds_to_the_same_whenever_it_is_compacted(long seed) {
    Random random = new Random(seed);
    Instant now = NOW;
    List<Instant> moments = new ArrayList<>();
    for (int step = 0; step < 120; step++) {
      Instant at = now;
      ledger.update(tables -> somethingHappens(tables, random, at));
      moments.add(at);
      now = now.plus(Duration.ofHours(random.nextInt(72)));
      if (random.nextInt(10) == 0) {
        Allocation before = ledger.read(tables -> tables.devices().folded(DeviceTables.ALL));
        Instant horizon = now.minus(KEEP);
        List<Instant> recent = moments.stream().filter(m -> !m.isBefore(horizon)).toList();
        List<Allocation> past = past(recent);
        compactAt(now);
        assertThat(ledger.<Allocation>read(tables -> tables.devices().folded(DeviceTables.ALL)))
            .isEqualTo(before);
        assertThat(past(recent)).isEqualTo(past);
      }
    }
    assertThat(moves().size()).isLessThan(120);
  }

  private List<Allocation> past(List<Instant> moments) {
    LedgerReader reader = new LedgerReader(file);
    return moments.stream().map(reader::allocationAt).toList();
  }

  private static void somethingHappens(Tables tables, Random random, Instant at)
      throws SQLException {
    String device = "GPU-" + random.nextInt(3);
    Allocation allocation = tables.devices().allocation();
    if (!allocation.devices().containsKey(device)) {
      found(tables, device, at);
      return;
    }
    String holder = "c" + random.nextInt(4);
    Claim.State state =
        allocation.claimsOn(device).stream()
            .filter(each -> each.holder().equals(holder))
            .map(Claim::state)
            .findFirst()
            .orElse(Claim.State.FREE);
    Claim.State next =
        switch (state) {
          case FREE -> Claim.State.ACTIVE;
          case ACTIVE -> random.nextBoolean() ? Claim.State.HELD : Claim.State.FREE;
          case HELD -> random.nextBoolean() ? Claim.State.ACTIVE : Claim.State.FREE;
          default -> Claim.State.FREE;
        };
    tables
        .devices()
        .move(claim(device, holder, state, at), claim(device, holder, next, at), at(at));
  }

  private static Claim claim(String device, String holder, Claim.State state, Instant at) {
    return new Claim(device, holder, holder, "ada", ContainerType.DOCKER, state, at, null);
  }

  private static void found(Tables tables, String uuid, Instant at) throws SQLException {
    tables
        .devices()
        .presence(
            new DeviceRow(uuid, Presence.GONE, 1, false),
            new DeviceRow(uuid, Presence.PRESENT, 1, false),
            at(at));
  }

  private static JournalEntry at(Instant at) {
    return new JournalEntry(
        0,
        at,
        JournalEntry.Kind.FACT,
        null,
        null,
        null,
        "gpu.present",
        null,
        "engine",
        "enforce",
        null,
        null,
        null);
  }
}
