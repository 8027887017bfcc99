package io.berth.jobs.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Statements on one connection, prepared once each; and rows as values, or as damage. */
final class Sql {

  private static final Pattern READING = Pattern.compile("(?:SELECT|PRAGMA) ");
  private static final Pattern WRITING =
      Pattern.compile("(?:INSERT(?: OR \\w+)? INTO|UPDATE|DELETE FROM) (\\w+)");

  /** A container's rows in other tables go with it, by the database's own doing. */
  private static final Pattern CASCADING = Pattern.compile("DELETE FROM container ");

  static final String ROLLBACK = "ROLLBACK";

  private static final String NONE = "";
  private static final String ANY = "*";

  /**
   * @param writes the table that it writes to, {@link #NONE} or {@link #ANY}
   */
  private record Prepared(PreparedStatement statement, String writes) {}

  private record Question(String query, List<@Nullable Object> arguments) {}

  private final Connection connection;
  private final Map<String, Prepared> prepared = new HashMap<>();

  /** What was answered, by table, for as long as nothing is written to that. */
  private final Map<String, Map<Question, List<?>>> answers = new HashMap<>();

  Sql(Connection connection) {
    this.connection = connection;
  }

  /** Makes a value of a row; whatever it throws says that the row is damaged. */
  interface Mapper<T> {
    T map(ResultSet row) throws SQLException;
  }

  <T> List<T> rows(String query, Mapper<T> mapper, @Nullable Object... arguments)
      throws SQLException {
    List<T> found = new ArrayList<>();
    each(query, mapper, found::add, arguments);
    return found;
  }

  /**
   * The same, read anew only after this connection wrote to the table: for what is asked far more
   * often than it changes.
   *
   * @param table the only one that the query asks
   */
  @SuppressWarnings("unchecked") // a query has one mapper
  <T> List<T> unchanged(String table, String query, Mapper<T> mapper, @Nullable Object... arguments)
      throws SQLException {
    Map<Question, List<?>> ofTable = answers.computeIfAbsent(table, any -> new HashMap<>());
    Question question = new Question(query, Arrays.asList(arguments));
    List<?> answer = ofTable.get(question);
    if (answer == null) {
      answer = Collections.unmodifiableList(rows(query, mapper, arguments));
      ofTable.put(question, answer);
    }
    return (List<T>) answer;
  }

  /**
   * One row after the other, without keeping any.
   *
   * @throws SQLDataException if one holds what no Berth wrote
   */
  <T> void each(String query, Mapper<T> mapper, Consumer<T> consumer, @Nullable Object... arguments)
      throws SQLException {
    try (ResultSet rows = set(query, arguments).executeQuery()) {
      while (rows.next()) {
        consumer.accept(mapped(rows, mapper));
      }
    }
  }

  private static <T> T mapped(ResultSet row, Mapper<T> mapper) throws SQLException {
    try {
      return mapper.map(row);
    } catch (RuntimeException e) {
      ResultSetMetaData meta = row.getMetaData();
      throw new SQLDataException(
          "table %s, row with %s %s: %s"
              .formatted(
                  meta.getTableName(1), meta.getColumnName(1), row.getString(1), e.getMessage()),
          e);
    }
  }

  void update(String statement, @Nullable Object... arguments) throws SQLException {
    set(statement, arguments).executeUpdate();
  }

  private PreparedStatement set(String sql, @Nullable Object... arguments) throws SQLException {
    Prepared found = prepared.get(sql);
    if (found == null) {
      found = new Prepared(connection.prepareStatement(sql), writes(sql));
      prepared.put(sql, found);
    }
    forget(found.writes);
    for (int i = 0; i < arguments.length; i++) {
      found.statement.setObject(i + 1, arguments[i]);
    }
    return found.statement;
  }

  private static String writes(String sql) {
    if (READING.matcher(sql).lookingAt()) {
      return NONE;
    }
    Matcher writing = WRITING.matcher(sql);
    return writing.lookingAt() && !CASCADING.matcher(sql).lookingAt() ? writing.group(1) : ANY;
  }

  private void forget(String table) {
    if (table.equals(ANY)) {
      answers.clear();
    } else {
      answers.remove(table);
    }
  }

  /** Runs what reads and writes nothing itself, such as the end of a transaction. */
  void run(String sql) throws SQLException {
    if (sql.equals(ROLLBACK)) {
      answers.clear(); // first: a transaction that SQLite ended by itself can't be ended again
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
