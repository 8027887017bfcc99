package io.berth.jobs;

import static io.berth.jobs.ledger.JournalEntry.Kind.OUTCOME;
import static io.berth.policies.LimitKey.SIGTERM_GRACE;

import io.berth.jobs.container.Container;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Action;
import io.berth.policies.PolicyBook;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acts whose outcome is not in the journal yet: it could not be written, or the daemon ended in
 * between. Their containers stay in hand until it is.
 */
final class LeftOvers {

  private static final Logger log = LoggerFactory.getLogger(LeftOvers.class);

  private final Engine engine;
  private final Ledger ledger;
  private final InstantSource clock;
  private final Supplier<Duration> uptime;
  private final InFlight inFlight;
  private final Collection<JournalEntry> unsettled = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean settling = new AtomicBoolean();

  /**
   * @param uptime how long the daemon has run: an intent that is left over is older
   */
  LeftOvers(
      Engine engine,
      Ledger ledger,
      InstantSource clock,
      Supplier<Duration> uptime,
      InFlight inFlight) {
    this.engine = engine;
    this.ledger = ledger;
    this.clock = clock;
    this.uptime = uptime;
    this.inFlight = inFlight;
    for (JournalEntry intent : ledger.read(Tables::openIntents)) {
      unsettled.add(intent);
      inFlight.take(Objects.requireNonNull(intent.containerId()));
    }
  }

  /** Records an outcome; where it can't be written, the container stays in hand until it can. */
  void settle(JournalEntry outcome) {
    String id = Objects.requireNonNull(outcome.containerId());
    try {
      ledger.update(tables -> record(tables, outcome));
      inFlight.release(id);
    } catch (LedgerException e) {
      LogFields.about(log.atError(), outcome)
          .log(
              "the outcome of an act on {} is not recorded yet: {}",
              outcome.container(),
              e.getMessage());
      unsettled.add(outcome);
    }
  }

  private static void record(Tables tables, JournalEntry outcome) throws SQLException {
    tables.append(outcome);
    String id = Objects.requireNonNull(outcome.containerId());
    if (Outcome.DONE.word().equals(outcome.outcome())) {
      if (isAbout(outcome, Action.REMOVE)) {
        tables.forget(id);
      } else if (isAbout(outcome, Action.PAUSE)) {
        tables.put(id, Container.State.PAUSED); // so that it is not found as somebody's doing
      } else if (outcome.subject().equals(Freezer.Wish.RESUME.event())) {
        tables.put(id, Container.State.RUNNING);
      }
    }
  }

  private static boolean isAbout(JournalEntry row, Action action) {
    return row.subject().equals(Acts.eventOf(action));
  }

  /** Tries all of them again, on a lane: a container that hangs keeps no sweep waiting. */
  void settleAll(PolicyBook book, Executor lane) {
    if (unsettled.isEmpty() || !settling.compareAndSet(false, true)) {
      return;
    }
    try {
      lane.execute(
          () -> {
            try {
              List.copyOf(unsettled).forEach(each -> settle(each, book));
            } finally {
              settling.set(false);
            }
          });
    } catch (RejectedExecutionException e) {
      settling.set(false); // the daemon ends; the next one settles
    }
  }

  private void settle(JournalEntry leftOver, PolicyBook book) {
    if (leftOver.kind() == OUTCOME) {
      settleOnce(leftOver, leftOver);
    } else {
      outcomeOf(leftOver, book).ifPresent(outcome -> settleOnce(leftOver, outcome));
    }
  }

  /** Two jobs may be at this at once: the one that takes it off the list records it. */
  private void settleOnce(JournalEntry leftOver, JournalEntry outcome) {
    if (unsettled.remove(leftOver)) {
      settle(outcome);
    }
  }

  /** What came of an intent whose daemon ended; empty while that can't be told. */
  private Optional<JournalEntry> outcomeOf(JournalEntry intent, PolicyBook book) {
    String id = Objects.requireNonNull(intent.containerId());
    try {
      Optional<Container> found = engine.inspect(id);
      Instant now = clock.instant();
      Known known = ledger.read(Tables::known).get(id);
      // Not by the intent's time: the clock may have been set since.
      boolean stopMayGoOn =
          isAbout(intent, Action.STOP)
              && found.filter(each -> each.state().isLive()).isPresent()
              && uptime.get().compareTo(longestStop(known, book)) < 0;
      if (stopMayGoOn) {
        return Optional.empty(); // a second stop would be a second SIGTERM
      }
      boolean clockSet = ledger.read(tables -> ClockGuard.wasSetSince(tables, intent.seq()));
      return Optional.of(
          Acts.afterRestart(intent, known, outcomeOf(intent, found, known, clockSet), now));
    } catch (EngineException e) {
      LogFields.about(log.atWarn(), intent)
          .log(
              "what came of the act on {} is not known yet: {}",
              intent.container(),
              e.getMessage());
      return Optional.empty();
    }
  }

  /** The longest grace that it can have been given, and the time to begin and to answer. */
  private static Duration longestStop(@Nullable Known known, PolicyBook book) {
    Duration grace = book.policies().sigtermGraceMax();
    if (known != null) {
      Duration own = book.limitsFor(known.owner().name(), known.type()).get(SIGTERM_GRACE);
      grace = own.compareTo(grace) > 0 ? own : grace;
    }
    return grace.plus(book.safety().engineTimeout().multipliedBy(2));
  }

  /** What the ledger does not know any more was told as removed already: by somebody else. */
  private static Outcome outcomeOf(
      JournalEntry intent, Optional<Container> found, @Nullable Known known, boolean clockSet) {
    boolean done;
    boolean mayYetBe = false;
    if (isAbout(intent, Action.REMOVE)) {
      done = found.isEmpty() && known != null;
    } else if (intent.subject().equals(Freezer.Wish.RESUME.event())) {
      done = found.filter(each -> each.state() == Container.State.RUNNING).isPresent();
    } else if (isAbout(intent, Action.PAUSE)) {
      done = found.filter(each -> each.state() == Container.State.PAUSED).isPresent();
    } else {
      done = found.filter(each -> stoppedSince(intent, each, clockSet)).isPresent();
      mayYetBe = found.filter(each -> each.state().isLive()).isPresent();
    }
    if (done) {
      return Outcome.DONE;
    }
    return mayYetBe ? Outcome.FAILED : Outcome.DROPPED; // one that dies of it later is not its own
  }

  /** It ran at the intent. Where the clock was set since, no stamp says whether it ended before. */
  private static boolean stoppedSince(JournalEntry intent, Container container, boolean clockSet) {
    Instant finished = container.finishedAt();
    return container.state().isStopped()
        && finished != null
        && (clockSet || !finished.isBefore(intent.at()));
  }
}
