package io.berth.jobs;

import static io.berth.jobs.ledger.JournalEntry.Kind.INTENT;
import static io.berth.jobs.ledger.JournalEntry.Kind.OUTCOME;

import io.berth.jobs.container.Container;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only place that touches a container. For each act, in this order: the intent is durable in
 * the journal; the container is inspected again and judged again, and the act dropped if anything
 * moved; the Engine is asked; the outcome and its event are durable. An intent that a crash left
 * without an outcome gets one before anything else is done.
 */
final class Enforcer {

  private static final Logger log = LoggerFactory.getLogger(Enforcer.class);

  /** Judges once more, right before the act. */
  interface SecondThoughts {
    /** Whether mode, policies and clocks still are what the verdict rests on. */
    boolean mayAct();

    Verdict judge(Subject fresh, Instant now);
  }

  /** What one sweep's worth of enforcing came to; the acts go on after it. */
  record Enforced(Map<String, Integer> heldBack, List<CompletableFuture<Outcome>> acts) {}

  /** One act in hand. */
  private record Act(JobName job, Wanted wanted, long intent) {}

  private final Engine engine;
  private final Ledger ledger;
  private final InstantSource clock;
  private final InFlight inFlight;
  private final Guards guards;
  private final Breaker breaker;
  private final Executor lanes;
  private final Tally tally;
  private final BooleanSupplier stopping;
  private final Collection<JournalEntry> unsettled = new ConcurrentLinkedQueue<>();

  /**
   * @param lanes runs the acts, a bounded number at once
   * @param stopping whether the daemon is about to end: no act is begun then
   */
  Enforcer(
      Engine engine,
      Ledger ledger,
      InstantSource clock,
      InFlight inFlight,
      Guards guards,
      Breaker breaker,
      Executor lanes,
      Tally tally,
      BooleanSupplier stopping) {
    this.engine = engine;
    this.ledger = ledger;
    this.clock = clock;
    this.inFlight = inFlight;
    this.guards = guards;
    this.breaker = breaker;
    this.lanes = lanes;
    this.tally = tally;
    this.stopping = stopping;
    for (JournalEntry intent : ledger.read(Tables::openIntents)) {
      unsettled.add(intent);
      inFlight.take(Objects.requireNonNull(intent.containerId()));
    }
  }

  /**
   * Carries out what is wanted, as far as mode and guards let it; in observe, reports it.
   *
   * @throws LedgerException if the journal can't be written; nothing is done then
   */
  Enforced enforce(
      JobName job, Mode mode, List<Wanted> wanted, Picture picture, SecondThoughts second) {
    List<Wanted> oldestFirst = new ArrayList<>(wanted);
    oldestFirst.sort(Comparator.comparing(each -> each.clock().due()));
    boolean held =
        breaker.holds(
            wanted.stream().map(Wanted::id).toList(),
            others(picture),
            picture.book().safety(),
            mode,
            picture.now());
    settleLeftOvers();
    if (mode == Mode.OBSERVE) {
      report(job, oldestFirst);
      return new Enforced(Map.of(), List.of());
    }
    Guards.Passed passed = guards.pass(oldestFirst, held, picture);
    passed.heldBack().forEach((guard, count) -> tally.heldBack(job, guard, count));
    List<CompletableFuture<Outcome>> acts = new ArrayList<>();
    for (Act act : begin(job, passed.go())) {
      acts.add(hand(act, second));
    }
    return new Enforced(passed.heldBack(), acts);
  }

  /**
   * A lane that takes nothing more, as at the daemon's end, leaves no intent without an outcome.
   */
  private CompletableFuture<Outcome> hand(Act act, SecondThoughts second) {
    try {
      return CompletableFuture.supplyAsync(() -> carryOut(act, second), lanes);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(
          close(act, new Result(Outcome.DROPPED, "the daemon takes on no more acts")));
    }
  }

  private static List<String> others(Picture picture) {
    return picture.subjects().stream()
        .filter(each -> !(each.container().gpus().any() && each.container().state().isLive()))
        .map(Subject::id)
        .toList();
  }

  /** Writes, once per state of a container and reason, what would have been done. */
  private void report(JobName job, List<Wanted> wanted) {
    List<Wanted> fresh =
        wanted.stream().filter(each -> !reasonOf(each).equals(each.clock().wouldHave())).toList();
    if (fresh.isEmpty()) {
      return;
    }
    ledger.update(
        tables -> {
          for (Wanted each : fresh) {
            ClockRow reported = each.clock().reported(reasonOf(each));
            tables.put(reported);
            tables.append(entry(job, each, JournalEntry.Kind.FACT, 0, Outcome.WOULD, ""));
          }
        });
    fresh.forEach(each -> count(job, each, Outcome.WOULD));
  }

  /** Makes the intents durable, all in one write. */
  private List<Act> begin(JobName job, List<Wanted> go) {
    if (go.isEmpty()) {
      return List.of();
    }
    List<Act> acts = new ArrayList<>(go.size());
    List<Wanted> taken = go.stream().filter(each -> inFlight.take(each.id())).toList();
    try {
      ledger.update(
          tables -> {
            for (Wanted each : taken) {
              acts.add(new Act(job, each, tables.append(intent(job, each))));
            }
          });
    } catch (RuntimeException e) {
      taken.forEach(each -> inFlight.release(each.id()));
      throw e;
    }
    return acts;
  }

  private Outcome carryOut(Act act, SecondThoughts second) {
    Result result;
    try {
      result = attempt(act.wanted, second);
    } catch (RuntimeException e) {
      log.error("an act on {} failed unexpectedly", act.wanted.subject().container().name(), e);
      result = new Result(Outcome.FAILED, e.toString());
    }
    return close(act, result);
  }

  private Outcome close(Act act, Result result) {
    if (result.backOff) {
      guards.failed(act.wanted.id());
    } else {
      guards.settled(act.wanted.id());
    }
    log.info(
        "{} {} of {} ({}): {}{}",
        act.wanted.act().cause().action().word(),
        act.wanted.subject().container().name(),
        act.wanted.subject().owner().name(),
        act.wanted.act().why(),
        result.outcome.word(),
        result.detail.isEmpty() ? "" : ": " + result.detail);
    settle(entry(act.job, act.wanted, OUTCOME, act.intent, result.outcome, result.detail));
    count(act.job, act.wanted, result.outcome);
    return result.outcome;
  }

  /**
   * What came of an act.
   *
   * @param backOff whether the next try is to wait: the same would come of it at once
   */
  private record Result(Outcome outcome, String detail, boolean backOff) {

    Result(Outcome outcome, String detail) {
      this(outcome, detail, outcome == Outcome.FAILED);
    }
  }

  private Result attempt(Wanted wanted, SecondThoughts second) {
    if (stopping.getAsBoolean()) {
      return new Result(Outcome.DROPPED, "the daemon is stopping");
    }
    Optional<Container> found;
    try {
      found = engine.inspect(wanted.id());
    } catch (EngineException e) {
      return new Result(Outcome.FAILED, "it could not be inspected again: " + e.getMessage());
    }
    if (found.isEmpty()) {
      return new Result(Outcome.DROPPED, "it was gone already");
    }
    Container fresh = found.get();
    if (hasMoved(wanted.subject().container(), fresh)) {
      return new Result(
          Outcome.DROPPED, "it changed since: it is " + fresh.state().word() + " now");
    }
    Verdict verdict = second.judge(wanted.subject().with(fresh), clock.instant());
    if (!(verdict instanceof Verdict.Act again)
        || !again.cause().reason().equals(wanted.act().cause().reason())) {
      return new Result(Outcome.DROPPED, "judged again: " + verdict.why());
    }
    if (!second.mayAct()) {
      return new Result(Outcome.DROPPED, "the mode, the policies or the clock changed since");
    }
    if (breaker.isTripped()) {
      return new Result(Outcome.DROPPED, "the breaker tripped since");
    }
    return resultOf(engine.remove(wanted.id()));
  }

  private static boolean hasMoved(Container before, Container fresh) {
    return !(before.id().equals(fresh.id())
        && before.state() == fresh.state()
        && Objects.equals(before.startedAt(), fresh.startedAt())
        && Objects.equals(before.finishedAt(), fresh.finishedAt()));
  }

  private static Result resultOf(ActResult result) {
    return switch (result.kind()) {
      case DONE -> new Result(Outcome.DONE, "");
      case GONE, ALREADY -> new Result(Outcome.DROPPED, "it was gone already");
      case REFUSED -> new Result(Outcome.DROPPED, "the Engine refused: " + result.detail(), true);
      case FAILED -> new Result(Outcome.FAILED, result.detail() + "; it is looked at again later");
    };
  }

  /** Records an outcome; where it can't be written, the container stays in hand until it can. */
  private void settle(JournalEntry outcome) {
    String id = Objects.requireNonNull(outcome.containerId());
    try {
      ledger.update(tables -> recordOutcome(tables, outcome));
      inFlight.release(id);
    } catch (LedgerException e) {
      log.error(
          "the outcome of an act on {} is not recorded yet: {}",
          outcome.container(),
          e.getMessage());
      unsettled.add(outcome);
    }
  }

  private static void recordOutcome(Tables tables, JournalEntry outcome) throws SQLException {
    tables.append(outcome);
    if (Outcome.DONE.word().equals(outcome.outcome())) {
      tables.forget(Objects.requireNonNull(outcome.containerId()));
    }
  }

  /** Outcomes that could not be written, and intents of a daemon that ended in between. */
  private void settleLeftOvers() {
    for (JournalEntry each : List.copyOf(unsettled)) {
      if (each.kind() == OUTCOME) {
        settleOnce(each, each);
      } else {
        outcomeOf(each).ifPresent(outcome -> settleOnce(each, outcome));
      }
    }
  }

  /** Two jobs may be at this at once: the one that takes it off the list records it. */
  private void settleOnce(JournalEntry leftOver, JournalEntry outcome) {
    if (unsettled.remove(leftOver)) {
      settle(outcome);
    }
  }

  /** What came of an intent whose daemon ended; empty while the Engine can't be asked. */
  private Optional<JournalEntry> outcomeOf(JournalEntry intent) {
    String id = Objects.requireNonNull(intent.containerId());
    try {
      Outcome outcome = engine.inspect(id).isEmpty() ? Outcome.DONE : Outcome.DROPPED;
      Known known = ledger.read(Tables::known).get(id);
      return Optional.of(Acts.afterRestart(intent, known, outcome, clock.instant()));
    } catch (EngineException e) {
      log.warn(
          "what came of the act on {} is not known yet: {}", intent.container(), e.getMessage());
      return Optional.empty();
    }
  }

  private JournalEntry intent(JobName job, Wanted wanted) {
    return Acts.entry(job, wanted, INTENT, null, null, "", clock.instant());
  }

  private JournalEntry entry(
      JobName job,
      Wanted wanted,
      JournalEntry.Kind kind,
      long intent,
      Outcome outcome,
      String detail) {
    return Acts.entry(
        job, wanted, kind, intent == 0 ? null : intent, outcome, detail, clock.instant());
  }

  private void count(JobName job, Wanted wanted, Outcome outcome) {
    Verdict.Cause cause = wanted.act().cause();
    tally.act(job, cause.action(), cause.reason(), outcome);
  }

  private static String reasonOf(Wanted wanted) {
    return wanted.act().cause().reason().word();
  }
}
