package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Tables.instant;
import static io.berth.jobs.ledger.Tables.micros;

import io.berth.policies.ContainerType;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What was found on devices and is reported until it ends: processes of containers that are gone,
 * and owners above their quota. No part of who has what, so the journal does not fold to it.
 */
public final class FindingTables {

  private final Tables tables;

  FindingTables(Tables tables) {
    this.tables = tables;
  }

  /** By device and pid. */
  public List<Orphan> orphans() throws SQLException {
    return tables.unchanged(
        "orphan",
        "SELECT * FROM orphan ORDER BY device, pid, start_ticks",
        row ->
            new Orphan(
                row.getString("device"),
                row.getInt("pid"),
                row.getLong("start_ticks"),
                row.getString("container_id"),
                row.getString("container"),
                row.getString("owner"),
                instant(row.getLong("since")),
                Tables.nullableLong(row, "intent")));
  }

  public void put(Orphan orphan) throws SQLException {
    tables.update(
        """
        INSERT OR REPLACE INTO orphan (device, pid, start_ticks, container_id, container, owner, since, intent)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        orphan.device(),
        orphan.pid(),
        orphan.startTicks(),
        orphan.containerId(),
        orphan.container(),
        orphan.owner(),
        micros(orphan.since()),
        orphan.intent());
  }

  public void forget(Orphan orphan) throws SQLException {
    tables.update(
        "DELETE FROM orphan WHERE device = ? AND pid = ? AND start_ticks = ?",
        orphan.device(),
        orphan.pid(),
        orphan.startTicks());
  }

  /** Whether an attempt to end a process has come to something. */
  public boolean hasOutcome(long intent) throws SQLException {
    return !tables
        .rows("SELECT seq FROM journal WHERE intent = ?", row -> row.getLong(1), intent)
        .isEmpty();
  }

  /** A container as the journal last had it. */
  public record Gone(String name, String owner, ContainerType type) {}

  /**
   * A container that the journal tells of, other than by its removal, after that row; empty where
   * it does not.
   */
  public Optional<Gone> remembered(String containerId, long afterSeq) throws SQLException {
    return tables
        .rows(
            """
            SELECT j.container, j.owner, (SELECT m.type FROM move m JOIN journal k USING (seq)
              WHERE k.container_id = j.container_id ORDER BY m.seq DESC LIMIT 1)
            FROM journal j WHERE j.container_id = ? AND j.seq > ? AND j.subject <> 'container.remove'
            ORDER BY j.seq DESC LIMIT 1""",
            row ->
                new Gone(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3) == null
                        ? ContainerType.UNKNOWN
                        : ContainerType.valueOf(row.getString(3))),
            containerId,
            afterSeq)
        .stream()
        .findFirst();
  }

  /** By owner. */
  public List<OverQuota> overQuota() throws SQLException {
    return tables.unchanged(
        "over_quota",
        "SELECT * FROM over_quota ORDER BY owner",
        row ->
            new OverQuota(
                row.getString("owner"),
                row.getDouble("gpueq"),
                row.getDouble("quota"),
                instant(row.getLong("since"))));
  }

  public void put(OverQuota over) throws SQLException {
    tables.update(
        "INSERT OR REPLACE INTO over_quota (owner, gpueq, quota, since) VALUES (?, ?, ?, ?)",
        over.owner(),
        over.gpueq(),
        over.quota(),
        micros(over.since()));
  }

  public void withinQuota(String owner) throws SQLException {
    tables.update("DELETE FROM over_quota WHERE owner = ?", owner);
  }
}
