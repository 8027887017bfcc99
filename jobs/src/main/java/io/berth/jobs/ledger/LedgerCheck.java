package io.berth.jobs.ledger;

import io.berth.jobs.ledger.DeviceTables.Allocation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a look for contradictions in a ledger found.
 *
 * @param rows of the journal
 * @param devices in the state tables
 * @param claims in the state tables
 * @param differences a sentence each; none where the ledger is in order
 */
public record LedgerCheck(long rows, int devices, int claims, List<String> differences) {

  public LedgerCheck {
    differences = List.copyOf(differences);
  }

  /**
   * Times are left out: a correction of the clock moves those of the state, and what is promised is
   * no part of the journal.
   */
  static LedgerCheck of(Tables tables) throws SQLException {
    List<String> found = new ArrayList<>();
    for (String fault : tables.rows("PRAGMA integrity_check(100)", row -> row.getString(1))) {
      if (!fault.equals("ok")) {
        found.add("the file is damaged: " + fault);
      }
    }
    found.addAll(Values.faults(tables));
    found.addAll(doubledOutcomes(tables));
    Allocation journal = tables.devices().folded(DeviceTables.ALL);
    Allocation state = tables.devices().allocation();
    compare("device ", journal.devices(), state.devices(), LedgerCheck::words, found);
    compare("", byDeviceAndHolder(journal), byDeviceAndHolder(state), LedgerCheck::words, found);
    long rows = tables.rows("SELECT count(*) FROM journal", row -> row.getLong(1)).get(0);
    return new LedgerCheck(rows, state.devices().size(), state.claims().size(), found);
  }

  private static List<String> doubledOutcomes(Tables tables) throws SQLException {
    return tables.rows(
        """
        SELECT intent, count(*) FROM journal NOT INDEXED WHERE intent IS NOT NULL
        GROUP BY intent HAVING count(*) > 1 ORDER BY intent""",
        row -> "the intent " + row.getLong(1) + " has " + row.getLong(2) + " outcomes");
  }

  private static Map<String, Claim> byDeviceAndHolder(Allocation allocation) {
    Map<String, Claim> claims = new TreeMap<>();
    for (Claim each : allocation.claims()) {
      claims.put("claim of " + each.holder() + " on " + each.device(), each);
    }
    return claims;
  }

  private static <T> void compare(
      String what,
      Map<String, T> journal,
      Map<String, T> state,
      Function<T, String> words,
      List<String> found) {
    TreeSet<String> keys = new TreeSet<>(journal.keySet());
    keys.addAll(state.keySet());
    for (String key : keys) {
      String folded = said(journal.get(key), words);
      String stands = said(state.get(key), words);
      if (!folded.equals(stands)) {
        found.add(
            what + key + ": the journal folds to " + folded + ", the state tables say " + stands);
      }
    }
  }

  private static <T> String said(@Nullable T row, Function<T, String> words) {
    return row == null ? "nothing" : words.apply(row);
  }

  private static String words(DeviceRow device) {
    return device.presence().word()
        + " of "
        + device.gpueq()
        + " gpueq"
        + (device.mig() ? ", a MIG instance" : "");
  }

  private static String words(Claim claim) {
    return claim.state().word()
        + " by '"
        + claim.name()
        + "' of '"
        + claim.owner()
        + "', type "
        + claim.type().word();
  }
}
