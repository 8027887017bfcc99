package io.berth.jobs.gpu;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads who is on a device, and what they used of it. */
final class ProcessReader {

  private static final int ATTEMPTS = 8;
  private static final int SPARE_ENTRIES = 16;

  private ProcessReader() {}

  /** One of NVML's functions that fill an array: sized by a first call, filled by a second. */
  private interface Fill {
    int into(@Nullable Pointer entries, IntByReference count) throws NvmlException;
  }

  private interface Entry<T> {
    T read(Memory entries, long offset);
  }

  static List<GpuProcess> processes(NvmlLibrary nvml, String uuid) throws NvmlException {
    Pointer device = device(nvml, uuid);
    Map<Integer, GpuProcess> byPid = new LinkedHashMap<>();
    collect(nvml, device, "nvmlDeviceGetComputeRunningProcesses", GpuProcess.Kind.COMPUTE, byPid);
    try {
      String graphics = "nvmlDeviceGetGraphicsRunningProcesses";
      collect(nvml, device, graphics, GpuProcess.Kind.GRAPHICS, byPid);
    } catch (NvmlException e) {
      // Most MIG instances can't do graphics: they have no such process.
      if (!Device.isMig(uuid) || e.code() != NvmlCode.NOT_SUPPORTED) {
        throw e;
      }
    }
    mpsClients(nvml, device, byPid);
    return List.copyOf(byPid.values());
  }

  static int utilisation(NvmlLibrary nvml, String uuid) throws NvmlException {
    Pointer device = device(nvml, uuid);
    try (Memory rates = new Memory(NvmlAbi.UTILIZATION_SIZE)) {
      nvml.call("nvmlDeviceGetUtilizationRates", device, rates);
      return rates.getInt(NvmlAbi.UTILIZATION_GPU);
    }
  }

  static int gpuInstance(NvmlLibrary nvml, String uuid) throws NvmlException {
    return nvml.number("nvmlDeviceGetGpuInstanceId", device(nvml, uuid));
  }

  static List<ProcessUtilisation> processUtilisation(NvmlLibrary nvml, String uuid, long since)
      throws NvmlException {
    Pointer device = device(nvml, uuid);
    String symbol = "nvmlDeviceGetProcessUtilization";
    try {
      return array(
              nvml,
              symbol,
              (entries, count) -> nvml.code(symbol, device, entries, count, since),
              NvmlAbi.SAMPLE_SIZE,
              ProcessReader::sample)
          .stream()
          .filter(s -> s.timeMicros() > since)
          .toList();
    } catch (NvmlException e) {
      if (e.code() == NvmlCode.NOT_FOUND) { // documented: no sample since then
        return List.of();
      }
      throw e;
    }
  }

  /**
   * Some drivers put nonsense above 100 into a sample: the process is listed, so it counts as busy,
   * which keeps it.
   */
  private static ProcessUtilisation sample(Memory samples, long at) {
    int percent = samples.getInt(at + NvmlAbi.SAMPLE_SM);
    return new ProcessUtilisation(
        samples.getInt(at + NvmlAbi.SAMPLE_PID),
        percent < 0 || percent > 100 ? 100 : percent, // unsigned
        samples.getLong(at + NvmlAbi.SAMPLE_TIME));
  }

  /** The handle is looked up each time: one of a destroyed MIG instance may serve another. */
  private static Pointer device(NvmlLibrary nvml, String uuid) throws NvmlException {
    try {
      return nvml.handle("nvmlDeviceGetHandleByUUID", uuid);
    } catch (NvmlException e) {
      if (e.code() == NvmlCode.NOT_FOUND) {
        throw new NvmlException(e.code(), "no device " + uuid + " is on this host now");
      }
      throw e;
    }
  }

  /**
   * By the _v2 symbol, whose struct never changed size (that of _v3 did, across R535), or on old
   * drivers by the one without a version. Both list a MIG instance's processes by its handle.
   */
  private static void collect(
      NvmlLibrary nvml,
      Pointer device,
      String function,
      GpuProcess.Kind kind,
      Map<Integer, GpuProcess> byPid)
      throws NvmlException {
    boolean v2 = nvml.has(function + "_v2");
    String symbol = v2 ? function + "_v2" : function;
    List<GpuProcess> processes =
        array(
            nvml,
            symbol,
            (entries, count) -> nvml.code(symbol, device, count, entries),
            v2 ? NvmlAbi.PROCESS_V2_SIZE : NvmlAbi.PROCESS_V1_SIZE,
            (entries, at) -> process(entries, at, kind));
    for (GpuProcess process : processes) {
      byPid.merge(process.pid(), process, GpuProcess::and);
    }
  }

  /**
   * By the _v2 symbol only: the one without a version fills entries of 16 or of 24 bytes, by
   * driver. A driver or device without it has no list of its own for them.
   */
  private static void mpsClients(NvmlLibrary nvml, Pointer device, Map<Integer, GpuProcess> byPid)
      throws NvmlException {
    String function = "nvmlDeviceGetMPSComputeRunningProcesses";
    if (!nvml.has(function + "_v2")) {
      return;
    }
    try {
      collect(nvml, device, function, GpuProcess.Kind.MPS_CLIENT, byPid);
    } catch (NvmlException e) {
      if (e.code() != NvmlCode.NOT_SUPPORTED) {
        throw e;
      }
    }
  }

  private static GpuProcess process(Memory entries, long at, GpuProcess.Kind kind) {
    long memory = entries.getLong(at + NvmlAbi.PROCESS_MEMORY);
    return new GpuProcess(
        entries.getInt(at + NvmlAbi.PROCESS_PID),
        memory == NvmlAbi.NOT_AVAILABLE ? null : memory,
        kind);
  }

  private static <T> List<T> array(
      NvmlLibrary nvml, String symbol, Fill fill, int entrySize, Entry<T> entry)
      throws NvmlException {
    IntByReference count = new IntByReference(0);
    int code = fill.into(null, count);
    if (code == NvmlCode.SUCCESS && count.getValue() == 0) {
      return List.of();
    }
    int capacity = 0;
    for (int i = 0; i < ATTEMPTS && isTooSmall(code, count, capacity); i++) {
      // Processes come between the two calls: spare room, and more of it each time.
      capacity = Math.max(capacity, count.getValue()) + (SPARE_ENTRIES << i);
      try (Memory entries = new Memory((long) capacity * entrySize)) {
        entries.clear();
        count.setValue(capacity);
        code = fill.into(entries, count);
        if (code == NvmlCode.SUCCESS) {
          return entries(entries, Math.min(count.getValue(), capacity), entrySize, entry);
        }
      }
    }
    throw nvml.error(symbol, code);
  }

  /** A sizing call may answer with either code, a filling one with the first only. */
  private static boolean isTooSmall(int code, IntByReference count, int capacity) {
    return code == NvmlCode.INSUFFICIENT_SIZE
        || (code == NvmlCode.SUCCESS && count.getValue() > capacity);
  }

  private static <T> List<T> entries(Memory entries, int count, int size, Entry<T> entry) {
    List<T> read = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      read.add(entry.read(entries, (long) i * size));
    }
    return read;
  }
}
