package io.berth.jobs;

import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.rules.Action;
import io.berth.policies.PolicyBook;
import io.berth.policies.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** What holds back acts that are due: graces, the breaker, the cap, and back-off after failures. */
final class Guards {

  /** For a job with a shorter period it is that. */
  private static final Duration FIRST_BACKOFF = Duration.ofMinutes(1);

  private static final int MOST_DOUBLINGS = 6;

  /** After this long without another try it is not the same trouble any more. */
  private static final Duration FORGIVEN = Duration.ofHours(3);

  /** What {@code max_stops_per_hour} counts over. */
  private static final Duration STOPS_WINDOW = Duration.ofHours(1);

  private record Failures(int count, long notBefore) {}

  private final LongSupplier ticker;
  private final long started;
  private final Map<String, Failures> failures = new HashMap<>();

  Guards(LongSupplier ticker) {
    this.ticker = ticker;
    this.started = ticker.getAsLong();
  }

  /** How long this daemon has run, whatever was done to the clock. */
  Duration uptime() {
    return Duration.ofNanos(ticker.getAsLong() - started);
  }

  /** Those that may go, oldest first as given, and how many each guard held back. */
  record Passed(List<Wanted> go, Map<String, Integer> heldBack) {}

  /**
   * @param breakerHolds whether the breaker holds it back
   * @param stopsInHour how many stops were tried in the last hour
   */
  Passed pass(
      List<Wanted> wanted, Predicate<Wanted> breakerHolds, int stopsInHour, Picture picture) {
    PolicyBook.Safety safety = picture.book().safety();
    String all = holdsAll(picture);
    List<Wanted> go = new ArrayList<>();
    Map<String, Integer> heldBack = new LinkedHashMap<>();
    for (Wanted each : wanted) {
      String guard = all;
      if (guard.isEmpty()) {
        guard = holds(each, breakerHolds.test(each), go.size(), stopsInHour, safety);
      }
      if (guard.isEmpty()) {
        go.add(each);
      } else {
        heldBack.merge(guard, 1, Integer::sum);
      }
    }
    return new Passed(go, heldBack);
  }

  /**
   * What the caps would do to what one sweep wants, oldest first as given.
   *
   * @param stopsInHour how many stops were tried in the hour before
   * @param held is given what would be held back, with the cap that does it
   * @return how many stops would go
   */
  static int capped(
      List<Wanted> wanted,
      int stopsInHour,
      PolicyBook.Safety safety,
      BiConsumer<Wanted, String> held) {
    int gone = 0;
    int stops = 0;
    for (Wanted each : wanted) {
      String cap = cap(each, gone, stopsInHour, safety);
      if (cap.isEmpty()) {
        gone++;
        stops += each.isStop() ? 1 : 0;
      } else {
        held.accept(each, cap);
      }
    }
    return stops;
  }

  /** How many stops were tried in the hour around that moment. */
  static int stopsInHour(Ledger ledger, Instant at) {
    Set<String> stops = Set.of(Acts.eventOf(Action.STOP), Acts.eventOf(Action.PAUSE));
    return (int)
        ledger.read(tables -> tables.intentsAround(at, STOPS_WINDOW)).stream()
            .filter(intent -> stops.contains(intent.subject()))
            .count();
  }

  /** The guard that holds everything back; empty where none does. */
  private String holdsAll(Picture picture) {
    PolicyBook.Safety safety = picture.book().safety();
    if (uptime().compareTo(safety.startupGrace()) < 0) {
      return "startup_grace";
    }
    if (picture.now().isBefore(picture.boot().plus(safety.bootGrace()))) {
      return "boot_grace";
    }
    return "";
  }

  private synchronized String holds(
      Wanted wanted, boolean breakerHolds, int gone, int stopsInHour, PolicyBook.Safety safety) {
    if (breakerHolds) {
      return "breaker";
    }
    Failures failed = failures.get(wanted.id());
    if (failed != null && ticker.getAsLong() - failed.notBefore < 0) {
      return "backoff";
    }
    return cap(wanted, gone, stopsInHour, safety);
  }

  private static String cap(Wanted wanted, int gone, int stopsInHour, PolicyBook.Safety safety) {
    if (!wanted.isStop()) {
      return gone < safety.maxRemovalsPerSweep() ? "" : "max_removals_per_sweep";
    }
    if (gone >= safety.maxStopsPerSweep()) {
      return "max_stops_per_sweep";
    }
    return stopsInHour + gone < safety.maxStopsPerHour() ? "" : "max_stops_per_hour";
  }

  /**
   * An act on it failed or was refused: it is tried again after 1, 2, 4, ... 64 minutes, or periods
   * of its job that are shorter than a minute.
   *
   * @param schedule its job's
   * @param grace what the act may go on for all the same: no less than that
   */
  synchronized void failed(String containerId, Schedule schedule, Duration grace) {
    long now = ticker.getAsLong();
    failures.values().removeIf(each -> now - each.notBefore > FORGIVEN.toNanos());
    Failures before = failures.get(containerId);
    int count = before == null ? 0 : Math.min(before.count + 1, MOST_DOUBLINGS);
    long wait = Math.max(firstBackoff(schedule).toNanos() << count, grace.toNanos());
    failures.put(containerId, new Failures(count, now + wait));
  }

  private static Duration firstBackoff(Schedule schedule) {
    return schedule instanceof Schedule.Every every && every.period().compareTo(FIRST_BACKOFF) < 0
        ? every.period()
        : FIRST_BACKOFF;
  }

  /** An act on it was done, or is no longer wanted. */
  synchronized void settled(String containerId) {
    failures.remove(containerId);
  }
}
