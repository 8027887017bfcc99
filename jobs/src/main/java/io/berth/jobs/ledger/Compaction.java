package io.berth.jobs.ledger;

import io.berth.policies.TimeLimit;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drops what is old from the journal so that what remains still folds to the state. Kept for ever
 * are of each claim that stands and of each device that is there the row that made it so, and of
 * each container that is there its last row. What is younger, in doubt, or not yet in the event log
 * is not touched.
 *
 * <p>Rows go in their order, so that at no point a row remains of which the successor is gone.
 */
public final class Compaction {

  /** The breaker, and whoever asks what happened lately, can rely on it. */
  static final Duration AT_LEAST = Duration.ofDays(1);

  /** Where rows are kept for ever as long as there is room: no journal is older. */
  private static final Duration LONGEST = Duration.ofDays(10_000);

  private static final String COMPLETE_SINCE = "journal.complete_since";
  private static final int STEP = 500;

  /** Behind every row. */
  private static final long END = Long.MAX_VALUE;

  /**
   * Rows of which nothing depends on any more. An intent goes with its outcome: alone it would look
   * like an act that is still in hand.
   */
  private static final String SUPERSEDED =
      """
      FROM journal j LEFT JOIN move m USING (seq)
      WHERE j.seq >= ? AND j.seq < ? AND j.kind <> 'INTENT'
        AND (m.seq IS NULL OR m.to_state IN ('FREE', 'GONE')
          OR EXISTS (SELECT 1 FROM move l
            WHERE l.device = m.device AND l.holder = m.holder AND l.seq > m.seq AND l.seq < ?
              AND l.from_state <> l.to_state))
        AND (NOT EXISTS (SELECT 1 FROM container c WHERE c.id = j.container_id)
          OR EXISTS (SELECT 1 FROM journal l
            WHERE l.container_id = j.container_id AND l.seq > j.seq))
      """;

  private Compaction() {}

  /**
   * What is about to be dropped, so that its sum can be kept.
   *
   * @param rows how many
   * @param since when the oldest of them was written
   * @param until when the youngest was
   * @param counts how many of each kind, by subject, reason and outcome as far as they have them:
   *     {@code container.remove hold_expired done}. Intents count with their outcomes
   */
  public record Dropped(int rows, Instant since, Instant until, Map<String, Integer> counts) {}

  /**
   * Drops what is older than is to be kept, and as long as the file has more in use than it may
   * have, what is older than a half of that, a quarter, and so on down to a day.
   *
   * @param maxSize in bytes
   * @return how many rows were dropped
   * @throws LedgerException as {@link #run}
   */
  public static int bound(
      Ledger ledger,
      Instant now,
      TimeLimit keep,
      long maxSize,
      long eventsWritten,
      Consumer<Dropped> first) {
    Duration whole = keep.duration();
    int dropped = whole == null ? 0 : run(ledger, now, whole, eventsWritten, first);
    Duration part = whole == null ? LONGEST : whole;
    while (ledger.usedBytes() > maxSize && part.compareTo(AT_LEAST) > 0) {
      part = part.dividedBy(2);
      dropped += run(ledger, now, part, eventsWritten, first);
    }
    return dropped;
  }

  /**
   * Drops, some hundred rows in one transaction, so that nobody waits for long.
   *
   * @param first is told what goes before any of it does; where it throws, nothing goes
   * @param keep how old a row gets; at least a day whatever is said
   * @param eventsWritten the number of the last event that the event log has
   * @return how many rows were dropped
   * @throws LedgerException if it can't be written
   */
  public static int run(
      Ledger ledger, Instant now, Duration keep, long eventsWritten, Consumer<Dropped> first) {
    Instant horizon = now.minus(keep.compareTo(AT_LEAST) < 0 ? AT_LEAST : keep);
    long end = ledger.read(tables -> endOfTheOld(tables, horizon, eventsWritten));
    ledger.read(tables -> summary(tables, end)).ifPresent(first);
    int dropped = 0;
    long from = 0;
    while (from < END) {
      long start = from;
      Step step = ledger.write(tables -> drop(tables, start, end, horizon));
      dropped += step.rows;
      from = step.next;
    }
    return dropped;
  }

  /** From when on the journal tells everything; empty where nothing was ever dropped. */
  static Optional<Instant> completeSince(Tables tables) throws SQLException {
    return tables.fact(COMPLETE_SINCE).map(Instant::parse);
  }

  /**
   * The first row that has to stay, whatever it is: a young one, an act without an outcome, or an
   * event that is not in the event log. By number and not by time: behind a row from a time when
   * the clock was ahead, nothing goes until that time has come.
   */
  private static long endOfTheOld(Tables tables, Instant horizon, long eventsWritten)
      throws SQLException {
    long young = first(tables, "at >= ?", Tables.micros(horizon));
    long open =
        first(
            tables,
            "kind = 'INTENT' AND NOT EXISTS (SELECT 1 FROM journal o WHERE o.intent = journal.seq)");
    long unwritten = first(tables, "event IS NOT NULL AND seq > ?", eventsWritten);
    return Math.min(young, Math.min(open, unwritten));
  }

  private static long first(Tables tables, String condition, @Nullable Object... arguments)
      throws SQLException {
    return tables
        .rows(
            "SELECT seq FROM journal WHERE " + condition + " ORDER BY seq LIMIT 1",
            row -> row.getLong(1),
            arguments)
        .stream()
        .findFirst()
        .orElse(END);
  }

  /**
   * @param next where the next step begins; {@link #END} where there is none
   */
  private record Step(int rows, long next) {}

  private record Row(long seq, @Nullable Long intent) {}

  private static Step drop(Tables tables, long from, long end, Instant horizon)
      throws SQLException {
    List<Row> rows = superseded(tables, from, end);
    int dropped = 0;
    for (Row row : rows) {
      tables.update("DELETE FROM move WHERE seq = ?", row.seq);
      tables.update("DELETE FROM journal WHERE seq = ?", row.seq);
      dropped++;
      if (row.intent != null) {
        tables.update("DELETE FROM journal WHERE seq = ?", row.intent);
        dropped++;
      }
    }
    if (!rows.isEmpty()
        && completeSince(tables).filter(before -> before.isAfter(horizon)).isEmpty()) {
      tables.keep(COMPLETE_SINCE, horizon.toString());
    }
    return new Step(dropped, rows.size() < STEP ? END : rows.get(rows.size() - 1).seq + 1);
  }

  private static List<Row> superseded(Tables tables, long from, long end) throws SQLException {
    return tables.rows(
        "SELECT j.seq, j.intent " + SUPERSEDED + " ORDER BY j.seq LIMIT ?",
        row -> new Row(row.getLong(1), Tables.nullableLong(row, "intent")),
        from,
        end,
        end,
        STEP);
  }

  /** Rows of one kind. */
  private record Group(String kind, int outcomes, int intents, Instant since, Instant until) {}

  /** Empty where nothing is to go. */
  private static Optional<Dropped> summary(Tables tables, long end) throws SQLException {
    List<Group> groups =
        tables.rows(
            """
            SELECT trim(j.subject || ' ' || coalesce(j.reason, '')) || ' ' || coalesce(j.outcome, ''),
              count(*), count(j.intent), min(j.at), max(j.at)
            """
                + SUPERSEDED
                + " GROUP BY 1 ORDER BY 1",
            row ->
                new Group(
                    row.getString(1).strip(),
                    row.getInt(2),
                    row.getInt(3),
                    Tables.instant(row.getLong(4)),
                    Tables.instant(row.getLong(5))),
            0L,
            end,
            end);
    if (groups.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Integer> counts = new LinkedHashMap<>();
    groups.forEach(each -> counts.put(each.kind, each.outcomes));
    return Optional.of(
        new Dropped(
            groups.stream().mapToInt(each -> each.outcomes + each.intents).sum(),
            groups.stream().map(Group::since).min(Instant::compareTo).orElseThrow(),
            groups.stream().map(Group::until).max(Instant::compareTo).orElseThrow(),
            counts));
  }
}
