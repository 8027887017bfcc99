package io.berth.jobs;

import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceTables;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.Mode;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One change of a claim, worked out and not written yet.
 *
 * @param event its type; null where the change is no event
 * @param by who caused it: {@code berth}, {@code engine}, {@code user}
 * @param reason as DESIGN section 7 names it; null where there is none
 * @param details of the event
 */
record ClaimChange(
    Claim before,
    Claim after,
    @Nullable String event,
    String by,
    @Nullable String reason,
    Map<String, Object> details) {

  static Claim free(Claim claim) {
    return new Claim(
        claim.device(),
        claim.holder(),
        claim.name(),
        claim.owner(),
        claim.type(),
        Claim.State.FREE,
        claim.since(),
        null);
  }

  /** Who they are, for whoever is in conflict with them. */
  static List<String> words(List<Claim> holders) {
    return holders.stream()
        .map(each -> each.name() + " (" + each.owner() + ", " + each.state().word() + ")")
        .toList();
  }

  /** An end of that claim. */
  static ClaimChange release(Claim claim, String by, @Nullable String reason) {
    return release(claim, by, reason, Map.of());
  }

  /** The same with the numbers behind it. */
  static ClaimChange release(
      Claim claim, String by, @Nullable String reason, Map<String, Object> details) {
    String event = claim.state() == Claim.State.SHARED ? null : "gpu.release";
    return new ClaimChange(claim, free(claim), event, by, reason, details);
  }

  /**
   * Writes it, with its event.
   *
   * @param source the job, {@code engine}, {@code cli} or {@code daemon}
   */
  void write(DeviceTables tables, Owner owner, String source, Mode mode, Instant now)
      throws SQLException {
    Map<String, Object> all = Events.of(after.name(), after.holder(), after.type(), owner);
    all.put("outcome", Outcome.DONE.word());
    all.put("device", after.device());
    tables.gpueqOf(after.device()).ifPresent(gpueq -> all.put("gpueq", gpueq));
    all.putAll(details);
    String line =
        event == null
            ? null
            : Events.line(
                now, event, after.owner(), source, by, reason, mode, new LinkedHashMap<>(all));
    String subject = event == null ? "gpu." + after.state().word() : event;
    tables.move(
        before,
        after,
        new JournalEntry(
            0,
            now,
            JournalEntry.Kind.FACT,
            after.holder(),
            after.name(),
            after.owner(),
            subject,
            reason,
            source,
            mode.word(),
            null,
            null,
            line));
  }
}
