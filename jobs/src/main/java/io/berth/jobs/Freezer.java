package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.Mode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Freezes and thaws a container because a person asked, by the Enforcer's principles: it is
 * inspected first, the intent is durable before the act, the outcome and its event after it. The
 * mode does not matter: it is not Berth that wants it.
 */
public final class Freezer {

  /** What is asked for. */
  public enum Wish {
    PAUSE("container.pause", State.RUNNING, State.PAUSED),
    RESUME("container.unpause", State.PAUSED, State.RUNNING);

    private final String event;
    private final State from;
    private final State to;

    Wish(String event, State from, State to) {
      this.event = event;
      this.from = from;
      this.to = to;
    }

    /** The type of the event about it. */
    String event() {
      return event;
    }
  }

  /**
   * What came of it.
   *
   * @param outcome {@code DONE}; {@code DROPPED} where it was refused; {@code FAILED}
   * @param words why; empty where it was done now
   */
  public record Answer(Outcome outcome, String words) {}

  private final Engine engine;
  private final Ledger ledger;
  private final InstantSource clock;
  private final InFlight inFlight;
  private final Function<Container, @Nullable String> protection;

  /**
   * @param protection what makes a container infrastructure, in words; null where nothing does
   */
  Freezer(
      Engine engine,
      Ledger ledger,
      InstantSource clock,
      InFlight inFlight,
      Function<Container, @Nullable String> protection) {
    this.engine = engine;
    this.ledger = ledger;
    this.clock = clock;
    this.inFlight = inFlight;
    this.protection = protection;
  }

  /**
   * Does it, or says why not. Takes as long as the Engine, at most {@code safety.engine_timeout}
   * twice.
   *
   * @param who asked for it, and may
   * @throws io.berth.jobs.ledger.LedgerException if the journal can't be written
   */
  public Answer carryOut(Wish wish, Known known, String who, Mode mode) {
    if (!inFlight.take(known.id())) {
      return new Answer(Outcome.DROPPED, "Berth has it in hand just now; try again");
    }
    try {
      Answer refusal = refusal(wish, known.id());
      return refusal != null ? refusal : act(wish, known, who, mode);
    } finally {
      inFlight.release(known.id());
    }
  }

  private @Nullable Answer refusal(Wish wish, String id) {
    Optional<Container> found;
    try {
      found = engine.inspect(id);
    } catch (EngineException e) {
      return new Answer(Outcome.FAILED, "it could not be inspected: " + e.getMessage());
    }
    if (found.isEmpty()) {
      return new Answer(Outcome.DROPPED, "it is gone");
    }
    Container container = found.get();
    String protectedBy = protection.apply(container);
    if (protectedBy != null) {
      return new Answer(Outcome.DROPPED, protectedBy + ": Berth does not touch it");
    }
    if (container.state() == wish.to) {
      return new Answer(Outcome.DONE, "it is " + wish.to.word() + " already");
    }
    return container.state() == wish.from
        ? null
        : new Answer(Outcome.DROPPED, "it is " + container.state().word());
  }

  private Answer act(Wish wish, Known known, String who, Mode mode) {
    long intent =
        ledger.write(tables -> tables.append(entry(wish, known, who, mode, null, null, "")));
    ActResult result = wish == Wish.PAUSE ? engine.pause(known.id()) : engine.unpause(known.id());
    Answer answer = answerOf(result);
    ledger.update(
        tables -> {
          tables.append(entry(wish, known, who, mode, intent, answer.outcome, answer.words));
          if (answer.outcome == Outcome.DONE) {
            // The next look finds nothing new: one event for one transition.
            Known stands = tables.known().get(known.id());
            if (stands != null && stands.state() == wish.from) {
              tables.put(known.id(), wish.to);
            }
          }
        });
    return answer;
  }

  private static Answer answerOf(ActResult result) {
    return switch (result.kind()) {
      case DONE -> new Answer(Outcome.DONE, "");
      case ALREADY -> new Answer(Outcome.DONE, "it was so already");
      case GONE -> new Answer(Outcome.DROPPED, "it is gone");
      case REFUSED -> new Answer(Outcome.DROPPED, "the Engine refused: " + result.detail());
      case FAILED -> new Answer(Outcome.FAILED, result.detail());
    };
  }

  private JournalEntry entry(
      Wish wish,
      Known known,
      String who,
      Mode mode,
      @Nullable Long intent,
      @Nullable Outcome outcome,
      String detail) {
    Instant now = clock.instant();
    String owner = known.owner().name();
    return new JournalEntry(
        0,
        now,
        outcome == null ? JournalEntry.Kind.INTENT : JournalEntry.Kind.OUTCOME,
        known.id(),
        known.name(),
        owner,
        wish.event,
        "manual",
        "cli",
        mode.word(),
        intent,
        outcome == null ? null : outcome.word(),
        outcome == null ? null : event(wish, known, who, mode, outcome, detail, now));
  }

  private static String event(
      Wish wish, Known known, String who, Mode mode, Outcome outcome, String detail, Instant now) {
    Map<String, Object> details =
        new LinkedHashMap<>(Events.of(known.name(), known.id(), known.type(), known.owner()));
    details.put("outcome", outcome.word());
    if (!detail.isEmpty()) {
      details.put("detail", detail);
    }
    details.put("who", who);
    return Events.line(
        now, wish.event, known.owner().name(), "cli", "user", "manual", mode, details);
  }
}
