package io.berth.jobs;

import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Stops all acts when too many are wanted at once, which a bad rule, book or clock would want
 * (DESIGN section 8, 13). It counts what is wanted, before any cap, over all jobs and the last ten
 * minutes, against the containers there are; it trips above the share, and is reset when fewer are
 * wanted. What was wanted is read back from the journal at start.
 */
final class Breaker {

  static final Duration WINDOW = Duration.ofMinutes(10);
  private static final String FACT = "breaker";
  private static final int LISTED = 100;

  private final Ledger ledger;
  private final Map<String, Instant> lastWanted = new HashMap<>();
  private boolean tripped;

  Breaker(Ledger ledger, Instant now) {
    this.ledger = ledger;
    this.tripped = ledger.read(tables -> tables.fact(FACT)).isPresent();
    for (JournalEntry intent : ledger.read(tables -> tables.intentsSince(now.minus(WINDOW)))) {
      if (intent.containerId() != null && isRecent(intent.at(), now)) {
        lastWanted.put(intent.containerId(), intent.at());
      }
    }
  }

  /**
   * Takes note of what a job wants removed.
   *
   * @param wanted ids
   * @param others ids of all that is not a running GPU container
   * @return whether acts must be held back
   */
  synchronized boolean holds(
      Collection<String> wanted,
      Collection<String> others,
      PolicyBook.Safety safety,
      Mode mode,
      Instant now) {
    lastWanted.values().removeIf(at -> !isRecent(at, now));
    Set<String> all = new HashSet<>(lastWanted.keySet());
    all.addAll(wanted);
    Set<String> population = new HashSet<>(others);
    population.addAll(all);
    boolean over =
        all.size() >= safety.breakerMinRemovals()
            && all.size() > safety.breakerShare() * population.size();
    if (mode == Mode.OBSERVE) {
      return over; // computed, not latched
    }
    wanted.forEach(id -> lastWanted.put(id, now));
    if (over != tripped) {
      ledger.write(
          tables -> over ? trip(tables, all, population.size(), now) : reset(tables, all, now));
      tripped = over;
    }
    return over;
  }

  /** What lies far ahead was noted before the clock went back: it must not count until then. */
  private static boolean isRecent(Instant at, Instant now) {
    return Duration.between(at, now).abs().compareTo(WINDOW) <= 0;
  }

  synchronized boolean isTripped() {
    return tripped;
  }

  private static long trip(Tables tables, Set<String> wanted, int population, Instant now)
      throws SQLException {
    tables.keep(FACT, now.toString());
    Map<String, Object> details =
        Map.of(
            "wanted",
            wanted.size(),
            "of",
            population,
            "ids",
            List.copyOf(new TreeSet<>(wanted)).subList(0, Math.min(LISTED, wanted.size())),
            "next",
            "nothing is removed until fewer are wanted; see docs/operate.md");
    return append(tables, "breaker.trip", details, now);
  }

  private static long reset(Tables tables, Set<String> wanted, Instant now) throws SQLException {
    tables.drop(FACT);
    return append(tables, "breaker.reset", Map.of("wanted", wanted.size()), now);
  }

  private static long append(Tables tables, String type, Map<String, Object> details, Instant now)
      throws SQLException {
    return tables.append(Events.ofDaemon(now, type, "daemon", null, Mode.ENFORCE, details));
  }
}
