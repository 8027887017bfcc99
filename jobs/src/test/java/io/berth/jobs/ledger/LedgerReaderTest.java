package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.DeviceMoves.FOUND;
import static io.berth.jobs.ledger.DeviceMoves.STOPPED;
import static io.berth.jobs.ledger.DeviceMoves.TAKEN;
import static io.berth.jobs.ledger.DeviceMoves.sql;
import static io.berth.jobs.ledger.Rows.NOW;
import static io.berth.jobs.ledger.Rows.fact;
import static io.berth.jobs.ledger.Rows.intent;
import static io.berth.jobs.ledger.Rows.outcomeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.ledger.DeviceTables.Allocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ledger, read from beside it. */
class LedgerReaderTest {

  @TempDir Path folder;
  private Path file;
  private LedgerReader reader;

  @BeforeEach
  void file() throws IOException {
    // A name that a URI would have to spell otherwise.
    file = Files.createDirectory(folder.resolve("50% of #1?")).resolve("ledger.db");
    reader = new LedgerReader(file);
  }

  @Test
  void it_reads_what_stands_and_leaves_the_folder_as_it_is() throws IOException {
    written();
    List<String> before = names();
    byte[] bytes = Files.readAllBytes(file);

    assertThat(reader.standing().allocation().devices()).containsOnlyKeys("GPU-a", "MIG-b");
    assertThat(reader.standing().allocation().claims())
        .extracting(Claim::owner)
        .containsExactly("ada", "bob");
    assertThat(reader.check().differences()).isEmpty();
    assertThat(names()).isEqualTo(before).contains("ledger.db").doesNotContain("ledger.db-wal");
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @Test
  void it_reads_what_a_writer_that_has_it_open_committed_last() {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      DeviceMoves.tell(ledger);
      assertThat(reader.check()).isEqualTo(new LedgerCheck(5, 2, 2, List.of()));
      ledger.update(tables -> tables.append(fact("one more")));
      assertThat(reader.check().rows()).isEqualTo(6);
    }
  }

  @Test
  void a_writer_in_the_middle_of_a_transaction_is_neither_seen_nor_waited_for() {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      DeviceMoves.tell(ledger);
      ledger.update(
          tables -> {
            tables.append(fact("not yet"));
            assertThat(reader.check().rows()).isEqualTo(5);
          });
    }
  }

  @Test
  void what_a_killed_daemon_left_in_its_wal_is_read() throws IOException {
    Path copy = folder.resolve("killed.db");
    try (Ledger ledger = Ledger.open(file, NOW)) {
      DeviceMoves.tell(ledger);
      Files.copy(file, copy);
      Files.copy(
          file.resolveSibling("ledger.db-wal"),
          folder.resolve("killed.db-wal"),
          StandardCopyOption.REPLACE_EXISTING);
    }

    assertThat(new LedgerReader(copy).check()).isEqualTo(new LedgerCheck(5, 2, 2, List.of()));
  }

  @Test
  void who_had_what_is_known_for_every_moment() {
    written();

    assertThat(reader.allocationAt(FOUND.minusNanos(1_000)).devices()).isEmpty();
    Allocation free = reader.allocationAt(TAKEN.minusNanos(1_000));
    assertThat(free.devices()).hasSize(2);
    assertThat(free.claims()).isEmpty();
    assertThat(reader.allocationAt(TAKEN).claims())
        .extracting(Claim::name)
        .containsExactly("train");
    Allocation last = reader.allocationAt(STOPPED.plus(Duration.ofDays(9)));
    assertThat(last.claims())
        .extracting(Claim::state)
        .containsExactly(Claim.State.HELD, Claim.State.ACTIVE);
  }

  /** The clock is set back by an hour: 13:30 comes twice, and what came before is not undone. */
  @Test
  void where_the_clock_was_set_back_the_last_time_counts_with_all_before_it() {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      DeviceMoves.tell(ledger);
      ledger.update(tables -> tables.append(DeviceMoves.entry(STOPPED.minusSeconds(3000), "x")));
    }

    assertThat(reader.allocationAt(STOPPED.minusSeconds(3001)).claims())
        .extracting(Claim::state)
        .containsExactly(Claim.State.ACTIVE);
    assertThat(reader.allocationAt(STOPPED.minusSeconds(3000)).claims())
        .extracting(Claim::state)
        .containsExactly(Claim.State.HELD, Claim.State.ACTIVE);
  }

  @Test
  void every_change_is_listed_in_its_order() {
    written();

    assertThat(reader.moves())
        .extracting(DeviceTables.Move::to)
        .containsExactly("PRESENT", "PRESENT", "ACTIVE", "HELD", "ACTIVE");
    assertThat(reader.moves()).extracting(DeviceTables.Move::reason).containsOnly("seen");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "0 | - | - | - | - | 9 | false | 1 2 3 4",
        "0 | - | - | - | - | 2 | false | 1 2",
        "0 | - | - | - | - | 2 | true | 3 4",
        "2 | - | - | - | - | 9 | false | 3 4",
        "0 | 2026-03-02T12:02:00Z | - | - | - | 9 | false | 3 4",
        "0 | - | bob | - | - | 9 | false | 2",
        "0 | - | - | train | - | 9 | false | 1 3",
        "0 | - | - | cafe | - | 9 | false | 1 3",
        "0 | - | - | caf | - | 9 | false | ''",
        "0 | - | - | - | container | 9 | false | 1 2",
        "0 | - | - | - | container.stop | 9 | true | 2",
        "0 | - | ada | train | gpu | 9 | true | 3",
      })
  void the_events_are_those_asked_for_oldest_first(
      long after,
      @Nullable Instant since,
      @Nullable String user,
      @Nullable String container,
      @Nullable String type,
      int limit,
      boolean latest,
      String found) {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      ledger.update(
          tables -> {
            tables.append(event(0, "cafe0123", "train", "ada", "container.start"));
            tables.append(event(1, "beef4567", "infer", "bob", "container.stop"));
            tables.append(event(2, "cafe0123", "train", "ada", "gpu.hold"));
            tables.append(event(3, null, null, null, "gpus.seen"));
            tables.append(intent());
          });
    }

    assertThat(
            reader
                .events(new EventQuery(after, since, user, container, type, limit, latest))
                .stream()
                .map(each -> String.valueOf(each.seq())))
        .containsExactly(found.isEmpty() ? new String[0] : found.split(" ", -1));
  }

  private static JournalEntry event(
      int minute,
      @Nullable String id,
      @Nullable String name,
      @Nullable String owner,
      String subject) {
    return new JournalEntry(
        0,
        NOW.plus(Duration.ofMinutes(minute)),
        JournalEntry.Kind.FACT,
        id,
        name,
        owner,
        subject,
        null,
        "test",
        "enforce",
        null,
        null,
        "{}");
  }

  // --- what is not as it should be

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE device SET presence = 'MISSING' WHERE uuid = 'GPU-a' | device GPU-a: the journal folds to present of 1.0 gpueq, the state tables say missing of 1.0 gpueq",
        "UPDATE device SET gpueq = 0.25 WHERE uuid = 'MIG-b' | device MIG-b: the journal folds to present of 0.125 gpueq, a MIG instance, the state tables say present of 0.25 gpueq, a MIG instance",
        "DELETE FROM device WHERE uuid = 'MIG-b' | device MIG-b: the journal folds to present of 0.125 gpueq, a MIG instance, the state tables say nothing",
        "UPDATE claim SET state = 'SHARED' WHERE holder = 'c2' | claim of c2 on GPU-a: the journal folds to active by 'infer' of 'bob', type docker, the state tables say shared by 'infer' of 'bob', type docker",
        "UPDATE claim SET owner = 'eve' WHERE holder = 'c1' | claim of c1 on GPU-a: the journal folds to held by 'train' of 'ada', type docker, the state tables say held by 'train' of 'eve', type docker",
        "UPDATE claim SET name = 'x', type = 'API' WHERE holder = 'c2' | claim of c2 on GPU-a: the journal folds to active by 'infer' of 'bob', type docker, the state tables say active by 'x' of 'bob', type api",
        "DELETE FROM move WHERE holder = 'c2' | claim of c2 on GPU-a: the journal folds to nothing, the state tables say active by 'infer' of 'bob', type docker",
      })
  void a_state_that_the_journal_does_not_fold_to_is_told(String wrong, String told) {
    written();
    sql(file, wrong);

    assertThat(reader.check().differences()).containsExactly(told);
  }

  @Test
  void a_corrected_clock_and_another_promise_are_no_difference() {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      DeviceMoves.tell(ledger);
      ledger.update(tables -> tables.shift(Duration.ofHours(1)));
    }

    assertThat(reader.check().differences()).isEmpty();
  }

  @Test
  void an_intent_with_two_outcomes_is_told() {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      long intent = ledger.write(tables -> tables.append(intent()));
      ledger.update(tables -> tables.append(outcomeOf(intent)));
    }
    assertThat(reader.check().differences()).isEmpty();

    sql(
        file,
        "CREATE TABLE loose AS SELECT * FROM journal",
        "DROP TABLE journal",
        "ALTER TABLE loose RENAME TO journal",
        "INSERT INTO journal SELECT * FROM journal WHERE intent IS NOT NULL");

    assertThat(reader.check().differences()).containsExactly("the intent 1 has 2 outcomes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "+1 | use the berth that came with the berthd that writes it",
        "-1 | a start of this berthd brings it up to date"
      })
  void another_version_is_refused_with_what_to_do(int step, String advice) {
    written();
    sql(file, "PRAGMA user_version = " + (Database.VERSION + step));

    assertThatThrownBy(reader::standing)
        .isInstanceOf(LedgerException.class)
        .hasMessage(
            "the ledger %s has version %d, this berth reads %d: %s",
            file, Database.VERSION + step, Database.VERSION, advice);
  }

  @Test
  void a_word_of_no_berth_is_an_error_that_names_it() {
    written();
    sql(file, "UPDATE claim SET state = 'BANANA'");

    assertThatThrownBy(reader::standing)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("BANANA");
  }

  @Test
  void a_missing_file_is_an_error_and_stays_missing() throws IOException {
    assertThatThrownBy(reader::check)
        .isInstanceOf(LedgerException.class)
        .hasMessageStartingWith("there is no ledger at " + file);
    assertThat(names()).isEmpty();
  }

  @Test
  void what_is_no_database_is_an_error_that_names_it() throws IOException {
    Files.writeString(file, "no database at all, ".repeat(500));

    assertThatThrownBy(reader::moves)
        .isInstanceOf(LedgerException.class)
        .hasMessageStartingWith("the ledger " + file + " can't be read: ");
  }

  private void written() {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      DeviceMoves.tell(ledger);
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(file.resolveSibling(""))) {
      return files.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }
}
