package io.berth.daemon.control;

import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.EventQuery;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.LedgerReader;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the journal still knows of one container: the newest of those that a name, or the beginning
 * of an id, means.
 *
 * @param events its last ones, oldest first
 * @param others the ids of the other containers that are meant, newest first
 */
public record Past(List<JournalEntry> events, List<String> others) {

  private static final int SHOWN = 20;

  /** How far back others of the name are looked for. */
  private static final int SEARCHED = 1_000;

  /**
   * Reads it.
   *
   * @param reference a name, an id, or the beginning of an id
   * @throws io.berth.jobs.ledger.LedgerException if the ledger can't be read
   */
  public static Past of(LedgerReader reader, String reference) {
    List<JournalEntry> all =
        reader.events(new EventQuery(0, null, null, reference, null, SEARCHED, true));
    Set<String> newestFirst = new LinkedHashSet<>();
    for (int i = all.size() - 1; i >= 0; i--) {
      String id = all.get(i).containerId();
      if (id != null && !Claim.isReservation(id)) {
        newestFirst.add(id);
      }
    }
    List<String> ids = new ArrayList<>(newestFirst);
    List<JournalEntry> mine =
        all.stream()
            .filter(each -> ids.isEmpty() || ids.get(0).equals(each.containerId()))
            .toList();
    return new Past(
        mine.subList(Math.max(0, mine.size() - SHOWN), mine.size()),
        ids.subList(Math.min(1, ids.size()), ids.size()));
  }

  /** Whether it was removed since; false also where the journal does not say so any more. */
  public boolean isGone() {
    return events.stream().anyMatch(Past::isRemoval);
  }

  /** One that was only seen to be gone has no outcome of an act. */
  private static boolean isRemoval(JournalEntry event) {
    return event.subject().equals("container.remove")
        && (event.outcome() == null || event.outcome().equals("done"));
  }
}
