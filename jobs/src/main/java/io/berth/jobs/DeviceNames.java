package io.berth.jobs;

import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.gpu.BusId;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.DeviceRow;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Tells which devices a container means by what it asks for, as NVML lists them now. */
final class DeviceNames {

  private final Reading<Inventory> inventory;
  private final Map<String, DeviceRow> known;

  /**
   * @param known the ledger's devices, with all that are listed: a UUID among them needs no NVML
   */
  DeviceNames(Reading<Inventory> inventory, Map<String, DeviceRow> known) {
    this.inventory = inventory;
    this.known = known;
  }

  /**
   * The UUIDs of the devices that it names or, if it names none, sees.
   *
   * @return empty where that can't be told now; a name that no device has is left out
   */
  Optional<Set<String>> meantBy(GpuRequest request) {
    Optional<List<Device>> listed = inventory.asOptional().map(Inventory::devices);
    return switch (request.kind()) {
      case NONE -> Optional.of(Set.of());
      case UNPINNED -> listed.map(devices -> firstOf(devices, request.count()));
      case PINNED -> named(request.devices(), listed);
    };
  }

  /** Whether NVML lists it now: of what it does not list, no name says that it is not meant. */
  boolean isListed(String uuid) {
    return inventory.asOptional().flatMap(listed -> listed.device(uuid)).isPresent();
  }

  /**
   * A count always means the first GPUs, by their indexes; of one in MIG mode, all its instances.
   */
  private static Set<String> firstOf(List<Device> devices, int count) {
    return uuids(
        devices.stream().filter(d -> count == GpuRequest.ALL || gpuIndex(d) < count).toList());
  }

  private static int gpuIndex(Device device) {
    return Integer.parseInt(device.index().split(":", -1)[0]);
  }

  private Optional<Set<String>> named(List<String> names, Optional<List<Device>> listed) {
    Set<String> uuids = new LinkedHashSet<>();
    for (String name : names) {
      Set<String> its = knownBy(name);
      listed.ifPresent(
          devices -> its.addAll(uuids(devices.stream().filter(isNamed(name)).toList())));
      if (its.isEmpty() && listed.isEmpty()) {
        return Optional.empty();
      }
      uuids.addAll(its);
    }
    return Optional.of(uuids);
  }

  /**
   * In any case, and by their beginning, as the NVIDIA Container Toolkit takes or once took them. A
   * beginning that several have means all of them: which one the toolkit takes is not known.
   */
  private Set<String> knownBy(String name) {
    if (known.containsKey(name)) {
      return new LinkedHashSet<>(Set.of(name));
    }
    Set<String> its = new LinkedHashSet<>();
    known.keySet().stream().filter(uuid -> begins(uuid, name)).forEach(its::add);
    return its;
  }

  /**
   * A GPU in MIG mode is named by its index, its UUID or its bus id as well: that means all its
   * instances.
   */
  private static Predicate<Device> isNamed(String name) {
    String instance = name + ":";
    BusId busId = BusId.of(name).orElse(null);
    return device -> {
      String parent = device.parent();
      return device.index().equals(name)
          || device.index().startsWith(instance)
          || (parent != null && begins(parent, name))
          || (busId != null && busId.equals(device.busId()));
    };
  }

  private static boolean begins(String uuid, String name) {
    return uuid.regionMatches(true, 0, name, 0, name.length());
  }

  private static Set<String> uuids(List<Device> devices) {
    Set<String> uuids = new LinkedHashSet<>();
    devices.forEach(each -> uuids.add(each.uuid()));
    return uuids;
  }
}
