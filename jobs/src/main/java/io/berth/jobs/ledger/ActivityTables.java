package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Tables.instant;
import static io.berth.jobs.ledger.Tables.micros;
import static io.berth.jobs.ledger.Tables.nullableInstant;
import static io.berth.jobs.ledger.Tables.nullableMicros;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tables of what containers did lately. All of a container's rows go with its row in {@code
 * container}; none is kept of one that has no such row.
 */
public final class ActivityTables {

  private final Tables tables;

  ActivityTables(Tables tables) {
    this.tables = tables;
  }

  /**
   * What is kept of a container's life; see {@code activity.Life}, whose fields these are.
   *
   * @param cpu in the spelling of {@code activity.MeasureText}, as is {@code network}
   */
  public record LifeRow(
      String containerId,
      Instant began,
      Instant startedAt,
      int restarts,
      Instant lookedAt,
      String cpu,
      String network,
      @Nullable Instant input,
      @Nullable Instant touched,
      @Nullable Instant fileModified,
      @Nullable Instant fileCounts,
      String fileTrouble,
      @Nullable String broken) {}

  /** One sample; see {@code activity.Sample}, whose fields these are. */
  public record SampleRow(
      String containerId,
      long seq,
      Instant from,
      Instant at,
      int count,
      boolean restarted,
      String cpu,
      String network,
      String gpu,
      @Nullable Long gpuMemory,
      boolean input) {}

  public List<LifeRow> lives() throws SQLException {
    return tables.rows("SELECT * FROM life", ActivityTables::life);
  }

  private static LifeRow life(ResultSet row) throws SQLException {
    return new LifeRow(
        row.getString("container_id"),
        instant(row.getLong("began")),
        instant(row.getLong("started_at")),
        row.getInt("restarts"),
        instant(row.getLong("looked_at")),
        row.getString("cpu"),
        row.getString("network"),
        nullableInstant(row, "input"),
        nullableInstant(row, "touched"),
        nullableInstant(row, "file_modified"),
        nullableInstant(row, "file_counts"),
        row.getString("file_trouble"),
        row.getString("broken"));
  }

  /** Keeps a life in place of what was kept; nothing where the container is not known. */
  public void put(LifeRow life) throws SQLException {
    tables.update(
        """
        INSERT OR REPLACE INTO life (container_id, began, started_at, restarts, looked_at, cpu, network,
          input, touched, file_modified, file_counts, file_trouble, broken)
        SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM container WHERE id = ?)""",
        life.containerId(),
        micros(life.began()),
        micros(life.startedAt()),
        life.restarts(),
        micros(life.lookedAt()),
        life.cpu(),
        life.network(),
        nullableMicros(life.input()),
        nullableMicros(life.touched()),
        nullableMicros(life.fileModified()),
        nullableMicros(life.fileCounts()),
        life.fileTrouble(),
        life.broken(),
        life.containerId());
  }

  /** Somebody came to it; nothing where there is no life of it. */
  public void touch(String containerId, Instant at) throws SQLException {
    tables.update(
        "UPDATE life SET touched = max(coalesce(touched, 0), ?) WHERE container_id = ?",
        micros(at),
        containerId);
  }

  /** The next sample of every container is a gap. */
  public void breakAll(String why) throws SQLException {
    tables.update("UPDATE life SET broken = ?", why);
  }

  /** Every sample there is, oldest first, by container id. */
  public List<SampleRow> samples() throws SQLException {
    return tables.rows(
        "SELECT * FROM sample ORDER BY container_id, seq",
        row ->
            new SampleRow(
                row.getString("container_id"),
                row.getLong("seq"),
                instant(row.getLong("since")),
                instant(row.getLong("at")),
                row.getInt("count"),
                row.getBoolean("restarted"),
                row.getString("cpu"),
                row.getString("network"),
                row.getString("gpu"),
                Tables.nullableLong(row, "gpu_memory"),
                row.getBoolean("input")));
  }

  /** Keeps a sample, in place of one of that number. */
  public void put(SampleRow sample) throws SQLException {
    tables.update(
        """
        INSERT OR REPLACE INTO sample (container_id, seq, since, at, count, restarted, cpu, network, gpu, gpu_memory, input)
        SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM container WHERE id = ?)""",
        sample.containerId(),
        sample.seq(),
        micros(sample.from()),
        micros(sample.at()),
        sample.count(),
        sample.restarted() ? 1 : 0,
        sample.cpu(),
        sample.network(),
        sample.gpu(),
        sample.gpuMemory(),
        sample.input() ? 1 : 0,
        sample.containerId());
  }

  public void dropSample(String containerId, long seq) throws SQLException {
    tables.update("DELETE FROM sample WHERE container_id = ? AND seq = ?", containerId, seq);
  }

  public void dropSamples(String containerId) throws SQLException {
    tables.update("DELETE FROM sample WHERE container_id = ?", containerId);
  }

  /** The containers that there is a life of. */
  public Set<String> containers() throws SQLException {
    return new HashSet<>(tables.rows("SELECT container_id FROM life", row -> row.getString(1)));
  }

  /** Until when a command holds the idle clock, or held it; empty where none ever did. */
  public Optional<Instant> keptAliveUntil(String containerId) throws SQLException {
    return tables
        .unchanged(
            "keep_alive",
            "SELECT until FROM keep_alive WHERE container_id = ?",
            row -> instant(row.getLong(1)),
            containerId)
        .stream()
        .findFirst();
  }

  /** By device, the driver's time of its latest sample that was read, in microseconds. */
  public Map<String, Long> cursors() throws SQLException {
    Map<String, Long> cursors = new HashMap<>();
    for (Map.Entry<String, Long> each :
        tables.unchanged(
            "cursor",
            "SELECT device, sampled FROM cursor",
            row -> Map.entry(row.getString("device"), row.getLong("sampled")))) {
      cursors.put(each.getKey(), each.getValue());
    }
    return cursors;
  }

  public void cursors(Map<String, Long> cursors) throws SQLException {
    tables.update("DELETE FROM cursor");
    for (Map.Entry<String, Long> each : cursors.entrySet()) {
      tables.update(
          "INSERT INTO cursor (device, sampled) VALUES (?, ?)", each.getKey(), each.getValue());
    }
  }

  /** Moves what is pending, see {@link Tables#shift}. The next sample of each life is a gap. */
  void shift(long micros) throws SQLException {
    tables.update(
        """
        UPDATE life SET began = began + ?, looked_at = looked_at + ?, touched = touched + ?,
            file_counts = file_counts + ?, broken = coalesce(broken, 'the clock jumped')""",
        micros,
        micros,
        micros,
        micros);
  }
}
