package io.berth.jobs.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A process that a container left behind on a device: the container is gone, and nobody has the
 * device for himself.
 *
 * @param startTicks when it started, in clock ticks since boot; with the pid it names the process
 * @param container the name that the container had
 * @param since when it was first seen so
 * @param intent the number of the attempt to end it; null where there was none
 */
public record Orphan(
    String device,
    int pid,
    long startTicks,
    String containerId,
    String container,
    String owner,
    Instant since,
    @Nullable Long intent) {

  /** With another attempt to end it, or null for none. */
  public Orphan tried(@Nullable Long newIntent) {
    return new Orphan(device, pid, startTicks, containerId, container, owner, since, newIntent);
  }

  /** Whether that is the same process on the same device. */
  public boolean isSame(Orphan other) {
    return device.equals(other.device) && pid == other.pid && startTicks == other.startTicks;
  }
}
