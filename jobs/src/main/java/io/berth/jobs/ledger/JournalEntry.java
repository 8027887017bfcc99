package io.berth.jobs.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One row of the append-only journal.
 *
 * @param seq its number, growing by one; 0 before it is written
 * @param at when it was written
 * @param containerId null where it is about no container
 * @param container its name then; null where it is about no container
 * @param owner null where it is about no container
 * @param subject what it is about: the event's type ({@code container.remove}), or what is recorded
 *     without an event
 * @param reason null where there is none
 * @param source the job, {@code engine}, {@code cli} or {@code daemon}
 * @param mode the mode in force, in its word
 * @param intent the number of the intent that this row is the outcome of; null for other rows
 * @param outcome {@code done}, {@code would}, {@code failed}, {@code dropped}; null for an intent
 *     and where nothing came out
 * @param event the line of the event log as a JSON object; null where the row is no event
 */
public record JournalEntry(
    long seq,
    Instant at,
    Kind kind,
    @Nullable String containerId,
    @Nullable String container,
    @Nullable String owner,
    String subject,
    @Nullable String reason,
    String source,
    String mode,
    @Nullable Long intent,
    @Nullable String outcome,
    @Nullable String event) {

  /** What kind of row it is. */
  public enum Kind {
    /** An act is about to be tried; a row with its outcome follows. */
    INTENT,
    /** What came of an intent. */
    OUTCOME,
    /** Something happened, or was found. */
    FACT
  }
}
