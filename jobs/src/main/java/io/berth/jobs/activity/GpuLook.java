package io.berth.jobs.activity;

import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.ProcessPlace;
import io.berth.jobs.gpu.ProcessUtilisation;
import io.berth.jobs.gpu.Reading;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who used which device, as one look saw it. What can't be attributed counts for each container
 * that may use the device: it keeps more than it should, and never less.
 */
final class GpuLook {

  /**
   * What was read of one device.
   *
   * @param used by whom, since the look before
   * @param processes on it now
   * @param utilisation of the whole device, in percent; asked where {@code used} is unknown
   */
  record OnDevice(
      Reading<List<ProcessUtilisation>> used,
      Reading<List<GpuProcess>> processes,
      Reading<Double> utilisation) {}

  private final Map<String, OnDevice> devices;
  private final Map<Integer, ProcessPlace> places;

  /**
   * @param places where every process in {@code devices} runs; one that ended is where it was seen
   *     at an earlier look, or {@link ProcessPlace.Gone}
   */
  GpuLook(Map<String, OnDevice> devices, Map<Integer, ProcessPlace> places) {
    this.devices = devices;
    this.places = places;
  }

  /** Percent of the busiest of these devices, as that container used them. */
  Measure use(String containerId, Set<String> uuids) {
    if (uuids.isEmpty()) {
      return Measure.unknown("which GPUs it has can't be told; see berth gpus");
    }
    double most = 0;
    String unknown = null;
    for (String uuid : uuids) {
      Measure use = use(containerId, uuid);
      most = Math.max(most, use.value());
      unknown = use.isUnknown() ? uuid + ": " + use.why() : unknown;
    }
    return unknown == null ? Measure.known(most) : Measure.unknown(most, unknown);
  }

  private Measure use(String containerId, String uuid) {
    OnDevice device = devices.get(uuid);
    if (device == null) {
      return Measure.unknown("it was not asked for");
    }
    if (device.used instanceof Reading.Known<List<ProcessUtilisation>> used) {
      return Measure.known(busiest(used.value(), mayBeOf(containerId, device)));
    }
    if (device.processes instanceof Reading.Known<List<GpuProcess>> processes) {
      return ofWholeDevice(containerId, device, processes.value());
    }
    return Measure.unknown(device.processes.why());
  }

  private double busiest(List<ProcessUtilisation> used, Predicate<Integer> counts) {
    return used.stream()
        .filter(each -> counts.test(each.pid()))
        .mapToInt(ProcessUtilisation::smPercent)
        .max()
        .orElse(0);
  }

  /** What a client of the MPS server does may be told of the server alone. */
  private Predicate<Integer> mayBeOf(String containerId, OnDevice device) {
    boolean sharesServer =
        device.processes.asOptional().orElse(List.of()).stream()
            .anyMatch(
                each -> each.kind() == GpuProcess.Kind.MPS_CLIENT && isIn(containerId, each.pid()));
    return sharesServer ? pid -> true : pid -> isIn(containerId, pid) || isNowhere(pid);
  }

  private Measure ofWholeDevice(String containerId, OnDevice device, List<GpuProcess> processes) {
    boolean on = processes.stream().anyMatch(p -> isIn(containerId, p.pid()) || isNowhere(p.pid()));
    if (!on) {
      return Measure.known(0); // the list was read without error, and nobody of it is there
    }
    boolean alone = processes.stream().allMatch(p -> isIn(containerId, p.pid()));
    if (!alone) {
      return Measure.unknown(
          "others use it too, and who does what can't be told: " + device.used.why());
    }
    return device
        .utilisation
        .asOptional()
        .map(Measure::known)
        .orElseGet(() -> Measure.unknown(device.utilisation.why()));
  }

  /** Bytes that it holds on these devices; null where that is not known. */
  @Nullable Long memory(String containerId, Set<String> uuids) {
    long sum = 0;
    for (String uuid : uuids) {
      OnDevice device = devices.get(uuid);
      if (device == null || !device.processes.isKnown()) {
        return null;
      }
      for (GpuProcess each : device.processes.asOptional().orElse(List.of())) {
        Long bytes = each.memoryBytes();
        if (isIn(containerId, each.pid())) {
          if (bytes == null) {
            return null;
          }
          sum += bytes;
        }
      }
    }
    return sum;
  }

  private boolean isIn(String containerId, int pid) {
    return places.get(pid) instanceof ProcessPlace.Container place
        && place.id().equals(containerId);
  }

  private boolean isNowhere(int pid) {
    ProcessPlace place = places.get(pid);
    return place == null
        || place instanceof ProcessPlace.Gone
        || place instanceof ProcessPlace.Unknown;
  }

  /** Up to when each device's samples were read, by the driver's clock. */
  Map<String, Long> latest() {
    Map<String, Long> latest = new HashMap<>();
    devices.forEach(
        (uuid, device) ->
            device.used.asOptional().orElse(List.of()).stream()
                .mapToLong(ProcessUtilisation::timeMicros)
                .max()
                .ifPresent(at -> latest.put(uuid, at)));
    return latest;
  }

  Map<Integer, ProcessPlace> places() {
    return places;
  }
}
