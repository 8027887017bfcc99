package io.berth.daemon.http;

import io.berth.jobs.ledger.DeviceState;
import io.berth.policies.Mode;
import java.util.Map;

/** Vitals that a test sets. */
final class FakeVitals implements Vitals {

  boolean engineUp = true;
  Map<StateAndType, Integer> containers = Map.of();
  Map<DeviceState, Share> devices = Map.of();

  @Override
  public Map<StateAndType, Integer> containers() {
    return containers;
  }

  @Override
  public Map<DeviceState, Share> devices() {
    return devices;
  }

  @Override
  public int orphanProcesses() {
    return 3;
  }

  @Override
  public int ownersOverQuota() {
    return 2;
  }

  @Override
  public String nvmlTrouble() {
    return "no driver";
  }

  @Override
  public boolean engineUp() {
    return engineUp;
  }

  @Override
  public boolean configValid() {
    return true;
  }

  @Override
  public boolean breakerTripped() {
    return false;
  }

  @Override
  public Mode mode() {
    return Mode.OBSERVE;
  }

  @Override
  public boolean eventLogUp() {
    return true;
  }

  @Override
  public boolean journalUp() {
    return true;
  }
}
