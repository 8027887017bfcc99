package io.berth.jobs.ledger;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * The SQLite file under the ledger: one writer process, one connection, WAL with {@code
 * synchronous=FULL}, so that a commit is on the disk before it returns.
 *
 * <p>The schema's number is the file's {@code user_version}. Migrations only ever go forward, all
 * of them in one transaction. A file that is damaged or of a newer version is never written to: it
 * is set aside under another name, and a new one begun, which knows that from its first moment.
 */
final class Database implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Database.class);

  /**
   * Migration n brings a file from version n to n + 1. A number that has been released never
   * changes.
   */
  private static final List<String> MIGRATIONS =
      List.of(
          """
          CREATE TABLE journal (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            container_id TEXT,
            container TEXT,
            owner TEXT,
            subject TEXT NOT NULL,
            reason TEXT,
            source TEXT NOT NULL,
            mode TEXT NOT NULL,
            intent INTEGER UNIQUE REFERENCES journal(seq),
            outcome TEXT,
            event TEXT);
          CREATE INDEX journal_open_intents ON journal(seq) WHERE kind = 'INTENT';
          CREATE INDEX journal_container ON journal(container_id);
          CREATE TABLE container (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            owner TEXT NOT NULL,
            owner_source TEXT NOT NULL,
            type TEXT NOT NULL,
            state TEXT NOT NULL,
            created INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            ended_by TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE clock (
            container_id TEXT NOT NULL REFERENCES container(id) ON DELETE CASCADE,
            rule TEXT NOT NULL,
            stamp INTEGER NOT NULL,
            since INTEGER NOT NULL,
            due INTEGER NOT NULL,
            warned_in TEXT,
            would_have TEXT,
            PRIMARY KEY (container_id, rule)) WITHOUT ROWID;
          CREATE TABLE enforcing (job TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
          """,
          """
          CREATE TABLE device (
            uuid TEXT PRIMARY KEY,
            presence TEXT NOT NULL,
            gpueq REAL NOT NULL,
            mig INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE claim (
            device TEXT NOT NULL,
            holder TEXT NOT NULL,
            name TEXT NOT NULL,
            owner TEXT NOT NULL,
            type TEXT NOT NULL,
            state TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER,
            PRIMARY KEY (device, holder)) WITHOUT ROWID;
          CREATE INDEX claim_holder ON claim(holder);
          CREATE TABLE move (
            seq INTEGER PRIMARY KEY REFERENCES journal(seq),
            device TEXT NOT NULL,
            holder TEXT NOT NULL,
            name TEXT NOT NULL,
            owner TEXT NOT NULL,
            type TEXT NOT NULL,
            from_state TEXT NOT NULL,
            to_state TEXT NOT NULL,
            gpueq REAL NOT NULL,
            mig INTEGER NOT NULL);
          CREATE INDEX move_device ON move(device);
          CREATE INDEX move_owner ON move(owner);
          """,
          """
          ALTER TABLE clock ADD COLUMN warnings INTEGER NOT NULL DEFAULT 0;
          UPDATE clock SET warnings = 1 WHERE warned_in IS NOT NULL;
          ALTER TABLE container ADD COLUMN restart_count INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE container ADD COLUMN life_start INTEGER;
          UPDATE container SET life_start = started_at;
          CREATE TABLE life (
            container_id TEXT PRIMARY KEY REFERENCES container(id) ON DELETE CASCADE,
            began INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            restarts INTEGER NOT NULL,
            looked_at INTEGER NOT NULL,
            cpu TEXT NOT NULL,
            network TEXT NOT NULL,
            input INTEGER,
            touched INTEGER,
            file_modified INTEGER,
            file_counts INTEGER,
            file_trouble TEXT NOT NULL,
            broken TEXT) WITHOUT ROWID;
          CREATE TABLE sample (
            container_id TEXT NOT NULL REFERENCES container(id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            since INTEGER NOT NULL,
            at INTEGER NOT NULL,
            count INTEGER NOT NULL,
            restarted INTEGER NOT NULL,
            cpu TEXT NOT NULL,
            network TEXT NOT NULL,
            gpu TEXT NOT NULL,
            gpu_memory INTEGER,
            input INTEGER NOT NULL,
            PRIMARY KEY (container_id, seq)) WITHOUT ROWID;
          CREATE TABLE cursor (device TEXT PRIMARY KEY, sampled INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE orphan (
            device TEXT NOT NULL,
            pid INTEGER NOT NULL,
            start_ticks INTEGER NOT NULL,
            container_id TEXT NOT NULL,
            container TEXT NOT NULL,
            owner TEXT NOT NULL,
            since INTEGER NOT NULL,
            intent INTEGER,
            PRIMARY KEY (device, pid, start_ticks)) WITHOUT ROWID;
          CREATE TABLE over_quota (
            owner TEXT PRIMARY KEY,
            gpueq REAL NOT NULL,
            quota REAL NOT NULL,
            since INTEGER NOT NULL) WITHOUT ROWID;
          ALTER TABLE fact ADD COLUMN sum INTEGER;
          CREATE TABLE protection (
            container_id TEXT PRIMARY KEY,
            until INTEGER,
            why TEXT NOT NULL,
            who TEXT NOT NULL,
            at INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE keep_alive (
            container_id TEXT PRIMARY KEY REFERENCES container(id) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            until INTEGER NOT NULL,
            who TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE job_pause (
            job TEXT PRIMARY KEY,
            until INTEGER NOT NULL,
            why TEXT NOT NULL,
            who TEXT NOT NULL,
            at INTEGER NOT NULL) WITHOUT ROWID;
          """);

  static final int VERSION = MIGRATIONS.size();

  private static final String UNUSABLE = ".unusable-";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final FileChannel lockFile;
  private final Connection connection;
  private final @Nullable Path setAside;

  private Database(FileChannel lockFile, Connection connection, @Nullable Path setAside) {
    this.lockFile = lockFile;
    this.connection = connection;
    this.setAside = setAside;
  }

  /**
   * Opens or creates the file.
   *
   * @param now is appended to the name of a file that can't be used
   * @throws LedgerException if the file can't be created, read or locked; nothing has been changed
   *     then
   */
  static Database open(Path file, Instant now) {
    FileChannel lock = lock(file);
    try {
      Path aside = null;
      String fault = Files.exists(file) ? faultOf(file) : null;
      if (fault != null) {
        aside = setAside(file, UNUSABLE + TIME.format(now));
        log.error(
            "the ledger {} can't be used: {}. It was set aside as {}, and a new one begun",
            file,
            fault,
            aside);
      }
      return new Database(lock, readied(file, now), aside);
    } catch (SQLException | IOException | RuntimeException e) {
      closeQuietly(lock);
      throw new LedgerException("the ledger " + file + " can't be opened: " + e.getMessage(), e);
    }
  }

  Connection connection() {
    return connection;
  }

  /** Where an unusable file was moved; null where there was none. */
  @Nullable Path setAside() {
    return setAside;
  }

  private static FileChannel lock(Path file) {
    Path lockPath = file.resolveSibling(file.getFileName() + ".lock");
    try {
      Files.createDirectories(lockPath.toAbsolutePath().getParent());
      FileChannel channel =
          FileChannel.open(lockPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        FileLock taken = channel.tryLock();
        if (taken != null) {
          return channel;
        }
      } catch (OverlappingFileLockException e) {
        log.debug("held within this process", e);
      }
      closeQuietly(channel);
    } catch (IOException e) {
      throw new LedgerException("the ledger " + file + " can't be opened: " + e, e);
    }
    throw new LedgerException(
        "the ledger " + file + " is in use by another berthd; stop that one first");
  }

  /** Reads without writing; null where the file is fit for use. */
  private static @Nullable String faultOf(Path file) throws SQLException, IOException {
    if (Files.isRegularFile(file) && Files.size(file) == 0) {
      return "it is empty"; // SQLite would take it for a new one
    }
    try (Connection probe = connect(file, true)) {
      return Soundness.faultOf(probe);
    } catch (SQLException e) {
      if (Soundness.isOfTheHost(e)) {
        throw e;
      }
      return "it is damaged (" + e.getMessage() + ")";
    }
  }

  private static Path setAside(Path file, String suffix) throws IOException {
    Path aside = file.resolveSibling(file.getFileName() + suffix);
    for (String part : List.of("-wal", "-shm", "")) {
      Path from = file.resolveSibling(file.getFileName() + part);
      if (Files.exists(from)) {
        Files.move(from, aside.resolveSibling(aside.getFileName() + part));
      }
    }
    return aside;
  }

  /**
   * @param probing reads only: not even what a former process left in the WAL is moved into the
   *     file
   */
  private static Connection connect(Path file, boolean probing) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(probing);
    config.setGetGeneratedKeys(false); // else a query after each insert; RETURNING is used here
    Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + file.toAbsolutePath(), config.toProperties());
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 5000");
      if (!probing) {
        statement.execute("PRAGMA journal_mode = WAL");
        statement.execute("PRAGMA synchronous = FULL");
        statement.execute("PRAGMA foreign_keys = ON");
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static Connection readied(Path file, Instant now) throws SQLException, IOException {
    boolean isNew = !Files.exists(file);
    try {
      return migrated(file, now);
    } catch (SQLException | IOException e) {
      if (isNew) {
        Files.deleteIfExists(file); // empty as it is, it would count as one that was lost
      }
      throw e;
    }
  }

  private static Connection migrated(Path file, Instant now) throws SQLException, IOException {
    Connection connection = connect(file, false);
    try (Statement statement = connection.createStatement()) {
      int version = intOf(statement, "PRAGMA user_version");
      statement.execute("BEGIN IMMEDIATE");
      migrate(connection, version, VERSION);
      // Also where nothing was migrated: fails here where the file can't be written.
      statement.execute("PRAGMA user_version = " + VERSION);
      if (version == 0 && wasSetAside(file)) {
        new Tables(connection).rebuilt(now);
      }
      statement.execute("COMMIT");
      return connection;
    } catch (SQLException | IOException e) {
      connection.close();
      throw e;
    }
  }

  /** Also by a daemon that ended before it had begun the new one. */
  private static boolean wasSetAside(Path file) throws IOException {
    String name = file.getFileName() + UNUSABLE;
    try (Stream<Path> files = Files.list(file.toAbsolutePath().getParent())) {
      return files.anyMatch(each -> each.getFileName().toString().startsWith(name));
    }
  }

  /** Brings what is of the first version to the second. */
  static void migrate(Connection connection, int from, int to) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (int version = from; version < to; version++) {
        statement.executeUpdate(MIGRATIONS.get(version) + "PRAGMA user_version = " + (version + 1));
      }
    }
  }

  static int intOf(Statement statement, String query) throws SQLException {
    try (ResultSet rows = statement.executeQuery(query)) {
      return rows.next() ? rows.getInt(1) : 0;
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      log.warn("the ledger's lock file could not be closed: {}", e.toString());
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      log.warn("the ledger could not be closed: {}", e.toString());
    } finally {
      closeQuietly(lockFile);
    }
  }
}
