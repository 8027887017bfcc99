package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.ContainerType;
import io.berth.policies.Mode;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Brings the ledger in line with what the Engine says: each difference is one row of the journal
 * and one event, and then no difference any more.
 */
final class Reconciler {

  /** When this ledger was begun: what happened before is adopted, not reported. */
  private static final String BORN = "born";

  private static final String CONTAINER_START = "container.start";
  private static final String CONTAINER_STOP = "container.stop";
  private static final String CONTAINER_REMOVE = "container.remove";

  /**
   * What seemed to have failed may come through so much later: a process that hangs on a mount is
   * killed when that answers again. In doubt it is kept as stopped by Berth, which is longer.
   */
  private static final Duration LATE = Duration.ofDays(1);

  private final Ledger ledger;
  private final Outages outages;
  private final Signals signals;
  private final Pulse pulse;
  private final CrashLoops crashLoops = new CrashLoops();
  private final Instant born;

  private ClockGuard.@Nullable Setting clockSet;

  /** The last look, or when the clock was found to have been set since; a new life is not older. */
  private @Nullable Instant newSince;

  Reconciler(Ledger ledger, Outages outages, Signals signals, Pulse pulse, Instant now) {
    this.ledger = ledger;
    this.outages = outages;
    this.signals = signals;
    this.pulse = pulse;
    this.born =
        ledger.write(
            tables -> {
              if (tables.fact(BORN).isEmpty()) {
                tables.keep(BORN, now.toString());
              }
              return tables.fact(BORN).map(Instant::parse).orElse(now);
            });
  }

  /**
   * What came of it: every container with what is known of it, and how many things had happened.
   */
  record Result(List<Assignment.Seen> seen, int changes) {
    List<Subject> subjects() {
      return seen.stream().map(Assignment.Seen::subject).toList();
    }
  }

  /**
   * Compares, and records what differs in one transaction. What was seen of a container that
   * somebody took in hand since may be older than what is recorded: it is left as it is.
   *
   * @param containers all that could be inspected
   * @param failed the ids of those that could not be
   * @param inHand whether somebody has it in hand, or had since the containers were looked at
   */
  Result reconcile(
      List<Container> containers,
      Set<String> failed,
      Predicate<String> inHand,
      Identification identification,
      Mode mode,
      Instant now) {
    noteTheClock();
    Map<String, Known> gone = new HashMap<>(ledger.read(Tables::known));
    gone.keySet().removeAll(failed);
    List<Assignment.Seen> seen = new ArrayList<>(containers.size());
    List<Difference> differences = new ArrayList<>();
    for (Container container : containers) {
      Known before = gone.remove(container.id());
      if (inHand.test(container.id())) {
        continue;
      }
      Subject subject = identify(container, before, identification, now);
      Known after = known(subject);
      seen.add(new Assignment.Seen(subject, hasBegun(before, after)));
      if (isResumed(before, after)) {
        pulse.touched(container.id(), now); // the event may be lost
      }
      if (!after.equals(before)) {
        differences.add(new Difference(before, after, subject));
      }
    }
    int changes =
        differences.isEmpty() && gone.isEmpty()
            ? 0
            : ledger.write(
                tables -> {
                  // Only here: whoever had one in hand has written what came of it, or can't yet.
                  differences.removeIf(each -> inHand.test(each.after.id()));
                  gone.keySet().removeIf(inHand);
                  return record(tables, differences, gone.values(), mode, now);
                });
    seen.removeIf(each -> inHand.test(each.subject().id()));
    newSince = now;
    return new Result(seen, changes);
  }

  /** Read anew each time: whoever finds a step writes of it first, and tells nobody. */
  private void noteTheClock() {
    ClockGuard.Setting set = ledger.read(ClockGuard::lastSetting).orElse(null);
    if (set != null && !set.equals(clockSet)) {
      newSince = set.found();
    }
    clockSet = set;
  }

  private static boolean hasBegun(@Nullable Known before, Known after) {
    return after.startedAt() != null
        && (before == null || !after.startedAt().equals(before.startedAt()));
  }

  private static boolean isResumed(@Nullable Known before, Known after) {
    return before != null && before.state() == State.PAUSED && after.state() == State.RUNNING;
  }

  private record Difference(@Nullable Known before, Known after, Subject subject) {}

  private int record(
      Tables tables, List<Difference> differences, Collection<Known> gone, Mode mode, Instant now)
      throws SQLException {
    int changes = 0;
    Set<String> unplaced = new HashSet<>(tables.devices().unplaced());
    for (Difference each : differences) {
      tables.put(each.after);
      if (each.before == null && each.subject.container().gpus().any()) {
        unplaced.add(each.after.id());
      }
      if (isResumed(each.before, each.after)) {
        tables.unwarn(each.after.id());
      }
      Container container = each.subject.container();
      if (each.before != null || !container.created().isBefore(born)) {
        for (Change change : Change.between(each.before, container, each.subject.endedBy())) {
          if (!isTold(tables, change, container)) {
            record(tables, each.after, attributed(tables, change, container, now), mode, now);
          }
          changes++;
        }
        reportLoop(tables, each, mode, now);
      }
    }
    tables.devices().unplaced(unplaced);
    for (Known each : gone) {
      crashLoops.forget(each.id());
      record(tables, each, removal(tables, each, now), mode, now);
      tables.forget(each.id());
      changes++;
    }
    return changes;
  }

  private Subject identify(
      Container container, @Nullable Known before, Identification identification, Instant now) {
    return new Subject(
            container,
            before == null ? Owner.UNKNOWN : before.owner(),
            null,
            ContainerType.UNKNOWN,
            null,
            endedBy(container, before),
            lifeStart(container, before, now))
        .identified(identification);
  }

  /**
   * A restart by its restart policy goes on with the same life (DESIGN section 3). Out of a stopped
   * one no policy brings it: somebody, or the Engine as it started, began a new life, which its
   * policy may have restarted since.
   */
  private @Nullable Instant lifeStart(Container container, @Nullable Known before, Instant now) {
    Instant started = container.startedAt();
    if (started == null) {
      return null;
    }
    if (before == null || before.lifeStart() == null) {
      return begun(started, now);
    }
    boolean sameRun = Tables.cut(started).equals(before.startedAt());
    boolean byPolicy =
        !before.state().isStopped() && container.restartCount() > before.restartCount();
    return sameRun || byPolicy ? before.lifeStart() : begun(started, now);
  }

  /**
   * A stamp of the future, or from before the last look or before the clock was set, may be of
   * another clock, and does not say when: in doubt that was just now.
   */
  private Instant begun(Instant stamp, Instant now) {
    Instant since = newSince;
    boolean isOfThisClock = !stamp.isAfter(now) && (since == null || !since.isAfter(stamp));
    return Tables.cut(isOfThisClock ? stamp : now);
  }

  /**
   * Decided when the end is first seen; later news can only make an interruption, or a user's stop,
   * of it.
   */
  private EndedBy endedBy(Container container, @Nullable Known before) {
    Instant finished = container.finishedAt();
    if (finished == null || !container.state().isStopped()) {
      return EndedBy.UNKNOWN;
    }
    // What ran since has ended anew, although the clock, set back, may say the same moment.
    EndedBy decided =
        before != null
                && before.state().isStopped()
                && Tables.cut(finished).equals(before.finishedAt())
            ? before.endedBy()
            : null;
    if (decided != null && decided.isInterruption()) {
      return decided;
    }
    if (outages.ended(container)) {
      return EndedBy.ENGINE;
    }
    if (decided == null && stopOfOurs(container, before).isPresent()) {
      return EndedBy.BERTH;
    }
    if (signals.wasSignalled(container)) {
      return EndedBy.USER;
    }
    if (decided != null) {
      return decided;
    }
    return signals.sawTheEndOf(container) ? EndedBy.SELF : EndedBy.UNKNOWN;
  }

  /**
   * What came of Berth's own stop of the container's last life. One that seemed to have failed may
   * have come through all the same. By the journal's order: after a step of the clock a life may
   * have begun later than it ended.
   */
  private Optional<JournalEntry> stopOfOurs(Container container, @Nullable Known before) {
    if (before == null || !Objects.equals(cut(container.startedAt()), before.startedAt())) {
      return Optional.empty();
    }
    long start =
        ledger
            .read(tables -> tables.latest(container.id(), CONTAINER_START))
            .map(JournalEntry::seq)
            .orElse(0L);
    Instant finished = container.finishedAt();
    return ledger
        .read(tables -> tables.latest(container.id(), CONTAINER_STOP))
        .filter(last -> last.kind() == JournalEntry.Kind.OUTCOME)
        .filter(last -> last.seq() > start)
        .filter(last -> finished != null && mayHaveLasted(last, finished));
  }

  /** How long ago something of before the clock was set happened, nobody can tell. */
  private boolean mayHaveLasted(JournalEntry act, Instant until) {
    ClockGuard.Setting set = clockSet;
    return until.isBefore(act.at().plus(LATE)) || (set != null && act.seq() < set.row());
  }

  private static Known known(Subject subject) {
    Container container = subject.container();
    return new Known(
        container.id(),
        container.name(),
        subject.owner(),
        subject.type(),
        container.state(),
        Tables.cut(container.created()),
        cut(container.startedAt()),
        cut(container.finishedAt()),
        subject.endedBy(),
        container.restartCount(),
        subject.lifeStart());
  }

  private static @Nullable Instant cut(@Nullable Instant moment) {
    return moment == null ? null : Tables.cut(moment);
  }

  private Change attributed(Tables tables, Change change, Container container, Instant now)
      throws SQLException {
    boolean ours =
        change.type().equals("container.pause")
            && seemedToFail(tables, container.id(), change.type(), now);
    return ours ? new Change(change.type(), "berth", change.numbers()) : change;
  }

  /** An act of ours that seemed to have failed may have come through all the same. */
  private boolean seemedToFail(Tables tables, String id, String act, Instant now)
      throws SQLException {
    return tables
        .latest(id, act)
        .filter(last -> Outcome.FAILED.word().equals(last.outcome()))
        .filter(last -> mayHaveLasted(last, now))
        .isPresent();
  }

  private void reportLoop(Tables tables, Difference difference, Mode mode, Instant now)
      throws SQLException {
    Known before = difference.before;
    int more = before == null ? 0 : difference.after.restartCount() - before.restartCount();
    int lately = more <= 0 ? 0 : crashLoops.restarted(difference.after.id(), more, now);
    if (lately > 0) {
      Map<String, Object> numbers =
          Map.of("restarts", lately, "minutes", CrashLoops.WINDOW.toMinutes());
      record(
          tables,
          difference.after,
          new Change("container.crash_loop", "engine", numbers),
          mode,
          now);
    }
  }

  /** Whether it is Berth's own act, which has its event already. */
  private static boolean isTold(Tables tables, Change change, Container container)
      throws SQLException {
    Instant finished = container.finishedAt();
    return change.type().equals(CONTAINER_STOP)
        && finished != null
        && tables
            .latest(container.id(), CONTAINER_STOP)
            .filter(last -> last.kind() == JournalEntry.Kind.OUTCOME)
            .filter(last -> Outcome.DONE.word().equals(last.outcome()))
            // It may run again by now.
            .filter(last -> change.by().equals("berth") || !finished.isAfter(last.at()))
            .isPresent();
  }

  private Change removal(Tables tables, Known known, Instant now) throws SQLException {
    boolean ours = seemedToFail(tables, known.id(), CONTAINER_REMOVE, now);
    return new Change(
        CONTAINER_REMOVE, ours ? "berth" : "user", Map.of("last_state", known.state().word()));
  }

  private static void record(Tables tables, Known known, Change change, Mode mode, Instant now)
      throws SQLException {
    Map<String, Object> details = Events.of(known.name(), known.id(), known.type(), known.owner());
    details.put("outcome", Outcome.DONE.word());
    details.putAll(change.numbers());
    String owner = known.owner().name();
    tables.append(
        new JournalEntry(
            0,
            now,
            JournalEntry.Kind.FACT,
            known.id(),
            known.name(),
            owner,
            change.type(),
            null,
            "engine",
            mode.word(),
            null,
            null,
            Events.line(now, change.type(), owner, "engine", change.by(), null, mode, details)));
  }
}
