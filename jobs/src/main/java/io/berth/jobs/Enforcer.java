package io.berth.jobs;

import static io.berth.jobs.ledger.JournalEntry.Kind.INTENT;
import static io.berth.jobs.ledger.JournalEntry.Kind.OUTCOME;

import io.berth.jobs.Deeds.Result;
import io.berth.jobs.container.Container;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

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
    /**
     * Whether mode, policies, clocks and Engine still are what the verdict rests on, and nobody has
     * protected it since.
     */
    boolean mayAct(Container fresh);

    Verdict judge(Subject fresh, Instant now);
  }

  /**
   * What one sweep's worth of enforcing came to; the acts go on after it.
   *
   * @param wanted what a rule wants of each container, by id, whatever holds it back
   */
  record Enforced(
      Map<String, Action> wanted,
      Map<String, Integer> heldBack,
      List<CompletableFuture<Outcome>> acts) {}

  /**
   * One act in hand.
   *
   * @param approved whether an admin let it pass the breaker
   */
  private record Act(JobName job, Wanted wanted, long intent, boolean approved, PolicyBook book) {

    Action action() {
      return wanted.act().cause().action();
    }
  }

  private final Engine engine;
  private final Ledger ledger;
  private final Deeds deeds;
  private final InstantSource clock;
  private final InFlight inFlight;
  private final Guards guards;
  private final Breaker breaker;
  private final Lanes lanes;
  private final Tally tally;
  private final Herald herald;
  private final BooleanSupplier stopping;
  private final LeftOvers leftOvers;

  /**
   * @param stopping whether the daemon is about to end: no act is begun then
   */
  Enforcer(
      Engine engine,
      Ledger ledger,
      Deeds deeds,
      InstantSource clock,
      InFlight inFlight,
      Guards guards,
      Breaker breaker,
      Lanes lanes,
      Tally tally,
      Herald herald,
      BooleanSupplier stopping) {
    this.engine = engine;
    this.ledger = ledger;
    this.deeds = deeds;
    this.clock = clock;
    this.inFlight = inFlight;
    this.guards = guards;
    this.breaker = breaker;
    this.lanes = lanes;
    this.tally = tally;
    this.herald = herald;
    this.stopping = stopping;
    this.leftOvers = new LeftOvers(engine, ledger, clock, guards::uptime, inFlight);
  }

  /**
   * Carries out what is wanted, as far as mode and guards let it; in observe, reports it.
   *
   * @throws io.berth.jobs.ledger.LedgerException if the journal can't be written; nothing is done
   *     then
   */
  Enforced enforce(
      JobName job, Mode mode, List<Wanted> wanted, Picture picture, SecondThoughts second) {
    List<Wanted> oldestFirst = new ArrayList<>(wanted);
    oldestFirst.sort(Comparator.comparing(each -> each.clock().due()));
    Map<String, Action> all = new HashMap<>();
    wanted.forEach(each -> all.put(each.id(), each.act().cause().action()));
    boolean tripped = breaker.weigh(wanted, picture, mode);
    PolicyBook book = picture.book();
    leftOvers.settleAll(book, lanes.of(Action.REMOVE));
    if (mode == Mode.OBSERVE) {
      report(job, oldestFirst);
      return new Enforced(all, Map.of(), List.of());
    }
    if (oldestFirst.removeIf(each -> isStillStopping(each, book, picture.now()))) {
      tally.heldBack(job, "backoff", wanted.size() - oldestFirst.size());
    }
    Guards.Passed passed =
        guards.pass(
            oldestFirst,
            each -> tripped && !breaker.isApproved(each),
            wanted.stream().anyMatch(Wanted::isStop)
                ? Guards.stopsInHour(ledger, picture.now())
                : 0,
            picture);
    passed.heldBack().forEach((guard, count) -> tally.heldBack(job, guard, count));
    List<CompletableFuture<Outcome>> acts = new ArrayList<>();
    for (Act act : begin(job, passed.go(), book)) {
      acts.add(hand(act, second));
    }
    return new Enforced(all, passed.heldBack(), acts);
  }

  /**
   * A lane that takes nothing more, as at the daemon's end, leaves no intent without an outcome.
   */
  private CompletableFuture<Outcome> hand(Act act, SecondThoughts second) {
    try {
      return CompletableFuture.supplyAsync(() -> carryOut(act, second), lanes.of(act.action()));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(
          close(act, new Result(Outcome.DROPPED, "the daemon takes on no more acts")));
    }
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
    for (Wanted each : fresh) {
      count(job, each, Outcome.WOULD);
      log(job, each, Outcome.WOULD, "");
    }
  }

  /** Makes the intents durable, all in one write. */
  private List<Act> begin(JobName job, List<Wanted> go, PolicyBook book) {
    if (go.isEmpty()) {
      return List.of();
    }
    List<Act> acts = new ArrayList<>(go.size());
    List<Wanted> taken = go.stream().filter(each -> inFlight.take(each.id())).toList();
    try {
      List<Wanted> approved = taken.stream().filter(breaker::isApproved).toList();
      ledger.update(
          tables -> {
            Breaker.forget(tables, taken);
            for (Wanted each : taken) {
              long intent = tables.append(intent(job, each));
              acts.add(new Act(job, each, intent, approved.contains(each), book));
            }
          });
      breaker.spend(taken);
    } catch (RuntimeException e) {
      taken.forEach(each -> inFlight.release(each.id()));
      throw e;
    }
    return acts;
  }

  private Outcome carryOut(Act act, SecondThoughts second) {
    Result result;
    try {
      result = attempt(act, second);
    } catch (RuntimeException e) {
      fields(log.atError().setCause(e), act.job, act.wanted)
          .log("an act on {} failed unexpectedly", act.wanted.subject().container().name());
      result = new Result(Outcome.FAILED, e.toString());
    }
    return close(act, result);
  }

  private Outcome close(Act act, Result result) {
    Wanted wanted = act.wanted;
    if (result.backOff()) {
      guards.failed(wanted.id(), act.book.schedules().of(act.job), graceOf(act));
    } else {
      guards.settled(wanted.id());
    }
    log(act.job, wanted, result.outcome(), result.detail());
    if (result.outcome() == Outcome.FAILED && stopping.getAsBoolean()) {
      return Outcome.FAILED; // it may have been cut off by the end: the next start finds out
    }
    leftOvers.settle(
        entry(act.job, wanted, OUTCOME, act.intent, result.outcome(), result.detail()));
    count(act.job, wanted, result.outcome());
    if (result.outcome() == Outcome.DONE && act.action().isStop()) {
      herald.tell(
          act.action() == Action.STOP ? Herald.Kind.STOPPED : Herald.Kind.PAUSED,
          act.job,
          wanted.subject(),
          wanted.act().cause(),
          wanted.act().why(),
          clock.instant(),
          act.book);
    }
    return result.outcome();
  }

  /** A stop that seems to have failed may have been begun: its container is to end by then. */
  private static Duration graceOf(Act act) {
    return act.action() == Action.STOP
        ? Deeds.grace(act.wanted.subject(), act.book)
        : Duration.ZERO;
  }

  /**
   * Whether a stop of it that seems to have failed may still go on. The guards know that of this
   * daemon's own; the journal, of those before.
   */
  private boolean isStillStopping(Wanted wanted, PolicyBook book, Instant now) {
    if (wanted.act().cause().action() != Action.STOP) {
      return false;
    }
    Duration grace = Deeds.grace(wanted.subject(), book);
    return ledger.read(
        tables -> {
          Long intent =
              tables
                  .latest(wanted.id(), Acts.eventOf(Action.STOP))
                  .filter(last -> Outcome.FAILED.word().equals(last.outcome()))
                  .map(JournalEntry::intent)
                  .orElse(null);
          if (intent == null) {
            return false;
          }
          return ClockGuard.wasSetSince(tables, intent)
              ? guards.uptime().compareTo(grace) < 0
              : tables.intentsAround(now, grace).stream().anyMatch(each -> each.seq() == intent);
        });
  }

  private Result attempt(Act act, SecondThoughts second) {
    Wanted wanted = act.wanted;
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
    if (!(verdict instanceof Verdict.Act again) || !isSame(again.cause(), wanted.act().cause())) {
      return new Result(Outcome.DROPPED, "judged again: " + verdict.why());
    }
    if (!second.mayAct(fresh)) {
      return new Result(
          Outcome.DROPPED, "the mode, the policies, the clock or the Engine changed since");
    }
    if (breaker.isTripped() && !act.approved) {
      return new Result(Outcome.DROPPED, "the breaker tripped since");
    }
    return deeds.carryOut(wanted, act.job.word(), act.book);
  }

  private static boolean isSame(Verdict.Cause again, Verdict.Cause cause) {
    return again.reason() == cause.reason() && again.action() == cause.action();
  }

  static boolean hasMoved(Container before, Container fresh) {
    return !(before.id().equals(fresh.id())
        && before.state() == fresh.state()
        && Objects.equals(before.startedAt(), fresh.startedAt())
        && Objects.equals(before.finishedAt(), fresh.finishedAt()));
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

  private static void log(JobName job, Wanted wanted, Outcome outcome, String detail) {
    fields(log.atInfo(), job, wanted)
        .addKeyValue("outcome", outcome.word())
        .log(
            "{} {} of {} ({}): {}{}",
            wanted.act().cause().action().word(),
            wanted.subject().container().name(),
            wanted.subject().owner().name(),
            wanted.act().why(),
            outcome.word(),
            detail.isEmpty() ? "" : ": " + detail);
  }

  private static LoggingEventBuilder fields(LoggingEventBuilder line, JobName job, Wanted wanted) {
    return LogFields.of(line, job, wanted.subject(), wanted.act().cause());
  }

  private static String reasonOf(Wanted wanted) {
    return wanted.act().cause().reason().word();
  }
}
