package io.berth.jobs;

import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.Map;

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

  Demand(Ledger ledger) {
    this.ledger = ledger;
    this.high = ledger.read(tables -> tables.fact(FACT)).isPresent();
  }

  boolean isHigh() {
    return high;
  }

  /** Looks at the ledger; entering and leaving are events. */
  synchronized void look(PolicyBook book, Mode mode, Instant now) {
    double share = share(ledger.read(tables -> tables.devices().allocation()));
    double threshold = book.policies().highDemandThreshold();
    boolean is = share + ROUNDING >= (high ? threshold - HYSTERESIS : threshold) && share > 0;
    if (is == high) {
      return;
    }
    Map<String, Object> details =
        Map.of(
            "allocated_share", share,
            "high_demand_threshold", threshold,
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
