package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Rows.NOW;
import static io.berth.jobs.ledger.Rows.fact;
import static io.berth.jobs.ledger.Rows.subjects;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger as a file: where it can't be opened, and where it is not what it was. */
class DatabaseTest {

  private static final int PAGE = 4096;

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
  void on_a_disk_that_is_mounted_read_only_it_is_an_error_and_stays_as_it_is() throws Exception {
    try (SmallDisk disk = SmallDisk.at(folder.resolve("disk"), "4m")) {
      file = disk.folder().resolve("ledger.db");
      filled();
      byte[] before = Files.readAllBytes(file);
      disk.makeReadOnly();

      assertThatThrownBy(this::open)
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("Read-only");
      assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }
  }

  @Test
  void a_read_only_file_is_an_error_and_stays_as_it_is() throws Exception {
    filled();
    byte[] before = Files.readAllBytes(file);
    try (SmallDisk.ReadOnly readOnly = SmallDisk.readOnly(file)) {
      assertThatThrownBy(() -> Ledger.open(readOnly.file(), NOW))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("readonly");
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThat(folder.resolve("state").toFile().list())
        .noneMatch(each -> each.contains("unusable"));
  }

  @Test
  void on_a_full_disk_it_is_an_error_and_whole_when_there_is_room() throws Exception {
    try (SmallDisk disk = SmallDisk.at(folder.resolve("disk"), "600k")) {
      file = disk.folder().resolve("ledger.db");
      try (Ledger ledger = open()) {
        ledger.update(tables -> tables.append(fact("before")));
      }
      byte[] before = Files.readAllBytes(file);
      disk.fill();

      assertThatThrownBy(this::open)
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining(file.toString());
      assertThat(Files.readAllBytes(file)).isEqualTo(before);

      disk.makeRoom();
      try (Ledger ledger = open()) {
        assertThat(ledger.setAside()).isEmpty();
        assertThat(subjects(ledger)).containsExactly("before");
      }
    }
  }

  @Test
  void what_another_program_has_locked_is_neither_written_nor_opened_until_it_lets_go()
      throws Exception {
    try (Ledger ledger = open()) {
      try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = other.createStatement()) {
        statement.execute("BEGIN EXCLUSIVE");
        assertThatThrownBy(() -> ledger.update(tables -> tables.append(fact("too early"))))
            .isInstanceOf(LedgerException.class)
            .hasMessageContaining(file.toString())
            .hasMessageContaining("locked");
        assertThat(ledger.isHealthy()).isFalse();
      }
      ledger.update(tables -> tables.append(fact("works again")));
      assertThat(ledger.isHealthy()).isTrue();
    }
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN EXCLUSIVE");
      assertThatThrownBy(this::open)
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("locked");
    }
    try (Ledger ledger = open()) {
      assertThat(ledger.setAside()).isEmpty();
      assertThat(subjects(ledger)).containsExactly("works again");
    }
  }

  // --- where it is not what it was

  @Test
  void an_empty_file_is_one_that_was_lost() throws IOException {
    Files.createDirectories(file.getParent());
    Files.createFile(file);

    assertThat(opensAnew()).isEmptyFile();
  }

  @Test
  void one_in_place_of_another_knows_that_from_its_first_moment_and_a_new_one_is_new()
      throws IOException {
    open().close();
    assertThat(rebuilt()).isEmpty();

    Files.writeString(file, "no database at all");
    open().close(); // and does nothing else

    assertThat(rebuilt()).contains(NOW);
    assertThat(rebuilt()).as("much later").contains(NOW);
  }

  /** It had set the old one aside, and no more. */
  @Test
  void one_in_place_of_another_is_told_where_the_daemon_ended_in_between() throws Exception {
    try (SmallDisk disk = SmallDisk.at(folder.resolve("disk"), "600k")) {
      file = disk.folder().resolve("ledger.db");
      Files.writeString(file, "no database at all");
      disk.fill();
      assertThatThrownBy(this::open).isInstanceOf(LedgerException.class);
      assertThat(disk.folder().toFile().list()).contains("ledger.db.unusable-20260302T120000Z");

      disk.makeRoom();
      open().close();
      assertThat(rebuilt()).contains(NOW);
    }
  }

  private Optional<Instant> rebuilt() {
    try (Ledger ledger = Ledger.open(file, NOW.plusSeconds(3_600))) {
      return ledger.read(Tables::rebuilt);
    }
  }

  @Test
  void what_is_no_database_is_set_aside_byte_for_byte_and_named() throws IOException {
    Files.createDirectories(file.getParent());
    byte[] text = "no database at all, ".repeat(500).getBytes(UTF_8);
    Files.write(file, text);

    assertThat(Files.readAllBytes(opensAnew())).isEqualTo(text);
  }

  @Test
  void a_file_cut_short_after_any_of_its_pages_is_set_aside_byte_for_byte() throws IOException {
    filled();
    byte[] whole = Files.readAllBytes(file);
    int pages = whole.length / PAGE;
    assertThat(pages).isBetween(20, 200);
    for (int left = 0; left < pages; left++) {
      file = folder.resolve("cut" + left + "/ledger.db");
      Files.createDirectories(file.getParent());
      byte[] cut = Arrays.copyOf(whole, left * PAGE);
      Files.write(file, cut);

      assertThat(Files.readAllBytes(opensAnew())).as("%d pages", left).isEqualTo(cut);
    }
  }

  @Test
  void a_file_whose_pages_were_overwritten_is_set_aside() throws IOException {
    filled();
    byte[] bytes = Files.readAllBytes(file);
    for (int i = PAGE; i < bytes.length; i += 64) {
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
