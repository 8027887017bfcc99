package io.berth.jobs;

import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Action;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Stops all acts when too many are wanted at once, which a bad rule, book or clock would want
 * (DESIGN section 8, 13). It counts what is wanted, before any cap, over all jobs and the last ten
 * minutes: stops against the running GPU containers, removals against all others. It trips above
 * the share of either, and is reset when fewer are wanted. What an admin approved goes all the
 * same, each container once. What was wanted is read back from the journal at start.
 */
final class Breaker {

  static final Duration WINDOW = Duration.ofMinutes(10);

  /** How long an approval counts: caps may make it take hours to carry out what was approved. */
  static final Duration APPROVAL = Duration.ofHours(24);

  private static final String FACT = "breaker";
  private static final String APPROVED = "breaker.approved";
  private static final int LISTED = 100;

  /** An act on a container: what is wanted, and approved; a container may be meant by two. */
  private record Deed(String containerId, boolean stop) {

    static Deed of(Wanted wanted) {
      return new Deed(wanted.id(), wanted.isStop());
    }

    String word() {
      return (stop ? "stop:" : "remove:") + containerId;
    }
  }

  /**
   * When it was last wanted, by the ticker.
   *
   * @param begun whether it went, and is not held back any more
   */
  private record Wish(long at, boolean begun) {}

  private final Ledger ledger;
  private final LongSupplier ticker;
  private final long born;
  private final Map<Deed, Wish> wishes = new HashMap<>();
  private final Set<String> approved = new HashSet<>();
  private Instant approvedAt = Instant.MIN;
  private boolean tripped;
  private boolean recalled;

  /**
   * @param ticker nanoseconds that only ever grow: a clock that is set forgets nothing
   */
  Breaker(Ledger ledger, LongSupplier ticker) {
    this.ledger = ledger;
    this.ticker = ticker;
    this.born = ticker.getAsLong();
    this.tripped = ledger.read(tables -> tables.fact(FACT)).isPresent();
    ledger.read(tables -> tables.fact(APPROVED)).ifPresent(this::remember);
  }

  /** What daemons before this one began; once a jump of the clock in between has been found. */
  private void recall(Instant now) {
    if (recalled) {
      return;
    }
    ledger.read(
        tables -> {
          ClockGuard.Setting set = ClockGuard.lastSetting(tables).orElse(ClockGuard.Setting.NEVER);
          for (JournalEntry each : tables.intentsAround(now, WINDOW)) {
            if (each.seq() > set.row()) {
              recall(each, Duration.between(each.at(), now));
            }
          }
          Instant then = now.minus(set.by());
          for (JournalEntry each : tables.intentsAround(then, WINDOW)) {
            if (each.seq() < set.row()) {
              recall(each, Duration.between(each.at(), then));
            }
          }
          return true;
        });
    recalled = true; // not where the ledger could not be read
  }

  private void recall(JournalEntry intent, Duration age) {
    String id = intent.containerId();
    if (id != null) {
      boolean stop = !intent.subject().equals(Acts.eventOf(Action.REMOVE));
      long at = ticker.getAsLong() - Math.max(0, age.toNanos());
      wishes.put(new Deed(id, stop), new Wish(at, true));
    }
  }

  private void remember(String fact) {
    List<String> words = List.of(fact.split(" ", -1));
    approvedAt = Instant.parse(words.get(0));
    approved.addAll(words.subList(1, words.size()));
  }

  /**
   * Takes note of what a job wants done.
   *
   * @return whether acts must be held back, but for those that are approved
   */
  synchronized boolean weigh(Collection<Wanted> wanted, Picture picture, Mode mode) {
    Instant now = picture.now();
    recall(now);
    long ticks = ticker.getAsLong();
    wishes.values().removeIf(each -> !isRecent(each.at, ticks));
    if (!approved.isEmpty() && now.isAfter(approvedAt.plus(APPROVAL))) {
      approved.clear();
      ledger.update(tables -> tables.drop(APPROVED));
    }
    Map<Deed, Wish> all = together(wanted, ticks);
    // What was held back before a restart is not known yet: no reset on half the knowledge.
    boolean over = isOver(all, picture) || (tripped && isRecent(born, ticks));
    if (mode == Mode.OBSERVE) {
      return over; // computed, not latched
    }
    wishes.clear();
    wishes.putAll(all);
    if (over != tripped) {
      ledger.update(
          tables -> {
            if (over) {
              trip(tables, all, now);
            } else {
              reset(tables, all, now);
            }
          });
      tripped = over;
    }
    return over;
  }

  /**
   * Whether it would trip if that were wanted at that moment, now or later; takes no note of it.
   */
  synchronized boolean wouldTrip(Collection<Wanted> wanted, Picture picture, Instant at) {
    recall(picture.now());
    long then = ticker.getAsLong() + Duration.between(picture.now(), at).toNanos();
    return isOver(together(wanted, then), picture);
  }

  /** What counts when that is wanted at that moment. */
  private Map<Deed, Wish> together(Collection<Wanted> wanted, long at) {
    Map<Deed, Wish> all = new HashMap<>(wishes);
    all.values().removeIf(each -> !isRecent(each.at, at));
    for (Wanted each : wanted) {
      all.put(Deed.of(each), new Wish(at, false));
    }
    all.keySet().removeIf(each -> approved.contains(each.word()));
    return all;
  }

  private static boolean isOver(Map<Deed, Wish> wishes, Picture picture) {
    PolicyBook.Safety safety = picture.book().safety();
    Set<String> running =
        picture.subjects().stream()
            .filter(Subject::isRunningWithGpus)
            .map(Subject::id)
            .collect(Collectors.toSet());
    Set<String> others =
        picture.subjects().stream()
            .map(Subject::id)
            .filter(id -> !running.contains(id))
            .collect(Collectors.toSet());
    return isOver(ids(wishes, true), running, safety.breakerMinStops(), safety)
        || isOver(ids(wishes, false), others, safety.breakerMinRemovals(), safety);
  }

  /** What was wanted and is gone still counts among what there was. */
  private static boolean isOver(
      Set<String> wanted, Set<String> population, int least, PolicyBook.Safety safety) {
    population.addAll(wanted);
    return wanted.size() >= least && wanted.size() > safety.breakerShare() * population.size();
  }

  private static Set<String> ids(Map<Deed, Wish> wishes, boolean stops) {
    return wishes.keySet().stream()
        .filter(each -> each.stop == stops)
        .map(Deed::containerId)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isRecent(long at, long now) {
    return now - at <= WINDOW.toNanos();
  }

  /** An approval lapses when it would have. */
  synchronized void clockJumped(Duration by) {
    if (!approved.isEmpty()) {
      approvedAt = approvedAt.plus(by);
      ledger.update(tables -> keepApproved(tables, approvedAt, approved));
    }
  }

  private static void keepApproved(Tables tables, Instant at, Collection<String> all)
      throws SQLException {
    tables.keep(APPROVED, at + " " + String.join(" ", all));
  }

  synchronized boolean isTripped() {
    return tripped;
  }

  /** The ids of what it holds back; empty while it is not tripped. */
  synchronized Set<String> held() {
    if (!tripped) {
      return Set.of();
    }
    return wishes.entrySet().stream()
        .filter(each -> !each.getValue().begun)
        .map(each -> each.getKey().containerId)
        .collect(Collectors.toSet());
  }

  synchronized boolean isApproved(Wanted wanted) {
    return approved.contains(Deed.of(wanted).word());
  }

  /**
   * Lets exactly these containers pass, each for one act.
   *
   * @param ids each of {@link #held}
   * @throws IllegalArgumentException where one is not: nothing is approved then
   */
  synchronized void approve(Set<String> ids, String who, String why, Instant now) {
    Set<String> strange = new TreeSet<>(ids);
    strange.removeAll(held());
    if (!strange.isEmpty() || ids.isEmpty()) {
      throw new IllegalArgumentException(
          ids.isEmpty()
              ? "no container was named"
              : "the breaker does not hold back " + strange + "; look again at what it holds");
    }
    Set<String> all = new TreeSet<>(approved);
    ids.forEach(id -> all.add(heldLast(id).word()));
    ledger.update(
        tables -> {
          keepApproved(tables, now, all);
          Map<String, Object> details =
              Map.of("ids", List.copyOf(new TreeSet<>(ids)), "who", who, "why", why);
          append(tables, "breaker.approve", details, now);
        });
    approved.addAll(all);
    approvedAt = now;
  }

  /** What is wanted of that container now: it may have been something else some minutes ago. */
  private Deed heldLast(String id) {
    return wishes.entrySet().stream()
        .filter(each -> each.getKey().containerId.equals(id) && !each.getValue().begun)
        .max(Comparator.comparingLong(each -> each.getValue().at))
        .orElseThrow()
        .getKey();
  }

  /** These acts are begun, and their intents are durable: uses up their approvals. */
  synchronized void spend(Collection<Wanted> begun) {
    for (Wanted each : begun) {
      Deed deed = Deed.of(each);
      wishes.computeIfPresent(deed, (any, wish) -> new Wish(wish.at, true));
      approved.remove(deed.word());
    }
  }

  /** Takes note that the approvals of these are used up; holds no lock but the ledger's. */
  static void forget(Tables tables, Collection<Wanted> begun) throws SQLException {
    Optional<String> kept = tables.fact(APPROVED);
    if (kept.isEmpty()) {
      return;
    }
    List<String> words = new ArrayList<>(List.of(kept.get().split(" ", -1)));
    begun.forEach(each -> words.remove(Deed.of(each).word()));
    if (words.size() > 1) {
      tables.keep(APPROVED, String.join(" ", words));
    } else {
      tables.drop(APPROVED);
    }
  }

  private static Set<String> containers(Map<Deed, Wish> wishes) {
    return wishes.keySet().stream()
        .map(Deed::containerId)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void trip(Tables tables, Map<Deed, Wish> wishes, Instant now) throws SQLException {
    tables.keep(FACT, now.toString());
    Set<String> ids = containers(wishes);
    Map<String, Object> details =
        Map.of(
            "wanted",
            ids.size(),
            "stops",
            ids(wishes, true).size(),
            "removals",
            ids(wishes, false).size(),
            "ids",
            List.copyOf(ids).subList(0, Math.min(LISTED, ids.size())),
            "next",
            "nothing is stopped or removed until fewer are wanted, or an admin approves;"
                + " see docs/operate.md");
    append(tables, "breaker.trip", details, now);
  }

  private static void reset(Tables tables, Map<Deed, Wish> wishes, Instant now)
      throws SQLException {
    tables.drop(FACT);
    append(tables, "breaker.reset", Map.of("wanted", containers(wishes).size()), now);
  }

  private static void append(Tables tables, String type, Map<String, Object> details, Instant now)
      throws SQLException {
    tables.append(Events.ofDaemon(now, type, "daemon", null, Mode.ENFORCE, details));
  }
}
