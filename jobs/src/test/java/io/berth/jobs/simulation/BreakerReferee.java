package io.berth.jobs.simulation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Holds a run to invariant 13: of what was there within ten minutes, no more than the share is
 * acted on. What is acted on was wanted, so this asks for less than the invariant does.
 */
final class BreakerReferee {

  private static final Duration WINDOW = Duration.ofMinutes(10);

  /** An act may be carried out some time after it was wanted. */
  private static final Duration KEPT = WINDOW.multipliedBy(3);

  private record There(Duration at, String id, boolean runs) {}

  private record Act(Duration wanted, String id, boolean stop) {}

  private final Harbour harbour;
  private final Deque<There> there = new ArrayDeque<>();
  private final Deque<Act> acts = new ArrayDeque<>();
  private final Set<String> approved = new HashSet<>();

  BreakerReferee(Harbour harbour) {
    this.harbour = harbour;
  }

  /** Another book has another share, and a clock that steps moves nothing into the window. */
  void forget() {
    acts.clear();
  }

  void approved(Set<String> ids) {
    approved.addAll(ids);
  }

  /** Who is there now. */
  void look() {
    Duration now = harbour.clock.real();
    if (there.isEmpty() || !there.getLast().at.equals(now)) {
      for (Ship each : harbour.engine.ships()) {
        there.add(new There(now, each.id(), isStoppable(each)));
      }
    }
    Duration oldest = now.minus(KEPT);
    while (!there.isEmpty() && there.getFirst().at.compareTo(oldest) < 0) {
      there.removeFirst();
    }
    acts.removeIf(each -> each.wanted.plus(KEPT).compareTo(now) < 0);
  }

  private static boolean isStoppable(Ship ship) {
    return ship.container.gpus().any() && ship.state().isLive();
  }

  /**
   * @param wanted when its intent was written
   */
  void acted(Ship ship, boolean stop, Duration wanted) {
    look();
    if (approved.remove(ship.id())) {
      return;
    }
    acts.add(new Act(wanted, ship.id(), stop));
    Duration from = wanted.minus(WINDOW);
    Set<String> touched = new HashSet<>();
    acts.stream()
        .filter(each -> each.stop == stop && each.wanted.compareTo(from) >= 0)
        .forEach(each -> touched.add(each.id));
    Set<String> all = new HashSet<>(touched);
    there.stream()
        .filter(each -> each.runs == stop && each.at.compareTo(from) >= 0)
        .forEach(each -> all.add(each.id));
    int least = stop ? Book.LEAST_STOPS : Book.LEAST_REMOVALS;
    double share = harbour.book().breakerShare();
    Referee.require(
        touched.size() < least || touched.size() <= share * all.size(),
        13,
        "%d of %d within ten minutes, the last of them %s",
        touched.size(),
        all.size(),
        ship);
  }
}
