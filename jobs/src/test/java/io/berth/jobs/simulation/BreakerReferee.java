package io.berth.jobs.simulation;

import static io.berth.jobs.simulation.Referee.require;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.rules.Action;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds a run to invariant 13: past the share of what rules want, all of it counted and before any
 * cap, the journal says that the breaker tripped; and from there on only what an admin approved is
 * done, once each.
 */
final class BreakerReferee {

  private static final Duration WINDOW = Duration.ofMinutes(10);

  private record Deed(String id, boolean stop) {

    boolean isOf(JournalEntry intent) {
      return intent.kind() == JournalEntry.Kind.INTENT
          && stop != intent.subject().equals("container.remove");
    }
  }

  /**
   * What somebody wanted. A process of the daemon knows what its own rules want, and what those
   * before it began.
   *
   * @param from the earliest that it may have been wanted
   */
  private record Wish(Duration from, Deed deed, int process, boolean begun) {}

  private final Harbour harbour;
  private final List<Wish> wishes = new ArrayList<>();

  /** An approval lapses: {@code docs/operate.md}. */
  private static final Duration DAY = Duration.ofDays(1);

  /** By which row of the journal, and when. */
  private record Approval(long row, Duration at) {}

  private final Map<Deed, Approval> approved = new HashMap<>();

  /** What was approved, and not begun before the sweep that goes on now. */
  private final Set<Deed> spared = new HashSet<>();

  /** What there was as it began, or is now. */
  private final Set<Deed> there = new HashSet<>();

  private Duration began = Duration.ZERO;
  private boolean tripped;

  /** Which process of the daemon said so. */
  private int trippedBy;

  BreakerReferee(Harbour harbour) {
    this.harbour = harbour;
  }

  void read(JournalEntry entry, JsonNode details) {
    switch (entry.subject()) {
      case "breaker.trip" -> {
        tripped = true;
        trippedBy = harbour.starts();
      }
      case "breaker.reset" -> {
        require(
            trippedBy == harbour.starts() || harbour.clock.passed(harbour.started(), WINDOW),
            13,
            "it is reset before what was held back can be wanted again");
        tripped = false;
      }
      case "breaker.approve" ->
          details.path("ids").forEach(each -> approves(each.asText(), entry.seq()));
      default -> {}
    }
  }

  /**
   * For what was wanted of it last. What nobody knows to be wanted was wanted in a sweep that
   * failed.
   */
  private void approves(String id, long row) {
    List<Deed> known =
        wishes.stream()
            .filter(each -> !each.begun && each.deed.id.equals(id))
            .map(Wish::deed)
            .toList();
    List<Deed> last =
        known.isEmpty()
            ? List.of(new Deed(id, true), new Deed(id, false))
            : known.subList(known.size() - 1, known.size());
    for (Deed each : last) {
      approved.put(each, new Approval(row, harbour.clock.real()));
      spared.add(each);
      wishes.removeIf(wish -> wish.deed.equals(each));
    }
  }

  private boolean hasLapsed(Deed deed) {
    Approval approval = approved.get(deed);
    Duration some = harbour.pace.units(6); // an act may wait
    return approval == null || harbour.clock.passed(approval.at, DAY.plus(some));
  }

  /** A sweep begins. */
  void sweeps() {
    began = harbour.clock.real();
    spared.removeIf(each -> hasLapsed(each) || !intentsSinceApproved(each).isEmpty());
    there.clear();
    look();
  }

  private void look() {
    for (Ship each : harbour.engine.ships()) {
      boolean hasGpus = each.container.gpus().any();
      if (hasGpus && each.state().isLive()) {
        there.add(new Deed(each.id(), true));
      }
      if (!hasGpus || each.state() != State.RUNNING) {
        there.add(new Deed(each.id(), false));
      }
    }
  }

  /** It is over, and that is what its rule wants. */
  void swept(Map<String, Action> due) {
    if (harbour.isObserving()) {
      return; // nobody wants anything done
    }
    for (Map.Entry<String, Action> each : due.entrySet()) {
      Deed deed = new Deed(each.getKey(), each.getValue().isStop());
      if (!spared.contains(deed)) {
        wishes.add(new Wish(began, deed, harbour.starts(), false));
      }
    }
    look();
    wishes.removeIf(each -> harbour.clock.real().minus(each.from).compareTo(WINDOW) > 0);
    holdsAll(true, Book.LEAST_STOPS);
    holdsAll(false, Book.LEAST_REMOVALS);
  }

  private void holdsAll(boolean stops, int least) {
    Set<Deed> wanted = new HashSet<>();
    wishes.stream()
        .filter(each -> each.deed.stop == stops && isKnown(each))
        .forEach(each -> wanted.add(each.deed));
    Set<Deed> all = new HashSet<>(wanted);
    there.stream().filter(each -> each.stop == stops).forEach(all::add);
    double share = harbour.book().breakerShare();
    boolean over = wanted.size() >= least && wanted.size() > share * all.size();
    require(
        tripped || !over,
        13,
        "%d of %d are wanted within ten minutes, and it did not trip",
        wanted.size(),
        all.size());
  }

  private boolean isKnown(Wish wish) {
    boolean isOwn = wish.process == harbour.starts();
    return wish.begun != isOwn;
  }

  /** The Engine is asked for it; whether that had to be approved, and was. */
  boolean passes(Ship ship, boolean stop, JournalEntry intent) {
    Deed deed = new Deed(ship.id(), stop);
    boolean isApproved =
        !hasLapsed(deed)
            && intentsSinceApproved(deed).stream().limit(1).anyMatch(row -> row == intent.seq());
    require(isApproved || !tripped, 13, "%s: the breaker is tripped, and nobody approved it", ship);
    if (!isApproved) {
      Duration at = harbour.clock.realOf(intent.at());
      wishes.add(new Wish(at, deed, harbour.starts(), true));
    }
    return isApproved && tripped;
  }

  /** Of which the first one uses up the approval. */
  private List<Long> intentsSinceApproved(Deed deed) {
    Approval approval = approved.get(deed);
    if (approval == null) {
      return List.of();
    }
    return harbour
        .<List<Long>>read(
            tables ->
                tables.journalOf(deed.id).stream()
                    .filter(each -> deed.isOf(each) && each.seq() > approval.row)
                    .map(JournalEntry::seq)
                    .toList())
        .orElse(List.of());
  }
}
