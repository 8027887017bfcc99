package io.berth.jobs;

import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import io.berth.policies.Mode;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Records what happens to the daemon itself: starts, stops, reloads. */
public final class DaemonJournal {

  private static final Logger log = LoggerFactory.getLogger(DaemonJournal.class);

  private final Ledger ledger;
  private final InstantSource clock;
  private final Supplier<Mode> mode;

  /**
   * @param mode that is in force
   */
  public DaemonJournal(Ledger ledger, InstantSource clock, Supplier<Mode> mode) {
    this.ledger = ledger;
    this.clock = clock;
    this.mode = mode;
  }

  /**
   * Records an event.
   *
   * @param type such as {@code daemon.start}
   * @throws io.berth.jobs.ledger.LedgerException if it can't be written
   */
  public void record(String type, Map<String, Object> details) {
    Mode now = mode.get();
    ledger.update(
        tables ->
            tables.append(Events.ofDaemon(clock.instant(), type, "daemon", null, now, details)));
  }

  /** As {@link #record}; where it can't be written, the log says so, and what happened stays. */
  public void tell(String type, Map<String, Object> details) {
    try {
      record(type, details);
    } catch (LedgerException e) {
      log.error("{} could not be recorded: {}", type, e.getMessage());
    }
  }
}
