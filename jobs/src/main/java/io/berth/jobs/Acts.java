package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Spells the journal's rows about acts: intents, outcomes, what would have been done, and warnings.
 */
final class Acts {

  private Acts() {}

  /** The type of the event about such an act. */
  static String eventOf(Action action) {
    return "container." + action.word();
  }

  /**
   * A row about an act.
   *
   * @param intent the number of the intent that came out; null for an intent itself, and for what
   *     was not tried
   * @param outcome null for an intent, which is no event
   * @param detail what came out in words; empty where there is nothing to add
   */
  static JournalEntry entry(
      JobName job,
      Wanted wanted,
      JournalEntry.Kind kind,
      @Nullable Long intent,
      @Nullable Outcome outcome,
      String detail,
      Instant now) {
    Verdict.Cause cause = wanted.act().cause();
    Mode mode = outcome == Outcome.WOULD ? Mode.OBSERVE : Mode.ENFORCE;
    Map<String, Object> details = Events.of(wanted.subject());
    if (outcome != null) {
      details.put("outcome", outcome.word());
    }
    if (!detail.isEmpty()) {
      details.put("detail", detail);
    }
    details.put("why", wanted.act().why());
    details.putAll(cause.numbers());
    details.put("due", wanted.clock().due().toString());
    if (cause.action() == Action.REMOVE) {
      details.put("mounts", Events.mounts(wanted.subject().container()));
    }
    String type = eventOf(cause.action());
    return row(
        job,
        wanted.subject(),
        kind,
        type,
        cause.reason().word(),
        mode,
        intent,
        outcome,
        details,
        now);
  }

  /** The row that tells an owner of an act to come. */
  static JournalEntry warning(
      JobName job, Subject subject, Verdict.Warn warn, Instant due, Mode mode, Instant now) {
    Verdict.Cause cause = warn.cause();
    Outcome outcome = mode == Mode.ENFORCE ? Outcome.DONE : Outcome.WOULD;
    Map<String, Object> details = Events.of(subject);
    details.put("outcome", outcome.word());
    details.put("action", cause.action().word());
    details.put("at", due.toString());
    details.put("last", warn.last());
    details.put("why", warn.why());
    details.putAll(cause.numbers());
    return row(
        job,
        subject,
        JournalEntry.Kind.FACT,
        "container.warn",
        cause.reason().word(),
        mode,
        null,
        outcome,
        details,
        now);
  }

  /** The row that tells of a limit that is reached and lifted. */
  static JournalEntry exemption(
      JobName job, Subject subject, Verdict.Spare spare, Mode mode, Instant now) {
    Verdict.Cause cause = spare.cause();
    Map<String, Object> details = Events.of(subject);
    details.put("outcome", Outcome.DONE.word());
    details.put("action", cause.action().word());
    details.put("why", spare.why());
    details.putAll(cause.numbers());
    details.put("exemption", spare.exemption().reason());
    if (spare.exemption().expires() != null) {
      details.put("expires", spare.exemption().expires().toString());
    }
    return row(
        job,
        subject,
        JournalEntry.Kind.FACT,
        "exemption.applied",
        cause.reason().word(),
        mode,
        null,
        Outcome.DONE,
        details,
        now);
  }

  private static Mode modeOf(JournalEntry intent) {
    return intent.mode().equals(Mode.OBSERVE.word()) ? Mode.OBSERVE : Mode.ENFORCE;
  }

  private static JournalEntry row(
      JobName job,
      Subject subject,
      JournalEntry.Kind kind,
      String type,
      String reason,
      Mode mode,
      @Nullable Long intent,
      @Nullable Outcome outcome,
      Map<String, Object> details,
      Instant now) {
    Container container = subject.container();
    Owner owner = subject.owner();
    String event = Events.line(now, type, owner.name(), job.word(), "berth", reason, mode, details);
    return new JournalEntry(
        0,
        now,
        kind,
        container.id(),
        container.name(),
        owner.name(),
        type,
        reason,
        job.word(),
        mode.word(),
        intent,
        outcome == null ? null : outcome.word(),
        kind == JournalEntry.Kind.INTENT ? null : event);
  }

  /**
   * The outcome of an intent whose daemon ended before it could record one.
   *
   * @param known the container as the ledger knows it; null where it does not (any more)
   */
  static JournalEntry afterRestart(
      JournalEntry intent, @Nullable Known known, Outcome outcome, Instant now) {
    Map<String, @Nullable Object> details = new LinkedHashMap<>();
    details.put("container", intent.container());
    details.put("id", intent.containerId());
    if (known != null) {
      details.putAll(Events.of(known.name(), known.id(), known.type(), known.owner()));
    }
    details.put("outcome", outcome.word());
    details.put("detail", "the daemon ended in the middle of this; found so after its restart");
    String event =
        Events.line(
            now,
            intent.subject(),
            intent.owner(),
            intent.source(),
            intent.source().equals("cli") ? "user" : "berth",
            intent.reason(),
            modeOf(intent),
            details);
    return new JournalEntry(
        0,
        now,
        JournalEntry.Kind.OUTCOME,
        intent.containerId(),
        intent.container(),
        intent.owner(),
        intent.subject(),
        intent.reason(),
        intent.source(),
        intent.mode(),
        intent.seq(),
        outcome.word(),
        event);
  }
}
