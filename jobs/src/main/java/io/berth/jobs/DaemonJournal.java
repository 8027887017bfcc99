package io.berth.jobs;

import io.berth.jobs.ledger.Ledger;
import io.berth.policies.Mode;
import java.time.InstantSource;
import java.util.Map;

/** Records what happens to the daemon itself: starts, stops, reloads. */
public final class DaemonJournal {

  private final Ledger ledger;
  private final InstantSource clock;

  public DaemonJournal(Ledger ledger, InstantSource clock) {
    this.ledger = ledger;
    this.clock = clock;
  }

  /**
   * Records an event.
   *
   * @param type such as {@code daemon.start}
   * @throws io.berth.jobs.ledger.LedgerException if it can't be written
   */
  public void record(String type, Mode mode, Map<String, Object> details) {
    ledger.update(
        tables ->
            tables.append(Events.ofDaemon(clock.instant(), type, "daemon", null, mode, details)));
  }
}
