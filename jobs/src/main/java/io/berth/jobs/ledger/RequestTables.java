package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Tables.instant;
import static io.berth.jobs.ledger.Tables.micros;
import static io.berth.jobs.ledger.Tables.nullableInstant;
import static io.berth.jobs.ledger.Tables.nullableMicros;

import io.berth.policies.JobName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The tables of what people asked for and what stays in force until it ends. */
public final class RequestTables {

  /**
   * An admin's exemption of one container from everything.
   *
   * @param until null: no end
   * @param who asked for it
   */
  public record Protection(
      String containerId, @Nullable Instant until, String why, String who, Instant at) {

    public boolean isActive(Instant now) {
      return until == null || now.isBefore(until);
    }
  }

  /**
   * Somebody said that a container is in use.
   *
   * @param at when; the idle clock starts anew
   * @param until how long it is held; {@code at} where it is only set back
   */
  public record KeepAlive(String containerId, Instant at, Instant until, String who) {}

  /** A job that an admin put to rest. */
  public record JobPause(JobName job, Instant until, String why, String who, Instant at) {}

  private final Tables tables;

  RequestTables(Tables tables) {
    this.tables = tables;
  }

  /** The clocks of all rules: what is to come, and when. */
  public List<ClockRow> clocks() throws SQLException {
    return tables.rows("SELECT * FROM clock ORDER BY due, container_id", Tables::clock);
  }

  // --- protection: kept without the container's row, so that nothing the Engine says ends it

  public void put(Protection protection) throws SQLException {
    tables.update(
        "INSERT OR REPLACE INTO protection (container_id, until, why, who, at) VALUES (?, ?, ?, ?, ?)",
        protection.containerId(),
        nullableMicros(protection.until()),
        protection.why(),
        protection.who(),
        micros(protection.at()));
  }

  public void unprotect(String containerId) throws SQLException {
    tables.update("DELETE FROM protection WHERE container_id = ?", containerId);
  }

  /** Also one that has ended. */
  public Optional<Protection> protection(String containerId) throws SQLException {
    return tables
        .rows(
            "SELECT * FROM protection WHERE container_id = ?",
            RequestTables::protection,
            containerId)
        .stream()
        .findFirst();
  }

  /** Of all containers; also those that have ended. */
  public List<Protection> protections() throws SQLException {
    return tables.rows("SELECT * FROM protection", RequestTables::protection);
  }

  private static Protection protection(ResultSet row) throws SQLException {
    return new Protection(
        row.getString("container_id"),
        nullableInstant(row, "until"),
        row.getString("why"),
        row.getString("who"),
        instant(row.getLong("at")));
  }

  // --- keep-alives

  /** Takes nothing from a longer one; nothing where the container is not known (any more). */
  public void put(KeepAlive alive) throws SQLException {
    tables.update(
        """
        INSERT INTO keep_alive (container_id, at, until, who)
        SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM container WHERE id = ?)
        ON CONFLICT (container_id) DO UPDATE SET at = excluded.at, who = excluded.who,
          until = max(until, excluded.until)""",
        alive.containerId(),
        micros(alive.at()),
        micros(alive.until()),
        alive.who(),
        alive.containerId());
  }

  /** The last one of each container, by its id. */
  public Map<String, KeepAlive> keepAlives() throws SQLException {
    Map<String, KeepAlive> found = new HashMap<>();
    for (KeepAlive each :
        tables.rows(
            "SELECT * FROM keep_alive",
            row ->
                new KeepAlive(
                    row.getString("container_id"),
                    instant(row.getLong("at")),
                    instant(row.getLong("until")),
                    row.getString("who")))) {
      found.put(each.containerId(), each);
    }
    return found;
  }

  // --- jobs

  public void put(JobPause pause) throws SQLException {
    tables.update(
        "INSERT OR REPLACE INTO job_pause (job, until, why, who, at) VALUES (?, ?, ?, ?, ?)",
        pause.job().name(),
        micros(pause.until()),
        pause.why(),
        pause.who(),
        micros(pause.at()));
  }

  public void resume(JobName job) throws SQLException {
    tables.update("DELETE FROM job_pause WHERE job = ?", job.name());
  }

  /** Also those that have ended. */
  public List<JobPause> jobPauses() throws SQLException {
    return tables.rows(
        "SELECT * FROM job_pause ORDER BY job",
        row ->
            new JobPause(
                JobName.valueOf(row.getString("job")),
                instant(row.getLong("until")),
                row.getString("why"),
                row.getString("who"),
                instant(row.getLong("at"))));
  }

  void shift(long micros) throws SQLException {
    tables.update("UPDATE protection SET until = until + ?", micros);
    tables.update("UPDATE keep_alive SET at = at + ?, until = until + ?", micros, micros);
    tables.update("UPDATE job_pause SET until = until + ?", micros);
  }
}
