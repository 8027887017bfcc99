package io.berth.daemon.http;

import io.berth.jobs.container.Container;
import io.berth.jobs.ledger.DeviceState;
import io.berth.policies.ContainerType;
import io.berth.policies.Mode;
import java.util.Map;

/** What the gauges show, read at each scrape: quick, without I/O, and without throwing. */
public interface Vitals {

  /** What containers are counted by. */
  record StateAndType(Container.State state, ContainerType type) {}

  /** How many containers there are; combinations without any may be absent. */
  Map<StateAndType, Integer> containers();

  /** What the devices of one state come to. */
  record Share(int devices, double gpueq) {

    static final Share NONE = new Share(0, 0);

    public Share plus(Share other) {
      return new Share(devices + other.devices, gpueq + other.gpueq);
    }
  }

  /** The ledger's devices; states without any may be absent. */
  Map<DeviceState, Share> devices();

  /** Processes of containers that are gone, on devices that nobody has for himself. */
  int orphanProcesses();

  /** Owners who have more than their quota. */
  int ownersOverQuota();

  /** Why NVML did not list its devices when it was last asked; empty where it did. */
  String nvmlTrouble();

  /** Whether NVML listed its devices when it was last asked. */
  default boolean nvmlUp() {
    return nvmlTrouble().isEmpty();
  }

  /** Whether the Engine answered when it was last asked. */
  boolean engineUp();

  /** Whether the files on disk are those in force. */
  boolean configValid();

  boolean breakerTripped();

  Mode mode();

  /** Whether the event log has all that the journal has. */
  boolean eventLogUp();

  /** Whether the journal could be written when it last had to be. */
  boolean journalUp();
}
