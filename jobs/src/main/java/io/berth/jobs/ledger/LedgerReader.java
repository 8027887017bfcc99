package io.berth.jobs.ledger;

import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.DeviceTables.Move;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.sqlite.SQLiteConfig;

/**
 * A look at a ledger's file from beside the daemon, which may be writing it. It takes no lock of
 * the daemon's, creates nothing and migrates nothing. Each answer comes from one moment of the
 * file.
 *
 * <p>All methods throw {@link LedgerException} where the file is missing, of another version, or
 * can't be read.
 */
public final class LedgerReader {

  private final Path file;

  public LedgerReader(Path file) {
    this.file = file;
  }

  /**
   * How it stands now.
   *
   * @param allocation who has what, by the state tables
   */
  public record Standing(Allocation allocation, List<Orphan> orphans, List<OverQuota> overQuota) {

    /** As the ledger has it. */
    public static Standing of(Tables tables) throws SQLException {
      return new Standing(
          tables.devices().allocation(),
          tables.findings().orphans(),
          tables.findings().overQuota());
    }
  }

  public Standing standing() {
    return read(Standing::of);
  }

  /**
   * Who had what then, by the journal; without what was promised. Where the clock was set back, a
   * moment came more than once: the last time counts, with all that is journalled before it.
   *
   * @throws LedgerException also if the journal does not go back as far as that
   */
  public Allocation allocationAt(Instant moment) {
    return read(
        tables -> {
          Optional<Instant> since = Compaction.completeSince(tables);
          if (since.isPresent() && moment.isBefore(since.get())) {
            throw new LedgerException(
                "the journal of "
                    + file
                    + " goes back to "
                    + since.get()
                    + ": who had what before that is not known any more (daemon.journal_keep)");
          }
          return tables.devices().folded(tables.lastSeqAt(moment));
        });
  }

  /** Every change of a device or a claim that the journal still has, oldest first. */
  public List<Move> moves() {
    return read(tables -> tables.devices().movesUntil(DeviceTables.ALL));
  }

  /** The events that are asked for, oldest first; each is in {@link JournalEntry#event}. */
  public List<JournalEntry> events(EventQuery query) {
    List<JournalEntry> found = read(tables -> events(tables, query));
    if (query.latest()) {
      Collections.reverse(found);
    }
    return found;
  }

  private static List<JournalEntry> events(Tables tables, EventQuery query) throws SQLException {
    return tables.journal(
        """
        SELECT * FROM journal WHERE event IS NOT NULL AND seq > ?1 AND (?2 IS NULL OR at >= ?2)
        AND (?3 IS NULL OR owner = ?3)
        AND (?4 IS NULL OR container = ?4 OR (length(?4) > 3 AND substr(container_id, 1, length(?4)) = ?4))
        AND (?5 IS NULL OR subject = ?5 OR substr(subject, 1, length(?5) + 1) = ?5 || '.')
        ORDER BY seq %s LIMIT ?6"""
            .formatted(query.latest() ? "DESC" : "ASC"),
        query.after(),
        Tables.nullableMicros(query.since()),
        query.user(),
        query.container(),
        query.type(),
        query.limit());
  }

  /** Whether the file is whole, and its journal folds to its state. */
  public LedgerCheck check() {
    return read(LedgerCheck::of);
  }

  /**
   * Without a WAL nobody has the file open, and it is read as the unchanging one it is: any other
   * way SQLite would create the WAL, and need the right to. What a writer began meanwhile is read
   * again in its company.
   */
  private <T> T read(Ledger.Work<T> work) {
    if (!Files.isRegularFile(file)) {
      throw new LedgerException(
          "there is no ledger at " + file + ": berthd creates it; or name its place with --ledger");
    }
    boolean alone = isAlone();
    try {
      T answer = read(work, alone);
      if (!alone || isAlone()) {
        return answer;
      }
    } catch (LedgerException e) {
      if (!alone || isAlone()) {
        throw e;
      }
    }
    return read(work, false);
  }

  private boolean isAlone() {
    return !Files.exists(file.resolveSibling(file.getFileName() + "-wal"));
  }

  private <T> T read(Ledger.Work<T> work, boolean alone) {
    try (Connection connection = connect(alone)) {
      Tables tables = new Tables(connection);
      tables.run("PRAGMA busy_timeout = 5000");
      tables.run("BEGIN");
      requireVersion(tables);
      return work.in(tables);
    } catch (SQLException e) {
      throw new LedgerException("the ledger " + file + " can't be read: " + e.getMessage(), e);
    }
  }

  private Connection connect(boolean alone) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    String path = file.toAbsolutePath().toUri().getRawPath();
    return DriverManager.getConnection(
        "jdbc:sqlite:file:" + path + "?mode=ro" + (alone ? "&immutable=1" : ""),
        config.toProperties());
  }

  private void requireVersion(Tables tables) throws SQLException {
    int version = tables.rows("PRAGMA user_version", row -> row.getInt(1)).get(0);
    if (version == Database.VERSION) {
      return;
    }
    String what =
        "the ledger " + file + " has version " + version + ", this berth reads " + Database.VERSION;
    throw new LedgerException(
        version > Database.VERSION
            ? what + ": use the berth that came with the berthd that writes it"
            : what + ": a start of this berthd brings it up to date");
  }
}
