package io.berth.jobs.ledger;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a ledger's file can be relied on: its version, its pages and indexes, its schema,
 * every value in it, and that its journal folds to its state. Only reads.
 */
final class Soundness {

  /**
   * SQLite's result codes that speak of the host and not of the file: PERM, BUSY, LOCKED, NOMEM,
   * READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL, NOLFS, AUTH.
   */
  private static final Set<Integer> OF_THE_HOST = Set.of(3, 5, 6, 7, 8, 9, 10, 13, 14, 15, 22, 23);

  /** IOERR and FULL. */
  private static final Set<Integer> OF_THE_DISK = Set.of(10, 13);

  private Soundness() {}

  /** Whether the file is not to blame. */
  static boolean isOfTheHost(SQLException e) {
    return OF_THE_HOST.contains(e.getErrorCode() & 0xff);
  }

  /** Whether the disk is to blame, for having no room or for failing. */
  static boolean isOfTheDisk(SQLException e) {
    return OF_THE_DISK.contains(e.getErrorCode() & 0xff);
  }

  /** Whether what was read is to blame: no Berth wrote it, or SQLite says so (CORRUPT, NOTADB). */
  static boolean isDamage(SQLException e) {
    int code = e.getErrorCode() & 0xff;
    return e instanceof SQLDataException || code == 11 || code == 26;
  }

  /**
   * What is wrong, in words; null where nothing is.
   *
   * @throws SQLException if it can't be read: for a reason of the host, or because of damage
   */
  static @Nullable String faultOf(Connection probe) throws SQLException {
    int version;
    try (Statement statement = probe.createStatement()) {
      version = Database.intOf(statement, "PRAGMA user_version");
    }
    if (version > Database.VERSION) {
      return "it has version " + version + ", this Berth knows up to " + Database.VERSION;
    }
    Tables tables = new Tables(probe);
    List<String> pages = tables.rows("PRAGMA integrity_check(1)", row -> row.getString(1));
    if (!pages.equals(List.of("ok"))) {
      return "it is damaged (" + pages + ")";
    }
    if (!schemaOf(tables).equals(schemaOf(version))) {
      return "it is damaged (its tables are not those of version " + version + ")";
    }
    if (version < Database.VERSION) {
      return null; // its values are looked at when it has been migrated, at the next start
    }
    List<String> differences = LedgerCheck.of(tables).differences();
    return differences.isEmpty() ? null : "it is damaged (" + differences.get(0) + ")";
  }

  private static Map<String, String> schemaOf(int version) throws SQLException {
    try (Connection memory = DriverManager.getConnection("jdbc:sqlite::memory:")) {
      Database.migrate(memory, 0, version);
      return schemaOf(new Tables(memory));
    }
  }

  /** By name; a trigger or a view that somebody added is his own affair. */
  private static Map<String, String> schemaOf(Tables tables) throws SQLException {
    Map<String, String> schema = new TreeMap<>();
    tables.each(
        """
        SELECT name, tbl_name || ' ' || coalesce(sql, '') FROM sqlite_master
        WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_stat%'""",
        row -> Map.entry(row.getString(1), row.getString(2)),
        each -> schema.put(each.getKey(), each.getValue()));
    return schema;
  }
}
