package io.berth.jobs;

import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceRow.Presence;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Works out which devices are there, from what NVML lists. Pure; what NVML can't tell changes
 * nothing.
 */
final class Presences {

  /** One change; the words say why. */
  record PresenceChange(DeviceRow before, DeviceRow after, String words) {}

  private Presences() {}

  /** The changes that bring the ledger's devices in line. */
  static List<PresenceChange> settle(Berths berths, Reading<Inventory> reading, Set<String> ceded) {
    List<PresenceChange> changes = new ArrayList<>();
    Inventory inventory = reading.asOptional().orElse(null);
    if (inventory == null) {
      return changes;
    }
    for (Device device : inventory.devices()) {
      DeviceRow before = berths.devices().get(device.uuid());
      DeviceRow after =
          new DeviceRow(device.uuid(), presence(device, ceded), device.gpueq(), device.isMig());
      if (!after.equals(before)) {
        DeviceRow nothing = new DeviceRow(after.uuid(), Presence.GONE, after.gpueq(), after.mig());
        changes.add(
            new PresenceChange(before == null ? nothing : before, after, device.health().words()));
      }
    }
    if (inventory.unnamed().isEmpty()) {
      for (DeviceRow known : berths.devices().values()) {
        if (inventory.device(known.uuid()).isEmpty()) {
          boolean claimed = !berths.on(known.uuid()).isEmpty();
          Presence now = claimed ? Presence.MISSING : Presence.GONE;
          if (known.presence() != now) {
            changes.add(
                new PresenceChange(
                    known,
                    new DeviceRow(known.uuid(), now, known.gpueq(), known.mig()),
                    "NVML lists it no more"));
          }
        }
      }
    }
    changes.forEach(each -> berths.put(each.after));
    return changes;
  }

  private static Presence presence(Device device, Set<String> ceded) {
    String parent = device.parent(); // its manager may partition it anew
    if (ceded.contains(device.uuid()) || (parent != null && ceded.contains(parent))) {
      return Presence.CEDED;
    }
    return device.health().isLost() ? Presence.UNHEALTHY : Presence.PRESENT;
  }
}
