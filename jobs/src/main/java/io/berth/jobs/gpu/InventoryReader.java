package io.berth.jobs.gpu;

import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the inventory. A GPU that fails costs itself only: it is listed as lost, and where it can't
 * even tell its UUID any more, under the one it had at the last reading. Used by one thread.
 */
final class InventoryReader {

  /** A device that did not answer, and what is known of it. */
  private record Failure(String index, @Nullable String uuid, NvmlException error) {

    String words() {
      return String.valueOf(error.getMessage());
    }
  }

  private final int migSlices;
  private int lastCount;
  private List<Device> last = List.of();

  InventoryReader(int migSlices) {
    this.migSlices = migSlices;
  }

  /** Throws only where nothing at all can be told of any device. */
  Inventory read(NvmlLibrary nvml) throws NvmlException {
    String driver =
        DeviceReader.orNull(() -> nvml.text(NvmlAbi.VERSION_BUFFER, "nvmlSystemGetDriverVersion"));
    int count = nvml.number("nvmlDeviceGetCount_v2");
    Pass pass = new Pass(nvml, new DeviceReader(nvml, migSlices));
    for (int i = 0; i < count; i++) {
      pass.gpu(i);
    }
    List<String> unnamed = pass.addLost(count);
    if (pass.devices.isEmpty() && !pass.failures.isEmpty()) {
      throw pass.failures.get(0).error;
    }
    pass.devices.sort(Comparator.comparingInt(InventoryReader::order));
    last = List.copyOf(pass.devices);
    lastCount = count;
    return new Inventory(driver, last, unnamed);
  }

  private static int order(Device device) {
    String[] parts = device.index().split(":", -1);
    int mig = parts.length == 1 ? 0 : Integer.parseInt(parts[1]);
    return Integer.parseInt(parts[0]) * 1000 + mig;
  }

  /** One look at all GPUs. */
  private final class Pass {

    private final NvmlLibrary nvml;
    private final DeviceReader reader;
    private final List<Device> devices = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();

    Pass(NvmlLibrary nvml, DeviceReader reader) {
      this.nvml = nvml;
      this.reader = reader;
    }

    void gpu(int i) throws NvmlException {
      String index = Integer.toString(i);
      String uuid = null;
      try {
        Pointer gpu = nvml.handle("nvmlDeviceGetHandleByIndex_v2", i);
        uuid = reader.uuid(gpu);
        if (reader.isInMigMode(gpu)) {
          instances(gpu, index, uuid);
        } else {
          devices.add(reader.gpu(gpu, index, uuid));
        }
      } catch (NvmlException e) {
        failed(new Failure(index, uuid, e));
      }
    }

    private void instances(Pointer gpu, String gpuIndex, String parent) throws NvmlException {
      DeviceReader.Whole whole =
          new DeviceReader.Whole(parent, reader.memory(gpu), reader.busId(gpu));
      int most = nvml.number("nvmlDeviceGetMaxMigDeviceCount", gpu);
      for (int j = 0; j < most; j++) {
        String index = gpuIndex + ":" + j;
        String uuid = null;
        try {
          Pointer mig = nvml.handle("nvmlDeviceGetMigDeviceHandleByIndex", gpu, j);
          uuid = reader.uuid(mig);
          devices.add(reader.instance(mig, index, uuid, whole));
        } catch (NvmlException e) {
          if (uuid != null || e.code() != NvmlCode.NOT_FOUND) { // else: none at this index
            failed(new Failure(index, uuid, e));
          }
        }
      }
    }

    private void failed(Failure failure) throws NvmlException {
      if (failure.error.endsSession()) {
        throw failure.error;
      }
      failures.add(failure);
    }

    /** Adds what the failures hide, as lost; returns those that can't be named, in words. */
    List<String> addLost(int count) {
      Set<String> present = new HashSet<>();
      devices.forEach(d -> present.add(d.uuid()));
      List<String> unnamed = new ArrayList<>();
      for (Failure failure : failures) {
        List<Device> lost = lost(failure, present, count == lastCount);
        devices.addAll(lost);
        if (lost.isEmpty()) {
          unnamed.add("the device at index " + failure.index + ": " + failure.words());
        }
      }
      return unnamed;
    }
  }

  /**
   * The devices behind a failure: those of the last reading, else what its UUID tells.
   *
   * @param sameIndexes whether NVML shows as many GPUs as then: else indexes may have moved
   */
  private List<Device> lost(Failure failure, Set<String> present, boolean sameIndexes) {
    List<Device> known =
        last.stream()
            .filter(d -> !present.contains(d.uuid()))
            .filter(d -> isBehind(failure, d, sameIndexes))
            .map(d -> d.lost(failure.words()))
            .toList();
    if (!known.isEmpty() || failure.uuid == null) {
      return known;
    }
    Device.Health health = Device.Health.lost(failure.words());
    String name = DeviceReader.UNNAMED;
    return List.of(
        new Device(
            failure.uuid, failure.index, name, null, null, migSlices, 1.0, health, null, null));
  }

  private static boolean isBehind(Failure failure, Device device, boolean sameIndexes) {
    if (failure.uuid != null) {
      return failure.uuid.equals(device.uuid()) || failure.uuid.equals(device.parent());
    }
    String index = failure.index;
    return sameIndexes && (device.index().equals(index) || device.index().startsWith(index + ":"));
  }
}
