package io.berth.jobs.gpu;

import org.jspecify.annotations.Nullable;

/**
 * One schedulable GPU unit: a full GPU or a MIG instance (DESIGN section 2).
 *
 * @param uuid its identity: {@code GPU-...} or {@code MIG-...}
 * @param index {@code 0}, or {@code 0:1} for a MIG instance; moves with reboots and new partitions,
 *     so it is shown and never stored
 * @param memoryBytes null where the device does not tell
 * @param migProfile such as {@code 1g.10gb}; null for a full GPU, or where it can't be told
 * @param computeSlices those of the instance; for a full GPU, {@code gpu.mig_slices}
 * @param gpueq 1.0 for a full GPU, its share of the compute slices for a MIG instance
 * @param parent the UUID of a MIG instance's GPU; null for a full GPU
 * @param busId of a MIG instance, that of its GPU; null where it can't be told
 */
public record Device(
    String uuid,
    String index,
    String name,
    @Nullable Long memoryBytes,
    @Nullable String migProfile,
    int computeSlices,
    double gpueq,
    Health health,
    @Nullable String parent,
    @Nullable BusId busId) {

  /** Whether it can be used. */
  public enum State {
    OK,
    /** It does not answer: lost, fell off the bus, needs a reset. */
    LOST
  }

  /**
   * How it is.
   *
   * @param words for a human; empty where there is nothing to say
   */
  public record Health(State state, String words) {

    public static final Health OK = new Health(State.OK, "");

    public static Health lost(String words) {
      return new Health(State.LOST, words);
    }

    public boolean isLost() {
      return state == State.LOST;
    }
  }

  public boolean isMig() {
    return isMig(uuid);
  }

  /** Whether that is the UUID of a MIG instance, in the form of any driver. */
  public static boolean isMig(String uuid) {
    return uuid.startsWith("MIG-");
  }

  Device lost(String words) {
    return new Device(
        uuid,
        index,
        name,
        memoryBytes,
        migProfile,
        computeSlices,
        gpueq,
        Health.lost(words),
        parent,
        busId);
  }
}
