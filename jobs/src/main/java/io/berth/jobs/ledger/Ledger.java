package io.berth.jobs.ledger;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The durable record of what Berth knows and did. Whatever is written together in one {@link
 * #write} is on the disk when that returns, or none of it is. Safe for use by several threads,
 * which take turns.
 */
public final class Ledger implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Ledger.class);

  private final Path file;
  private final Database database;
  private final Tables tables;
  private boolean healthy = true;
  private @Nullable String damage;
  private Runnable eventsWritten = () -> {};

  /** What is done within one transaction. */
  @FunctionalInterface
  public interface Work<T> {
    T in(Tables tables) throws SQLException;
  }

  /** What is written within one transaction, without an answer. */
  @FunctionalInterface
  public interface Update {
    void in(Tables tables) throws SQLException;
  }

  private Ledger(Path file, Database database) throws SQLException {
    this.file = file;
    this.database = database;
    this.tables = new Tables(database.connection());
  }

  /**
   * Opens or creates the ledger. An unusable file is set aside, see {@link #setAside}.
   *
   * @throws LedgerException if it can't be created, read or locked
   */
  public static Ledger open(Path file, Instant now) {
    Database database = Database.open(file, now);
    try {
      return new Ledger(file, database);
    } catch (SQLException e) {
      database.close();
      throw new LedgerException("the ledger " + file + " can't be read: " + e.getMessage(), e);
    }
  }

  /**
   * Where a damaged or newer file was moved when this one was begun; empty where there was none.
   */
  public Optional<Path> setAside() {
    return Optional.ofNullable(database.setAside());
  }

  /**
   * Calls {@code listener} after each write that held an event. It must be quick, and must not use
   * the ledger on the caller's thread.
   */
  public synchronized void whenEventsAreWritten(Runnable listener) {
    eventsWritten = listener;
  }

  /** Whether the last write came through, and all that was read made sense. */
  public synchronized boolean isHealthy() {
    return healthy && damage == null;
  }

  /**
   * Does the work in one transaction, durable when this returns.
   *
   * @throws LedgerException if it can't be written; nothing of it is then. Once damage was met that
   *     is so until the daemon is started again, which sets the file aside
   */
  public synchronized <T> T write(Work<T> work) {
    if (damage != null) {
      throw new LedgerException(damaged(damage));
    }
    try {
      tables.run("BEGIN IMMEDIATE");
      T result = work.in(tables);
      tables.run("COMMIT");
      healthy = true;
      if (tables.tookEvents()) {
        eventsWritten.run();
      }
      return result;
    } catch (SQLException e) {
      healthy = false;
      rollback();
      throw failed("written", e);
    } catch (RuntimeException | Error e) {
      rollback();
      throw e;
    }
  }

  /** As {@link #write}, without an answer. */
  public void update(Update work) {
    write(
        tables -> {
          work.in(tables);
          return true;
        });
  }

  /**
   * Reads.
   *
   * @throws LedgerException if it can't be read
   */
  public synchronized <T> T read(Work<T> work) {
    try {
      return work.in(tables);
    } catch (SQLException e) {
      throw failed("read", e);
    }
  }

  /**
   * How many bytes of the file are in use; it has others, which dropped rows left and new ones
   * take.
   *
   * @throws LedgerException if it can't be read
   */
  public long usedBytes() {
    return read(
        tables ->
            tables
                .rows(
                    """
                    SELECT (page_count - freelist_count) * page_size
                    FROM pragma_page_count, pragma_freelist_count, pragma_page_size""",
                    row -> row.getLong(1))
                .get(0));
  }

  /** What is damaged is not written to: an act must not rest on it, and it may be of use yet. */
  private LedgerException failed(String what, SQLException e) {
    if (Soundness.isDamage(e)) {
      damage = e.getMessage();
      return new LedgerException(damaged(String.valueOf(e.getMessage())), e);
    }
    return new LedgerException(
        "the ledger " + file + " can't be " + what + ": " + e.getMessage(), e);
  }

  private String damaged(String how) {
    return "the ledger "
        + file
        + " is damaged ("
        + how
        + "): nothing is written to it and nothing is done; restart berthd, which sets it aside and begins a new one";
  }

  private void rollback() {
    try {
      tables.run(Sql.ROLLBACK);
    } catch (SQLException e) {
      // SQLite has rolled back by itself, on a full disk for one, or never began.
      log.debug("no transaction to roll back", e);
    }
  }

  @Override
  public synchronized void close() {
    database.close();
  }
}
