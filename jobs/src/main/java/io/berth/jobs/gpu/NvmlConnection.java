package io.berth.jobs.gpu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The initialised library, for as long as it answers; loaded anew by its name when it has to be, so
 * that an installed, reloaded or replaced driver is found without a restart. Used by one thread.
 */
final class NvmlConnection {

  /** A question to the initialised library. */
  interface Query<T> {
    T ask(NvmlLibrary nvml) throws NvmlException;
  }

  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final String name;
  private final Path driverGpus;
  private final LongSupplier ticker;

  private @Nullable NvmlLibrary open;
  private Set<String> gpusAtInit = Set.of();
  private @Nullable NvmlException failure;
  private long failedAt;
  private Duration pause = Duration.ZERO;

  /**
   * @param driverGpus the kernel driver's list of GPUs, {@code /proc/driver/nvidia/gpus}: NVML
   *     enumerates when it is initialised, this tells that it must look again
   */
  NvmlConnection(String name, Path driverGpus, LongSupplier ticker) {
    this.name = name;
    this.driverGpus = driverGpus;
    this.ticker = ticker;
  }

  <T> T ask(Query<T> query) throws NvmlException {
    NvmlLibrary nvml = connect();
    try {
      T answer = query.ask(nvml);
      pause = Duration.ZERO;
      return answer;
    } catch (NvmlException e) {
      if (e.endsSession()) {
        close();
        backOff(e);
      }
      throw e;
    }
  }

  /** Shuts the library down and unloads it; the next question loads it anew. */
  void close() {
    NvmlLibrary nvml = open;
    open = null;
    if (nvml == null) {
      return;
    }
    try {
      nvml.code("nvmlShutdown"); // its code does not matter: the library goes either way
    } catch (NvmlException e) {
      // No such symbol: there is nothing to shut down.
    }
    nvml.unload();
  }

  private NvmlLibrary connect() throws NvmlException {
    if (open != null && !gpusOfDriver().equals(gpusAtInit)) {
      close();
    }
    if (open != null) {
      return open;
    }
    if (failure != null && ticker.getAsLong() - failedAt < pause.toNanos()) {
      throw failure;
    }
    try {
      open = initialised();
      failure = null;
      return open;
    } catch (NvmlException e) {
      backOff(e);
      throw e;
    }
  }

  private NvmlLibrary initialised() throws NvmlException {
    gpusAtInit = gpusOfDriver();
    NvmlLibrary nvml = NvmlLibrary.load(name);
    try {
      nvml.call("nvmlInit_v2");
      return nvml;
    } catch (NvmlException e) {
      nvml.unload();
      throw e;
    }
  }

  private void backOff(NvmlException e) {
    failure = e;
    failedAt = ticker.getAsLong();
    Duration twice = pause.multipliedBy(2);
    pause =
        pause.isZero() ? FIRST_PAUSE : twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }

  private Set<String> gpusOfDriver() {
    Set<String> names = new TreeSet<>();
    try (DirectoryStream<Path> gpus = Files.newDirectoryStream(driverGpus)) {
      gpus.forEach(gpu -> names.add(gpu.getFileName().toString()));
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      return Set.of(); // no driver, or none that has this list: NVML itself says what is wrong
    }
    return names;
  }
}
