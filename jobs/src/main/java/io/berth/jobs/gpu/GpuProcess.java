package io.berth.jobs.gpu;

import org.jspecify.annotations.Nullable;

/**
 * A process that has a context on a device.
 *
 * @param memoryBytes of the device; null where the driver does not tell
 */
public record GpuProcess(int pid, @Nullable Long memoryBytes, Kind kind) {

  /** What its context is for. */
  public enum Kind {
    COMPUTE,
    GRAPHICS,
    COMPUTE_AND_GRAPHICS,
    /** A client of the MPS server, which is itself a compute process. */
    MPS_CLIENT
  }

  /** The one process that two lists of the driver show. */
  GpuProcess and(GpuProcess other) {
    boolean graphics = (kind == Kind.GRAPHICS) != (other.kind == Kind.GRAPHICS);
    return new GpuProcess(
        pid,
        memoryBytes == null ? other.memoryBytes : memoryBytes,
        graphics ? Kind.COMPUTE_AND_GRAPHICS : other.kind);
  }
}
