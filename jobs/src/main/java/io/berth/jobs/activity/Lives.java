package io.berth.jobs.activity;

import io.berth.jobs.ledger.ActivityTables;
import io.berth.jobs.ledger.ActivityTables.LifeRow;
import io.berth.jobs.ledger.ActivityTables.SampleRow;
import io.berth.jobs.ledger.Tables;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The lives as the ledger has them. */
final class Lives {

  private Lives() {}

  /** All of them, by container id. */
  static Map<String, Life> load(Tables tables) throws SQLException {
    Map<String, List<Sample>> samples = new HashMap<>();
    for (SampleRow each : tables.activity().samples()) {
      samples.computeIfAbsent(each.containerId(), key -> new ArrayList<>()).add(sample(each));
    }
    Map<String, Life> lives = new HashMap<>();
    for (LifeRow each : tables.activity().lives()) {
      String id = each.containerId();
      lives.put(id, life(each, samples.getOrDefault(id, List.of())));
    }
    return lives;
  }

  /** Keeps what one more look brought. */
  static void save(Tables tables, Life.Next next) throws SQLException {
    ActivityTables activity = tables.activity();
    String id = next.life().containerId();
    activity.put(row(next.life()));
    if (next.fresh()) {
      activity.dropSamples(id);
    }
    Long dropped = next.appended().dropped();
    if (dropped != null) {
      activity.dropSample(id, dropped);
    }
    for (Sample each : next.appended().put()) {
      activity.put(row(id, each));
    }
  }

  private static Life life(LifeRow row, List<Sample> samples) {
    return new Life(
        row.containerId(),
        row.began(),
        row.startedAt(),
        row.restarts(),
        row.lookedAt(),
        MeasureText.parse(row.cpu()),
        MeasureText.parse(row.network()),
        row.input(),
        row.touched(),
        keepFile(row.fileModified(), row.fileCounts()),
        row.fileTrouble(),
        row.broken(),
        List.copyOf(samples));
  }

  private static @Nullable KeepFile keepFile(@Nullable Instant modified, @Nullable Instant counts) {
    return modified == null || counts == null ? null : new KeepFile(modified, counts);
  }

  private static LifeRow row(Life life) {
    KeepFile file = life.keepFile();
    return new LifeRow(
        life.containerId(),
        life.began(),
        life.startedAt(),
        life.restarts(),
        life.lookedAt(),
        MeasureText.of(life.cpu()),
        MeasureText.of(life.network()),
        life.input(),
        life.touched(),
        file == null ? null : file.modified(),
        file == null ? null : file.counts(),
        life.keepFileTrouble(),
        life.broken());
  }

  private static Sample sample(SampleRow row) {
    return new Sample(
        row.seq(),
        row.from(),
        row.at(),
        row.count(),
        row.restarted(),
        MeasureText.parse(row.cpu()),
        MeasureText.parse(row.network()),
        MeasureText.parse(row.gpu()),
        row.gpuMemory(),
        row.input());
  }

  private static SampleRow row(String containerId, Sample sample) {
    return new SampleRow(
        containerId,
        sample.seq(),
        sample.from(),
        sample.at(),
        sample.count(),
        sample.restarted(),
        MeasureText.of(sample.cpu()),
        MeasureText.of(sample.network()),
        MeasureText.of(sample.gpu()),
        sample.gpuMemory(),
        sample.input());
  }
}
