package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Rows.NOW;
import static io.berth.jobs.ledger.Rows.fact;
import static io.berth.jobs.ledger.Rows.subjects;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ledger as a file: where it can't be opened, and where it is not what it was. */
class DatabaseTest {

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void file() {
    file = folder.resolve("state/ledger.db");
  }

  // --- where it can't be opened

  @Test
  void a_second_one_is_refused_while_the_first_is_open() {
    try (Ledger first = open()) {
      assertThatThrownBy(this::open)
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("in use by another berthd; stop that one first");
      first.update(tables -> tables.append(fact("still works")));
    }
    open().close();
  }

  @Test
  void a_missing_folder_is_made() {
    open().close();

    assertThat(file).exists();
  }

  @Test
  void a_folder_in_its_place_is_an_error_that_names_it() throws IOException {
    Files.createDirectories(file);

    assertThatThrownBy(this::open)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining(file.toString());
    assertThat(file).isDirectory();
  }

  @Test
  void a_file_where_its_folder_should_be_is_an_error_that_names_it() throws IOException {
    Files.writeString(folder.resolve("state"), "not a folder");

    assertThatThrownBy(this::open)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void a_read_only_file_is_an_error_and_stays_as_it_is() throws IOException {
    filled();
    byte[] before = Files.readAllBytes(file);
    assumeTrue(
        file.toFile().setReadOnly() && !Files.isWritable(file), "needs a user that is not root");

    assertThatThrownBy(this::open).isInstanceOf(LedgerException.class);
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  // --- where it is not what it was

  @Test
  void an_empty_file_is_a_new_ledger() throws IOException {
    Files.createDirectories(file.getParent());
    Files.createFile(file);

    try (Ledger ledger = open()) {
      assertThat(ledger.setAside()).isEmpty();
    }
  }

  @Test
  void what_is_no_database_is_set_aside_byte_for_byte_and_named() throws IOException {
    Files.createDirectories(file.getParent());
    byte[] text = "no database at all, ".repeat(500).getBytes(UTF_8);
    Files.write(file, text);

    assertThat(Files.readAllBytes(opensAnew())).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8})
  void a_file_cut_short_is_set_aside_byte_for_byte(int pages) throws IOException {
    filled();
    byte[] whole = Files.readAllBytes(file);
    byte[] cut = Arrays.copyOf(whole, pages * 4096);
    assertThat(whole.length).isGreaterThan(cut.length);
    Files.write(file, cut);

    assertThat(Files.readAllBytes(opensAnew())).isEqualTo(cut);
  }

  @Test
  void a_file_whose_pages_were_overwritten_is_set_aside() throws IOException {
    filled();
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 4096; i < bytes.length; i += 64) {
      bytes[i] = (byte) ~bytes[i];
    }
    Files.write(file, bytes);

    assertThat(Files.readAllBytes(opensAnew())).isEqualTo(bytes);
  }

  @Test
  void a_ledger_of_a_later_berth_is_set_aside_byte_for_byte_with_its_wal() throws Exception {
    Path copy = folder.resolve("killed/ledger.db");
    Files.createDirectories(copy.getParent());
    filled();
    try (Connection later = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = later.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA wal_autocheckpoint = 0");
      statement.execute("PRAGMA user_version = " + (Database.VERSION + 1));
      copyAsKilled(copy); // the version is in the WAL alone
    }
    byte[] main = Files.readAllBytes(copy);
    byte[] wal = Files.readAllBytes(wal(copy));
    file = copy;

    Path aside = opensAnew();

    assertThat(Files.readAllBytes(aside)).isEqualTo(main);
    assertThat(Files.readAllBytes(wal(aside))).isEqualTo(wal);
  }

  @Test
  void a_commit_is_on_the_disk_before_it_returns() {
    try (Ledger ledger = open()) {
      assertThat(setting(ledger, "journal_mode")).isEqualTo("wal");
      assertThat(setting(ledger, "synchronous")).isEqualTo("2"); // FULL
    }
  }

  private static String setting(Ledger ledger, String name) {
    return ledger.read(tables -> tables.rows("PRAGMA " + name, row -> row.getString(1))).get(0);
  }

  @Test
  void what_a_killed_daemon_had_committed_is_read_from_its_wal() throws IOException {
    Path copy = folder.resolve("killed/ledger.db");
    Files.createDirectories(copy.getParent());
    try (Ledger ledger = open()) {
      ledger.update(tables -> tables.append(fact("committed")));
      copyAsKilled(copy);
    }
    assertThat(wal(copy)).isNotEmptyFile();
    file = copy;

    try (Ledger ledger = open()) {
      assertThat(ledger.setAside()).isEmpty();
      assertThat(subjects(ledger)).containsExactly("committed");
    }
  }

  @Test
  void a_full_disk_fails_the_write_and_no_other_once_there_is_room() throws Exception {
    try (SmallDisk disk = SmallDisk.at(folder.resolve("disk"), "600k")) {
      file = disk.folder().resolve("ledger.db");
      try (Ledger ledger = open()) {
        disk.fill();
        assertThatThrownBy(() -> ledger.update(DatabaseTest::muchMore))
            .isInstanceOf(LedgerException.class);
        assertThat(subjects(ledger)).isEmpty();

        disk.makeRoom();
        ledger.update(tables -> tables.append(fact("room again")));
        assertThat(subjects(ledger)).containsExactly("room again");
      }
      try (Ledger ledger = open()) {
        assertThat(subjects(ledger)).containsExactly("room again");
      }
    }
  }

  // --- means

  private Ledger open() {
    return Ledger.open(file, NOW);
  }

  /** Opens it, checks that a new one was begun, and answers where the old one is. */
  private Path opensAnew() {
    Path aside = file.resolveSibling("ledger.db.unusable-20260302T120000Z");
    try (Ledger ledger = open()) {
      assertThat(ledger.setAside()).contains(aside);
      assertThat(subjects(ledger)).isEmpty();
      ledger.update(tables -> tables.append(fact("works")));
    }
    return aside;
  }

  private void filled() {
    try (Ledger ledger = open()) {
      ledger.update(DatabaseTest::muchMore);
    }
  }

  private static void muchMore(Tables tables) throws SQLException {
    for (int i = 0; i < 400; i++) {
      tables.append(fact("row " + i + " of many, with some length to it"));
    }
  }

  private void copyAsKilled(Path to) throws IOException {
    Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(wal(file), wal(to), StandardCopyOption.REPLACE_EXISTING);
  }

  private static Path wal(Path database) {
    return database.resolveSibling(database.getFileName() + "-wal");
  }
}
