package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Tables.instant;

import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Looks for values that no Berth wrote: a word that is none, a moment that no clock shows, an event
 * that is no JSON. Small tables are read as they are in use; the journal, which is long, is asked
 * by SQL.
 */
final class Values {

  private static final String JOURNAL =
      """
      SELECT seq FROM journal
      WHERE at NOT BETWEEN ? AND ? OR kind NOT IN (%s) OR mode NOT IN (%s)
        OR (kind = 'OUTCOME') <> (intent IS NOT NULL)
        OR event IS NOT NULL
          AND (NOT json_valid(event) OR substr(event, 1, 1) <> '{' OR instr(event, char(10)) > 0)
      ORDER BY seq LIMIT 10"""
          .formatted(
              words(JournalEntry.Kind.values(), Enum::name), words(Mode.values(), Mode::word));

  private Values() {}

  /** A sentence each; none where all can be read. */
  static List<String> faults(Tables tables) throws SQLException {
    List<String> faults = new ArrayList<>();
    tables.each(
        JOURNAL,
        row -> row.getLong(1),
        seq -> faults.add("table journal, row with seq " + seq + ": a value makes no sense"),
        Tables.FIRST,
        Tables.LAST);
    readable(tables, "SELECT * FROM container", Tables::known);
    readable(tables, "SELECT * FROM clock", Tables::clock);
    readable(tables, "SELECT * FROM enforcing", Values::enforcing);
    readable(tables, "SELECT * FROM fact", Facts::value);
    tables.devices().allocation();
    tables.findings().orphans();
    tables.findings().overQuota();
    tables.activity().lives();
    tables.activity().samples();
    tables.requests().protections();
    tables.requests().keepAlives();
    tables.requests().jobPauses();
    return faults;
  }

  /**
   * @throws java.sql.SQLDataException if one is not
   */
  private static <T> void readable(Tables tables, String query, Sql.Mapper<T> mapper)
      throws SQLException {
    tables.each(query, mapper, row -> {});
  }

  private static JobName enforcing(ResultSet row) throws SQLException {
    instant(row.getLong("since"));
    String word = row.getString("job");
    return Arrays.stream(JobName.values())
        .filter(job -> job.word().equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("'" + word + "' is no job"));
  }

  private static <T> String words(T[] values, Function<T, String> word) {
    return Arrays.stream(values)
        .map(each -> "'" + word.apply(each) + "'")
        .collect(Collectors.joining(", "));
  }
}
