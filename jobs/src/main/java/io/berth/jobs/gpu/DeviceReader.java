package io.berth.jobs.gpu;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what one device is. A feature that the driver or the device lacks leaves its part unknown;
 * any other failure is one of the device.
 */
final class DeviceReader {

  static final String UNNAMED = "unnamed";

  /**
   * What a MIG instance's name ends with, but in old drivers: {@code NVIDIA A100 MIG
   * 1c.3g.20gb+me}.
   */
  private static final Pattern PROFILE_IN_NAME =
      Pattern.compile(" MIG ((?:(\\d+)c\\.)?(\\d+)g\\.\\S+)");

  private static final double MIB = 1024.0 * 1024.0;
  private static final double GIB = 1024.0 * MIB;

  /** What NVML calls the attributes of a MIG instance. */
  private record Slices(int gpu, int compute, long memoryMib) {}

  /** What of a GPU in MIG mode its instances are told with. */
  record Whole(String uuid, @Nullable Long memoryBytes, @Nullable BusId busId) {}

  interface Answer<T> {
    T get() throws NvmlException;
  }

  private final NvmlLibrary nvml;
  private final int migSlices;

  DeviceReader(NvmlLibrary nvml, int migSlices) {
    this.nvml = nvml;
    this.migSlices = migSlices;
  }

  String uuid(Pointer device) throws NvmlException {
    return nvml.text(NvmlAbi.UUID_BUFFER, "nvmlDeviceGetUUID", device);
  }

  /** GPUs and drivers older than MIG say so by code or by having no such symbol. */
  boolean isInMigMode(Pointer gpu) throws NvmlException {
    try (Memory modes = new Memory(2 * Integer.BYTES)) { // current, pending
      nvml.call("nvmlDeviceGetMigMode", gpu, modes, modes.share(Integer.BYTES));
      return modes.getInt(0) == 1;
    } catch (NvmlException e) {
      if (e.isMissingFeature()) {
        return false;
      }
      throw e;
    }
  }

  /** Of a full GPU: NVML need not know a MIG instance's. */
  @Nullable BusId busId(Pointer gpu) throws NvmlException {
    return orNull(
        () -> {
          try (Memory pci = new Memory(NvmlAbi.PCI_SIZE)) {
            nvml.call("nvmlDeviceGetPciInfo_v3", gpu, pci);
            return new BusId(
                pci.getInt(NvmlAbi.PCI_DOMAIN),
                pci.getInt(NvmlAbi.PCI_BUS),
                pci.getInt(NvmlAbi.PCI_DEVICE));
          }
        });
  }

  Device gpu(Pointer gpu, String index, String uuid) throws NvmlException {
    Device.Health ok = Device.Health.OK;
    String name = name(gpu);
    return new Device(uuid, index, name, memory(gpu), null, migSlices, 1.0, ok, null, busId(gpu));
  }

  /**
   * @param gpu the whole one that it is part of
   */
  Device instance(Pointer mig, String index, String uuid, Whole gpu) throws NvmlException {
    String name = name(mig);
    Matcher inName = PROFILE_IN_NAME.matcher(name);
    boolean named = inName.find();
    Slices slices = orNull(() -> slices(mig));
    String profile =
        named ? inName.group(1) : slices == null ? null : profile(slices, gpu.memoryBytes);
    int compute = slices != null ? slices.compute : named ? computeSlices(inName) : migSlices;
    double gpueq = Math.min(1.0, (double) compute / migSlices);
    Device.Health health =
        slices != null || named
            ? Device.Health.OK
            : new Device.Health(
                Device.State.OK, "its compute slices can't be read: it counts as a full GPU");
    return new Device(
        uuid, index, name, memory(mig), profile, compute, gpueq, health, gpu.uuid, gpu.busId);
  }

  @Nullable Long memory(Pointer device) throws NvmlException {
    return orNull(
        () -> {
          try (Memory memory = new Memory(NvmlAbi.MEMORY_SIZE)) {
            nvml.call("nvmlDeviceGetMemoryInfo", device, memory);
            return memory.getLong(NvmlAbi.MEMORY_TOTAL);
          }
        });
  }

  private String name(Pointer device) throws NvmlException {
    String name = orNull(() -> nvml.text(NvmlAbi.NAME_BUFFER, "nvmlDeviceGetName", device));
    return name == null ? UNNAMED : name;
  }

  private Slices slices(Pointer mig) throws NvmlException {
    try (Memory attributes = new Memory(NvmlAbi.ATTRIBUTES_SIZE)) {
      nvml.call("nvmlDeviceGetAttributes_v2", mig, attributes);
      return new Slices(
          attributes.getInt(NvmlAbi.ATTRIBUTES_GPU_SLICES),
          attributes.getInt(NvmlAbi.ATTRIBUTES_COMPUTE_SLICES),
          attributes.getLong(NvmlAbi.ATTRIBUTES_MEMORY_MIB));
    }
  }

  private static int computeSlices(Matcher name) {
    return Integer.parseInt(name.group(2) == null ? name.group(3) : name.group(2));
  }

  /** As nvidia-smi names it: the memory is the next eighth of the GPU's, in whole GB. */
  private static @Nullable String profile(Slices slices, @Nullable Long gpuMemory) {
    if (gpuMemory == null || gpuMemory <= 0) {
      return null;
    }
    double eighths = Math.ceil(slices.memoryMib * MIB / gpuMemory * 8);
    long gb = Math.round(eighths / 8 * Math.ceil(gpuMemory / GIB));
    String size = slices.gpu + "g." + gb + "gb";
    return slices.compute == slices.gpu ? size : slices.compute + "c." + size;
  }

  /** The answer; null where the driver or the device lacks the feature. */
  static <T> @Nullable T orNull(Answer<T> answer) throws NvmlException {
    try {
      return answer.get();
    } catch (NvmlException e) {
      if (e.isMissingFeature()) {
        return null;
      }
      throw e;
    }
  }
}
