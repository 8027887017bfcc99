package io.berth.jobs.gpu;

import io.berth.policies.PolicyBook;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The GPUs as NVIDIA's management library shows them. Every call into it runs on one thread named
 * {@code nvml}, with a deadline; every failure is a reading that is unknown, and the library is
 * tried again on later readings.
 */
public final class NvmlGpus implements Gpus {

  /** One entry a GPU, named by its PCI address, while the kernel driver is loaded. */
  static final Path DRIVER_GPUS = Path.of("/proc/driver/nvidia/gpus");

  private static final String MIG_UTILISATION =
      "MIG devices have no utilisation in NVML; set gpu.dcgm_exporter to have it from there";

  private final DeadlineThread thread;
  private final NvmlConnection nvml;
  private final InventoryReader inventories;

  /**
   * @param clock tells since when a call hangs
   * @param ticker monotonic nanoseconds; paces new attempts at a library that fails
   */
  public NvmlGpus(PolicyBook.Gpu settings, InstantSource clock, LongSupplier ticker) {
    this(
        settings.nvmlLibrary(),
        settings.nvmlTimeout(),
        settings.migSlices(),
        DRIVER_GPUS,
        clock,
        ticker);
  }

  NvmlGpus(
      String library,
      Duration timeout,
      int migSlices,
      Path driverGpus,
      InstantSource clock,
      LongSupplier ticker) {
    this.thread = new DeadlineThread("nvml", timeout, clock);
    this.nvml = new NvmlConnection(library, driverGpus, ticker);
    this.inventories = new InventoryReader(migSlices);
  }

  @Override
  public Reading<Inventory> inventory() {
    return thread.call(
        "inventory",
        () -> {
          Reading<Inventory> reading = ask(inventories::read);
          if (reading.asOptional().map(Inventory::nothingAnswers).orElse(!reading.isKnown())) {
            // Lost for good, or the driver was reloaded under us: initialising tells.
            nvml.close();
          }
          return reading;
        });
  }

  @Override
  public Reading<List<GpuProcess>> processes(String uuid) {
    return thread.call(
        "processes of " + uuid, () -> ask(library -> ProcessReader.processes(library, uuid)));
  }

  @Override
  public Reading<Integer> utilisation(String uuid) {
    if (Device.isMig(uuid)) {
      return Reading.unknown(MIG_UTILISATION);
    }
    return thread.call(
        "utilisation of " + uuid, () -> ask(library -> ProcessReader.utilisation(library, uuid)));
  }

  @Override
  public Reading<List<ProcessUtilisation>> processUtilisation(String uuid, long sinceMicros) {
    if (Device.isMig(uuid)) {
      return Reading.unknown(MIG_UTILISATION);
    }
    return thread.call(
        "process utilisation of " + uuid,
        () -> ask(library -> ProcessReader.processUtilisation(library, uuid, sinceMicros)));
  }

  @Override
  public Reading<Integer> gpuInstance(String uuid) {
    return thread.call(
        "GPU instance of " + uuid, () -> ask(library -> ProcessReader.gpuInstance(library, uuid)));
  }

  @Override
  public void close() {
    thread.call(
        "shutdown",
        () -> {
          nvml.close();
          return Reading.known(true);
        });
    thread.close();
  }

  /** On the thread only. */
  private <T> Reading<T> ask(NvmlConnection.Query<T> query) {
    try {
      return Reading.known(nvml.ask(query));
    } catch (NvmlException e) {
      return Reading.unknown(String.valueOf(e.getMessage()));
    }
  }
}
