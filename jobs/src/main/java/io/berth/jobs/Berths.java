package io.berth.jobs;

import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A working copy of who has what, changed step by step while differences are worked out. */
final class Berths {

  private final Map<String, DeviceRow> devices;
  private final Map<String, Map<String, Claim>> byDevice = new TreeMap<>();
  private final Map<String, Map<String, Claim>> byHolder = new HashMap<>();

  Berths(Allocation allocation) {
    devices = new TreeMap<>(allocation.devices());
    allocation.claims().forEach(this::put);
  }

  Map<String, DeviceRow> devices() {
    return Collections.unmodifiableMap(devices);
  }

  void put(DeviceRow device) {
    if (device.presence() == DeviceRow.Presence.GONE) {
      devices.remove(device.uuid());
    } else {
      devices.put(device.uuid(), device);
    }
  }

  void put(Claim claim) {
    put(byDevice.computeIfAbsent(claim.device(), uuid -> new TreeMap<>()), claim.holder(), claim);
    put(byHolder.computeIfAbsent(claim.holder(), id -> new TreeMap<>()), claim.device(), claim);
  }

  private static void put(Map<String, Claim> claims, String key, Claim claim) {
    if (claim.state() == Claim.State.FREE) {
      claims.remove(key);
    } else {
      claims.put(key, claim);
    }
  }

  Collection<Claim> on(String uuid) {
    return byDevice.getOrDefault(uuid, Map.of()).values();
  }

  List<Claim> exclusiveOn(String uuid) {
    return on(uuid).stream().filter(each -> each.state().isExclusive()).toList();
  }

  /** Copies, so that the caller may change what it walks over. */
  List<Claim> by(String holder) {
    return List.copyOf(byHolder.getOrDefault(holder, Map.of()).values());
  }

  Allocation allocation() {
    return new Allocation(Map.copyOf(devices), all());
  }

  List<Claim> all() {
    return byDevice.values().stream().flatMap(on -> on.values().stream()).toList();
  }
}
