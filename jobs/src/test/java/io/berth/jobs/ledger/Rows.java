package io.berth.jobs.ledger;

import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.policies.ContainerType;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows for tests of the ledger. */
final class Rows {

  static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
  static final Instant FINE = Instant.parse("2026-03-02T11:00:00.123456Z");

  private Rows() {}

  static List<String> subjects(Ledger ledger) {
    return ledger.read(
        tables -> tables.eventsAfter(0, 1_000).stream().map(JournalEntry::subject).toList());
  }

  static Known known(String id) {
    return new Known(
        id,
        "train",
        new Owner("ada", "label:ds01.user"),
        ContainerType.DOCKER,
        State.EXITED,
        FINE,
        FINE,
        NOW,
        EndedBy.ENGINE,
        2,
        FINE);
  }

  static JournalEntry fact(String subject) {
    return row(JournalEntry.Kind.FACT, subject, null, null, "{}");
  }

  static JournalEntry intent() {
    return row(JournalEntry.Kind.INTENT, "container.remove", null, null, null);
  }

  static JournalEntry outcomeOf(long intent) {
    return row(JournalEntry.Kind.OUTCOME, "container.remove", intent, "done", "{}");
  }

  private static JournalEntry row(
      JournalEntry.Kind kind,
      String subject,
      @Nullable Long intent,
      @Nullable String outcome,
      @Nullable String event) {
    return new JournalEntry(
        0, NOW, kind, "id1", "train", "ada", subject, null, "test", "enforce", intent, outcome,
        event);
  }
}
