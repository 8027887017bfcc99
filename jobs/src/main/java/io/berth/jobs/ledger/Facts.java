package io.berth.jobs.ledger;

import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.zip.CRC32;

/**
 * The table of facts. What a value should look like is known to its user alone, so a checksum tells
 * whether it is the one that was kept.
 */
final class Facts {

  private Facts() {}

  /**
   * The value of a row; one from before there were checksums is taken as it is.
   *
   * @throws IllegalArgumentException if it is another one
   */
  static String value(ResultSet row) throws SQLException {
    String value = row.getString("value");
    Long sum = Tables.nullableLong(row, "sum");
    if (sum != null && sum != sumOf(row.getString("name"), value)) {
      throw new IllegalArgumentException("'" + value + "' does not have its checksum");
    }
    return value;
  }

  static long sumOf(String name, String value) {
    CRC32 sum = new CRC32();
    sum.update((name + "\0" + value).getBytes(StandardCharsets.UTF_8));
    return sum.getValue();
  }
}
