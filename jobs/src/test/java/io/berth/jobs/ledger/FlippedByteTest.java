package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Rows.FINE;
import static io.berth.jobs.ledger.Rows.NOW;
import static io.berth.jobs.ledger.Rows.fact;
import static io.berth.jobs.ledger.Rows.intent;
import static io.berth.jobs.ledger.Rows.known;
import static io.berth.jobs.ledger.Rows.outcomeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A ledger in which one byte is another one: it is used and right, or set aside and named. */
class FlippedByteTest {

  private static final int FLIPS = 200;

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void a_ledger_with_something_in_every_table() {
    file = folder.resolve("ledger.db");
    try (Ledger ledger = Ledger.open(file, NOW)) {
      DeviceMoves.tell(ledger);
      ledger.update(
          tables -> {
            for (int i = 0; i < 40; i++) {
              tables.append(fact("row " + i));
              tables.put(known("id" + i));
              tables.put(new ClockRow("id" + i, "stale", FINE, FINE, NOW, 1, Mode.OBSERVE, null));
            }
            tables.append(outcomeOf(tables.append(intent())));
            tables.append(intent());
            tables.enforcing(JobName.STALE_CLEANUP, FINE);
            tables.keep("born", NOW.toString());
            tables.keep("rebuilt", NOW.toString());
            tables.findings().put(new Orphan("GPU-a", 7, 8, "id1", "train", "ada", FINE, null));
            tables.findings().put(new OverQuota("bob", 2.0, 1.0, FINE));
          });
    }
  }

  @Test
  void it_is_used_and_right_or_set_aside_and_named() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Map<String, String> claims = claims(new LedgerReader(file));
    int setAside = 0;
    for (int seed = 0; seed < FLIPS; seed++) {
      Random random = new Random(seed);
      byte[] bytes = whole.clone();
      int offset = random.nextInt(bytes.length);
      while (bytes[offset] == 0) { // most of the pages of a short ledger are empty
        offset = random.nextInt(bytes.length);
      }
      bytes[offset] ^= (byte) (1 + random.nextInt(255));
      Path flipped = Files.createDirectory(folder.resolve("flip" + seed)).resolve("ledger.db");
      Files.write(flipped, bytes);
      try (Ledger ledger = Ledger.open(flipped, NOW)) {
        if (ledger.setAside().isPresent()) {
          setAside++;
          assertThat(Files.readAllBytes(ledger.setAside().get())).isEqualTo(bytes);
        } else {
          worksAsBefore(ledger, flipped, claims);
        }
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ", offset " + offset + ": " + e, e);
      }
    }
    assertThat(setAside).isBetween(FLIPS / 10, FLIPS); // else nothing was proved
  }

  private static void worksAsBefore(Ledger ledger, Path flipped, Map<String, String> claims) {
    ledger.<List<JournalEntry>>read(tables -> tables.eventsAfter(0, 1_000));
    ledger.<List<JournalEntry>>read(Tables::openIntents);
    ledger.<Map<String, Known>>read(Tables::known);
    ledger.<Map<String, ClockRow>>read(tables -> tables.clocks("stale"));
    ledger.<String>read(tables -> tables.fact("born").orElse("") + tables.fact("rebuilt"));
    ledger.<List<Orphan>>read(tables -> tables.findings().orphans());
    ledger.update(tables -> tables.append(fact("goes on")));
    LedgerReader reader = new LedgerReader(flipped);
    assertThat(reader.check().differences()).isEmpty();
    assertThat(claims(reader)).isEqualTo(claims);
  }

  private static Map<String, String> claims(LedgerReader reader) {
    Map<String, String> claims = new TreeMap<>();
    for (Claim each : reader.standing().allocation().claims()) {
      claims.put(each.device() + " " + each.holder(), each.owner() + " " + each.state());
    }
    return claims;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE container SET state = 'BANANA' WHERE id = 'id7' | table container, row with id id7",
        "UPDATE clock SET due = 9000000000000000000 | table clock, row with container_id id0",
        "UPDATE claim SET state = 'BANANA' WHERE holder = 'c2' | table claim, row with device GPU-a",
        "UPDATE device SET presence = 'BANANA' | table device, row with uuid GPU-a",
        "UPDATE move SET type = 'BANANA' WHERE seq = 3 | table move, row with seq 3",
        "UPDATE move SET to_state = 'BANANA' WHERE seq = 3 | table move, row with seq 3",
        "UPDATE fact SET value = 'yesterday' WHERE name = 'born' | table fact, row with name born",
        "UPDATE enforcing SET job = 'banana' | table enforcing, row with job banana: 'banana' is no job",
        "UPDATE journal SET kind = 'BANANA' WHERE seq = 9 | table journal, row with seq 9",
        "UPDATE journal SET event = '{\"a\":' WHERE seq = 9 | table journal, row with seq 9",
        "UPDATE journal SET at = -9000000000000000000 WHERE seq = 9 | table journal, row with seq 9",
        "DELETE FROM claim WHERE holder = 'c2' | claim of c2 on GPU-a",
        "DROP INDEX claim_holder | its tables are not those of version",
        "PRAGMA user_version = 1 | its tables are not those of version 1",
        "PRAGMA user_version = 99 | it has version 99, this Berth knows up to",
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'claim_holder' | never used",
      })
  void what_is_wrong_is_told_by_table_and_row(String wrong, String told) throws Exception {
    DeviceMoves.sql(file, wrong.split("; ", -1));

    try (var probe = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      assertThat(faultOf(probe)).contains(told);
    }
    try (Ledger ledger = Ledger.open(file, NOW)) {
      assertThat(ledger.setAside()).isPresent();
    }
  }

  private static String faultOf(Connection probe) {
    try {
      return String.valueOf(Soundness.faultOf(probe));
    } catch (SQLException e) {
      assertThat(Soundness.isOfTheHost(e)).isFalse();
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void met_while_running_it_is_named_and_nothing_is_written_any_more() {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      DeviceMoves.sql(file, "UPDATE container SET state = 'BANANA' WHERE id = 'id7'");

      assertThatThrownBy(() -> ledger.read(Tables::known))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("table container, row with id id7")
          .hasMessageContaining("restart berthd");
      assertThat(ledger.isHealthy()).isFalse();
      assertThatThrownBy(() -> ledger.update(tables -> tables.append(fact("no"))))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("nothing is written");
    }
    try (Ledger ledger = Ledger.open(file, NOW)) {
      assertThat(ledger.setAside()).isPresent();
    }
  }

  @Test
  void pages_that_break_while_it_runs_are_damage_as_well() throws IOException {
    try (Ledger ledger = Ledger.open(file, NOW)) {
      try (RandomAccessFile pages = new RandomAccessFile(file.toFile(), "rw")) {
        pages.seek(4096); // the first one is in use
        pages.write(new byte[(int) pages.length() - 4096]);
      }

      assertThatThrownBy(() -> ledger.read(tables -> tables.eventsAfter(0, 10)))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("is damaged")
          .hasMessageContaining("restart berthd");
      assertThat(ledger.isHealthy()).isFalse();
    }
  }
}
