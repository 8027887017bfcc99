package io.berth.jobs.gpu;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The schedulable devices of one moment. A GPU in MIG mode is not among them: its instances are.
 *
 * @param driverVersion null where the driver does not tell
 * @param devices by GPU, then by MIG index
 * @param unnamed GPUs that do not answer and could not be told by UUID, in words; while there is
 *     one, a device that is not listed may still be there
 */
public record Inventory(
    @Nullable String driverVersion, List<Device> devices, List<String> unnamed) {

  public Inventory {
    devices = List.copyOf(devices);
    unnamed = List.copyOf(unnamed);
  }

  public Optional<Device> device(String uuid) {
    return devices.stream().filter(d -> d.uuid().equals(uuid)).findFirst();
  }

  boolean nothingAnswers() {
    return (!devices.isEmpty() || !unnamed.isEmpty())
        && devices.stream().allMatch(d -> d.health().isLost());
  }
}
