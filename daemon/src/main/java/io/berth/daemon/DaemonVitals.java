package io.berth.daemon;

import io.berth.daemon.config.BookInForce;
import io.berth.daemon.events.EventLog;
import io.berth.daemon.http.Health;
import io.berth.daemon.http.Vitals;
import io.berth.jobs.Modes;
import io.berth.jobs.Sweeps;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.Mode;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** How the daemon is, read from its parts whenever somebody asks. */
record DaemonVitals(
    Gauges gauges,
    BookInForce books,
    Sweeps sweeps,
    Modes modes,
    EventLog eventLog,
    Ledger ledger,
    BooleanSupplier engine)
    implements Vitals, Health {

  @Override
  public Map<StateAndType, Integer> containers() {
    return gauges.containers();
  }

  @Override
  public Map<DeviceState, Share> devices() {
    return gauges.devices();
  }

  @Override
  public int orphanProcesses() {
    return gauges.orphans();
  }

  @Override
  public int ownersOverQuota() {
    return gauges.overQuota();
  }

  @Override
  public String nvmlTrouble() {
    return gauges.nvmlTrouble();
  }

  @Override
  public boolean engineUp() {
    return engine.getAsBoolean();
  }

  @Override
  public boolean configValid() {
    return books.isValid();
  }

  @Override
  public boolean breakerTripped() {
    return sweeps.isBreakerTripped();
  }

  @Override
  public Mode mode() {
    return modes.inForce(books.book());
  }

  @Override
  public boolean eventLogUp() {
    return eventLog.isUp();
  }

  @Override
  public boolean journalUp() {
    return ledger.isHealthy();
  }

  @Override
  public List<String> ailments() {
    return journalUp() ? List.of() : List.of("the ledger can't be written: no act is done");
  }

  @Override
  public List<String> hindrances() {
    return engineUp() ? ailments() : List.of("the Docker Engine does not answer");
  }
}
