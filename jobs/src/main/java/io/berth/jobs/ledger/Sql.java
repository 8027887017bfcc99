package io.berth.jobs.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Statements on one connection, prepared once each; and rows as values, or as damage. */
final class Sql {

  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

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
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
    return statement;
  }

  void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void close() {
    prepared.clear();
  }
}
