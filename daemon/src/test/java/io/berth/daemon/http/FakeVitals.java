package io.berth.daemon.http;

import io.berth.policies.Mode;
import java.util.Map;

/** Vitals that a test sets. */
final class FakeVitals implements Vitals {

  boolean engineUp = true;
  Map<StateAndType, Integer> containers = Map.of();

  @Override
  public Map<StateAndType, Integer> containers() {
    return containers;
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
