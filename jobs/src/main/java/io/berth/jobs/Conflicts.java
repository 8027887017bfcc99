package io.berth.jobs;

import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.rules.ConflictRule.Intrusion;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds the one case of a conflict that may be ended by a stop (DESIGN section 3): a container
 * whose start this daemon saw, whose own device had been released, while somebody who runs or has a
 * reservation has it. In doubt it is none.
 */
final class Conflicts {

  private final Ledger ledger;
  private final Instant born;

  /**
   * @param born when this daemon began: what was started earlier it did not see start
   */
  Conflicts(Ledger ledger, Instant born) {
    this.ledger = ledger;
    this.born = born;
  }

  /**
   * Looks who has what now; the answer tells on which device a container is an intruder, null where
   * on none.
   */
  Function<Subject, @Nullable Intrusion> look() {
    return ledger.read(
        tables -> {
          Berths berths = new Berths(tables.devices().allocation());
          Map<String, Known> known = tables.known();
          return subject -> intrusion(subject, berths, known);
        });
  }

  private @Nullable Intrusion intrusion(Subject subject, Berths berths, Map<String, Known> known) {
    Instant started = subject.container().startedAt();
    if (started == null || started.isBefore(born) || !subject.isRunningWithGpus()) {
      return null;
    }
    for (Claim mine : berths.by(subject.id())) {
      Optional<Claim> holder = holderOf(mine, berths, known);
      if (holder.isPresent() && wasReleasedBefore(started, mine)) {
        Claim theirs = holder.get();
        return new Intrusion(
            mine.device(),
            "%s of %s (%s)".formatted(theirs.name(), theirs.owner(), theirs.state().word()));
      }
    }
    return null;
  }

  /** Who was there first; a mere hold is nobody's presence. */
  private static Optional<Claim> holderOf(Claim mine, Berths berths, Map<String, Known> known) {
    if (mine.state() != Claim.State.ACTIVE) {
      return Optional.empty();
    }
    return berths.on(mine.device()).stream()
        .filter(each -> !each.holder().equals(mine.holder()))
        .filter(each -> each.isReservation() || runs(each, known))
        .filter(each -> each.since().isBefore(mine.since()))
        .findFirst();
  }

  /** One that was only created has the device as well, and is nobody's work. */
  private static boolean runs(Claim claim, Map<String, Known> known) {
    Known holder = known.get(claim.holder());
    return claim.state() == Claim.State.ACTIVE && holder != null && holder.state().isLive();
  }

  /** Whether it had the device before this life, and lost it by then. */
  private boolean wasReleasedBefore(Instant started, Claim mine) {
    return ledger
        .read(tables -> tables.devices().lastFreed(mine.device(), mine.holder()))
        .filter(freed -> freed.isBefore(started))
        .isPresent();
  }
}
