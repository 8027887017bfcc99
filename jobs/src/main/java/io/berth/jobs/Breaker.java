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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
   * When it was last wanted.
   *
   * @param begun whether it went, and is not held back any more
   */
  private record Wish(Instant at, boolean begun) {}

  private final Ledger ledger;
  private final Map<Deed, Wish> wishes = new HashMap<>();
  private final Set<String> approved = new HashSet<>();
  private Instant approvedAt = Instant.MIN;
  private final Instant born;
  private boolean tripped;

  Breaker(Ledger ledger, Instant now) {
    this.ledger = ledger;
    this.born = now;
    this.tripped = ledger.read(tables -> tables.fact(FACT)).isPresent();
    ledger.read(tables -> tables.fact(APPROVED)).ifPresent(this::remember);
    for (JournalEntry intent : ledger.read(tables -> tables.intentsAround(now, WINDOW))) {
      if (intent.containerId() != null) {
        boolean stop = !intent.subject().equals(Acts.eventOf(Action.REMOVE));
        wishes.put(new Deed(intent.containerId(), stop), new Wish(intent.at(), true));
      }
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
    wishes.values().removeIf(each -> !isRecent(each.at, now));
    if (!approved.isEmpty() && now.isAfter(approvedAt.plus(APPROVAL))) {
      approved.clear();
      ledger.update(tables -> tables.drop(APPROVED));
    }
    Map<Deed, Wish> all = together(wanted, now);
    // What was held back before a restart is not known yet: no reset on half the knowledge.
    boolean over = isOver(all, picture) || (tripped && isRecent(born, now));
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
    return isOver(together(wanted, at), picture);
  }

  /** What counts when that is wanted at that moment. */
  private Map<Deed, Wish> together(Collection<Wanted> wanted, Instant at) {
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

  /** What lies far ahead was noted before the clock went back: it must not count until then. */
  private static boolean isRecent(Instant at, Instant now) {
    return Duration.between(at, now).abs().compareTo(WINDOW) <= 0;
  }

  /** What was wanted is as long ago as it was. */
  synchronized void clockJumped(Duration by) {
    wishes.replaceAll((deed, wish) -> new Wish(wish.at.plus(by), wish.begun));
  }

  synchronized boolean isTripped() {
    return tripped;
  }

  /** The ids of what it holds back; empty while it is not tripped. */
  synchronized Set<String> held() {
    if (!tripped) {
      return Set.of();
    }
    return heldDeeds().map(Deed::containerId).collect(Collectors.toSet());
  }

  private Stream<Deed> heldDeeds() {
    return wishes.entrySet().stream().filter(each -> !each.getValue().begun).map(Map.Entry::getKey);
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
    heldDeeds().filter(each -> ids.contains(each.containerId)).map(Deed::word).forEach(all::add);
    ledger.update(
        tables -> {
          tables.keep(APPROVED, now + " " + String.join(" ", all));
          Map<String, Object> details =
              Map.of("ids", List.copyOf(new TreeSet<>(ids)), "who", who, "why", why);
          append(tables, "breaker.approve", details, now);
        });
    approved.addAll(all);
    approvedAt = now;
  }

  /**
   * These acts are begun: uses up their approvals. {@link #forget} follows, in the intents'
   * transaction.
   *
   * @return the ids of those that needed an approval and had one
   */
  synchronized Set<String> spend(Collection<Wanted> begun) {
    Set<String> spent = new HashSet<>();
    for (Wanted each : begun) {
      Deed deed = Deed.of(each);
      wishes.computeIfPresent(deed, (any, wish) -> new Wish(wish.at, true));
      if (approved.remove(deed.word())) {
        spent.add(each.id());
      }
    }
    return spent;
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

  private static void trip(Tables tables, Map<Deed, Wish> wishes, Instant now) throws SQLException {
    tables.keep(FACT, now.toString());
    Set<String> ids = new TreeSet<>();
    wishes.keySet().forEach(each -> ids.add(each.containerId));
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
    append(tables, "breaker.reset", Map.of("wanted", wishes.size()), now);
  }

  private static void append(Tables tables, String type, Map<String, Object> details, Instant now)
      throws SQLException {
    tables.append(Events.ofDaemon(now, type, "daemon", null, Mode.ENFORCE, details));
  }
}
