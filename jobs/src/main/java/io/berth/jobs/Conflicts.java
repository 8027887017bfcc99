package io.berth.jobs;

import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.rules.ConflictRule.Intrusion;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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

  /** On which device it is an intruder; null where on none. */
  @Nullable Intrusion of(Subject subject) {
    Instant started = subject.container().startedAt();
    if (started == null || started.isBefore(born) || !subject.isRunningWithGpus()) {
      return null;
    }
    Allocation allocation = ledger.read(tables -> tables.devices().allocation());
    for (Claim mine : allocation.claimsBy(subject.id())) {
      Optional<Claim> holder = holderOf(mine, allocation.claimsOn(mine.device()));
      if (holder.isPresent() && wasReleased(mine)) {
        Claim theirs = holder.get();
        return new Intrusion(
            mine.device(),
            "%s of %s (%s)".formatted(theirs.name(), theirs.owner(), theirs.state().word()));
      }
    }
    return null;
  }

  /** Who was there first; a mere hold is nobody's presence. */
  private static Optional<Claim> holderOf(Claim mine, List<Claim> all) {
    if (mine.state() != Claim.State.ACTIVE) {
      return Optional.empty();
    }
    return all.stream()
        .filter(each -> !each.holder().equals(mine.holder()))
        .filter(each -> each.isReservation() || each.state() == Claim.State.ACTIVE)
        .filter(each -> each.since().isBefore(mine.since()))
        .findFirst();
  }

  /** Whether it had the device before, and lost it. */
  private boolean wasReleased(Claim mine) {
    List<Claim.State> states =
        ledger.read(tables -> tables.devices().statesOf(mine.device(), mine.holder(), 2));
    return states.equals(List.of(Claim.State.ACTIVE, Claim.State.FREE));
  }
}
