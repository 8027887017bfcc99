package io.berth.jobs.simulation;

import static io.berth.jobs.simulation.Referee.SLACK;
import static io.berth.jobs.simulation.Referee.broken;
import static io.berth.jobs.simulation.Referee.require;
import static io.berth.jobs.simulation.SimClock.latest;

import io.berth.jobs.container.Container.State;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.JobName;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Holds each act to what DESIGN section 8 says of acts, at the moment at which the Engine is asked
 * for it: invariants 1 to 5, 11 and 12.
 */
final class ActReferee {

  private static final Duration LEAST_SIGTERM = Duration.ofSeconds(60);

  private final Harbour harbour;
  private final SimClock clock;
  private final InForce inForce;
  private final Sight sight;
  private final Announcements announcements;
  private final DeviceReferee devices;
  private final Set<String> known = new HashSet<>();
  private final Map<Long, String> asked = new TreeMap<>();
  private final Map<String, Integer> acts = new TreeMap<>();

  ActReferee(
      Harbour harbour,
      InForce inForce,
      Sight sight,
      Announcements announcements,
      DeviceReferee devices) {
    this.harbour = harbour;
    this.clock = harbour.clock;
    this.inForce = inForce;
    this.sight = sight;
    this.announcements = announcements;
    this.devices = devices;
  }

  /** How often the daemon did what. */
  Map<String, Integer> acts() {
    return acts;
  }

  /** What was asked for, by its intent. */
  Map<Long, String> asked() {
    return asked;
  }

  /** Its owner was told at its creation. */
  void knows(String id) {
    known.add(id);
  }

  /** The Engine is asked for that act; answers with its intent. */
  JournalEntry asked(String act, Ship ship, Duration grace) {
    JournalEntry intent = intentOf(act, ship);
    acts.merge(act + " " + intent.reason(), 1, Integer::sum);
    mayBeTouched(ship, intent);
    if (act.equals("remove")) {
      mayBeRemoved(ship);
    } else {
      mayBeStopped(ship, Objects.requireNonNull(intent.reason()), act, grace);
    }
    return intent;
  }

  /** Invariant 11: the intent is on the disk before the act, and each has one act. */
  private JournalEntry intentOf(String act, Ship ship) {
    List<JournalEntry> rows = harbour.read(tables -> tables.journalOf(ship.id())).orElse(List.of());
    JournalEntry intent =
        rows.stream()
            .filter(each -> each.kind() == JournalEntry.Kind.INTENT)
            .filter(each -> each.subject().equals("container." + act))
            .reduce((first, second) -> second)
            .orElseThrow(() -> broken(11, "%s %s without an intent", act, ship));
    boolean isOver = rows.stream().anyMatch(each -> Objects.equals(each.intent(), intent.seq()));
    require(!isOver, 11, "%s %s: its intent has its outcome already", act, ship);
    require(asked.put(intent.seq(), act) == null, 11, "%s %s twice for one intent", act, ship);
    return intent;
  }

  private void mayBeTouched(Ship ship, JournalEntry intent) {
    require(!ship.isProtected(), 1, "%s is protected and touched", ship);
    require(!harbour.isObserving(), 1, "%s is touched in observe", ship);
    require(
        ship.movedAtRow < intent.seq(), 3, "%s changed after the verdict, and is touched", ship);
    boolean inDoubt = ship.name().contains("._.") && harbour.isDirectoryDown();
    require(
        !inDoubt || known.contains(ship.id()),
        4,
        "%s: nobody can tell whose it is, and it is touched",
        ship);
  }

  private void mayBeRemoved(Ship ship) {
    Duration now = clock.real();
    require(!ship.state().isLive(), 2, "%s is removed", ship);
    Duration seen =
        sight.seenAt(ship).orElseThrow(() -> broken(12, "%s goes before it was seen so", ship));
    boolean ran = ship.container.everStarted();
    JobName job = ran ? JobName.STALE_CLEANUP : JobName.CREATED_CLEANUP;
    Duration start = latest(seen, clock.engineStarted(), inForce.enforcingSince(job));
    Duration limit = limit(ship);
    require(
        clock.passed(start, limit.minus(SLACK)),
        12,
        "%s goes after %s of %s",
        ship,
        now.minus(start),
        limit);
    if (ran) {
      announcements.announced(ship);
    }
  }

  private Duration limit(Ship ship) {
    Book book = inForce.book();
    if (!ship.container.everStarted()) {
      return book.created();
    }
    if (ship.habit == Habit.WRAPPED
        && ship.container.exitCode() == 0
        && ship.end == Ship.End.SELF) {
      return Book.PASSED;
    }
    Duration hold = book.holdOf(ship);
    boolean interrupted = ship.end == Ship.End.BERTH || ship.end == Ship.End.ENGINE;
    return interrupted ? latest(hold, book.interrupted()) : hold;
  }

  private void mayBeStopped(Ship ship, String reason, String act, Duration grace) {
    require(ship.state() == State.RUNNING, 2, "%s is stopped for %s", ship, reason);
    require(ship.container.gpus().any(), 1, "%s has no GPU and is stopped", ship);
    require(act.equals("pause") == ship.container.autoRemove(), 2, "%s: %s of it", ship, act);
    require(
        act.equals("pause") || grace.compareTo(LEAST_SIGTERM) >= 0,
        2,
        "%s gets %s to end",
        ship,
        grace);
    switch (reason) {
      case "idle_timeout" -> mayBeIdle(ship);
      case "max_runtime" -> mayBeOverdue(ship);
      case "gpu_conflict" -> devices.mayIntrude(ship, broken -> broken(6, "%s", broken));
      default -> throw broken(2, "%s is stopped for %s", ship, reason);
    }
  }

  /** Invariants 4, 5 and 12. */
  private void mayBeIdle(Ship ship) {
    Duration effective = inForce.idle();
    Duration grace = ship.ageless ? Duration.ZERO : inForce.book().grace();
    Duration kept =
        sight
            .keptSince(ship)
            .map(since -> since.plus(inForce.book().keepAlive()))
            .orElse(Duration.ZERO);
    Duration quiet = latest(ship.busy, ship.lifeStart.plus(grace), kept);
    require(
        clock.passed(quiet, effective.minus(SLACK)),
        5,
        "%s was busy at %s, and kept until %s",
        ship,
        ship.busy,
        kept);
    require(
        clock.passed(ship.unseen, effective.minus(SLACK)),
        4,
        "%s could not be seen at %s",
        ship,
        ship.unseen);
    Duration floor = latest(clock.engineStarted(), inForce.enforcingSince(JobName.IDLE_STOP));
    require(clock.passed(floor, effective.minus(SLACK)), 12, "%s: no time since %s", ship, floor);
    Duration since = latest(quiet, ship.unseen, inForce.enforcingSince(JobName.IDLE_STOP));
    announcements.warned(ship, "idle_timeout", since, Book.FIRST_IDLE, Book::idle, 2);
  }

  private void mayBeOverdue(Ship ship) {
    Duration limit = inForce.book().runtime();
    require(
        ship.ageless || clock.passed(ship.lifeStart, limit.minus(SLACK)),
        5,
        "%s runs since %s only",
        ship,
        ship.lifeStart);
    Duration since =
        latest(ship.lifeStart, ship.resumed, inForce.enforcingSince(JobName.MAX_RUNTIME));
    announcements.warned(ship, "max_runtime", since, Book.FIRST_RUNTIME, Book::runtime, 1);
  }
}
