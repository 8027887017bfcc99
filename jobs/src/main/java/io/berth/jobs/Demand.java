package io.berth.jobs;

import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether GPUs are in high demand: from {@code high_demand_threshold} of all gpueq allocated on,
 * until it is 0.1 below that. Survives a restart.
 */
final class Demand {

  private static final String FACT = "demand.high";

  /** So that one GPU that comes and goes at the threshold does not make it flutter. */
  private static final double HYSTERESIS = 0.1;

  /** Sums of thirds and sevenths don't come out even. */
  private static final double ROUNDING = 1e-9;

  private final Ledger ledger;
  private volatile boolean high;
  private volatile @Nullable PolicyBook lookedBy;

  Demand(Ledger ledger) {
    this.ledger = ledger;
    this.high = ledger.read(tables -> tables.fact(FACT)).isPresent();
  }

  boolean isHigh() {
    return high;
  }

  /** The same by another book than the one that was last looked by, too. */
  boolean isHigh(PolicyBook book) {
    return lookedBy == book
        ? high
        : isHigh(share(ledger.read(tables -> tables.devices().allocation())), book);
  }

  private boolean isHigh(double share, PolicyBook book) {
    double threshold = book.policies().highDemandThreshold();
    return share + ROUNDING >= (high ? threshold - HYSTERESIS : threshold) && share > 0;
  }

  /** Looks at the ledger; entering and leaving are events. */
  synchronized void look(PolicyBook book, Mode mode, Instant now) {
    double share = share(ledger.read(tables -> tables.devices().allocation()));
    boolean is = isHigh(share, book);
    lookedBy = book;
    if (is == high) {
      return;
    }
    Map<String, Object> details =
        Map.of(
            "allocated_share", share,
            "high_demand_threshold", book.policies().highDemandThreshold(),
            "high_demand_idle_reduction", book.policies().highDemandIdleReduction());
    ledger.update(
        tables -> {
          if (is) {
            tables.keep(FACT, now.toString());
          } else {
            tables.drop(FACT);
          }
          String type = is ? "demand.high" : "demand.normal";
          tables.append(Events.ofDaemon(now, type, "idle-stop", null, mode, details));
        });
    high = is;
  }

  /** Of the gpueq that are there, 0 where there are none. What is shared is nobody's own. */
  static double share(Allocation allocation) {
    double all = 0;
    double taken = 0;
    for (DeviceRow each : allocation.devices().values()) {
      DeviceState state = allocation.stateOf(each);
      if (each.presence() == DeviceRow.Presence.PRESENT) {
        all += each.gpueq();
        taken += state == DeviceState.FREE || state == DeviceState.SHARED ? 0 : each.gpueq();
      }
    }
    return all == 0 ? 0 : taken / all;
  }
}
