package io.berth.jobs.gpu;

import io.berth.policies.PolicyBook;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The GPUs of this host, as far as they can be read now. No method throws, and none keeps its
 * caller longer than {@code gpu.nvml_timeout}. May be called from any thread.
 */
public interface Gpus extends AutoCloseable {

  /** The value of {@code gpu.nvml_library} on a host without GPUs. */
  String NONE = "none";

  /**
   * The GPUs that the settings name.
   *
   * @param ticker monotonic nanoseconds; paces new attempts at a library that fails
   */
  static Gpus of(PolicyBook.Gpu settings, InstantSource clock, LongSupplier ticker) {
    return settings.nvmlLibrary().equals(NONE)
        ? new NoGpus()
        : new NvmlGpus(settings, clock, ticker);
  }

  Reading<Inventory> inventory();

  /**
   * The compute and graphics processes on a device; a pid is there once. An empty list was read
   * without error: nobody is on it. Pids are those of the daemon's own pid namespace.
   */
  Reading<List<GpuProcess>> processes(String uuid);

  /**
   * Percent of the last sample period (1/6 s to 1 s) in which a kernel ran on the device; unknown
   * for MIG instances, of which NVML has none.
   */
  Reading<Integer> utilisation(String uuid);

  /**
   * The samples of processes that used the device since then; an empty list means that none did.
   * Unknown for MIG instances. The driver keeps samples for some seconds only.
   *
   * @param sinceMicros a {@link ProcessUtilisation#timeMicros()} seen before; 0 for all that the
   *     driver has
   */
  Reading<List<ProcessUtilisation>> processUtilisation(String uuid, long sinceMicros);

  /**
   * The number of the GPU instance that a MIG instance is in, on its GPU: what a dcgm-exporter
   * calls {@code GPU_I_ID}. Unknown for full GPUs.
   */
  Reading<Integer> gpuInstance(String uuid);

  /** Lets go of the library; everything is unknown from then on. */
  @Override
  void close();
}
