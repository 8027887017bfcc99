package io.berth.jobs.ledger;

import java.util.Locale;

/**
 * One device as the ledger knows it, by itself.
 *
 * @param uuid its identity; an index moves and is never kept
 * @param mig whether it is a MIG instance
 */
public record DeviceRow(String uuid, Presence presence, double gpueq, boolean mig) {

  /** Whether it is there and fit for use, as NVML and the configuration last said. */
  public enum Presence {
    PRESENT,
    /** Not among NVML's devices any more while somebody has it. */
    MISSING,
    /** NVML calls it lost. */
    UNHEALTHY,
    /** The configuration gives it to another manager. */
    CEDED,
    /** Forgotten: not there, and nobody has it. */
    GONE;

    /** The word used in events and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
