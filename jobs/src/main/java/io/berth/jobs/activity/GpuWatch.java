package io.berth.jobs.activity;

import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessPlace;
import io.berth.jobs.gpu.ProcessUtilisation;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.gpu.Reading;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads who used the devices since the last look that was kept. Remembers up to when the driver's
 * samples were read, and where the processes were that it saw.
 */
final class GpuWatch {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Gpus gpus;
  private final Processes processes;
  private final DcgmExporter exporter = new DcgmExporter(PATIENCE);
  private volatile Map<String, Long> cursors = Map.of();
  private volatile Map<Integer, ProcessPlace> seen = Map.of();

  GpuWatch(Gpus gpus, Processes processes) {
    this.gpus = gpus;
    this.processes = processes;
  }

  /**
   * Looks at the devices; nothing is kept of it until {@link #keep}.
   *
   * @param exporterUrl null where there is no dcgm-exporter
   */
  GpuLook look(Set<String> uuids, @Nullable String exporterUrl) {
    boolean mig = uuids.stream().anyMatch(Device::isMig);
    DcgmExporter.Answer asked = mig ? exporter.ask(exporterUrl) : exporter.ask(null);
    Reading<Inventory> inventory = mig ? gpus.inventory() : Reading.unknown("not needed");
    Reading<GrEngineActive> metrics = asked.get();
    Map<String, GpuLook.OnDevice> devices = new HashMap<>();
    Map<Integer, ProcessPlace> places = new HashMap<>();
    Map<String, Long> since = cursors;
    for (String uuid : uuids) {
      var used = gpus.processUtilisation(uuid, since.getOrDefault(uuid, 0L));
      var running = gpus.processes(uuid);
      used.asOptional().orElse(List.of()).forEach(p -> place(p, places));
      running.asOptional().orElse(List.of()).forEach(p -> place(p, places));
      Reading<Double> whole =
          used.isKnown()
              ? Reading.unknown("not needed")
              : Device.isMig(uuid)
                  ? instance(uuid, inventory, metrics)
                  : percent(gpus.utilisation(uuid));
      devices.put(uuid, new GpuLook.OnDevice(used, running, whole));
    }
    return new GpuLook(devices, places);
  }

  private void place(ProcessUtilisation used, Map<Integer, ProcessPlace> places) {
    places.computeIfAbsent(used.pid(), this::placeOf);
  }

  private void place(GpuProcess process, Map<Integer, ProcessPlace> places) {
    places.computeIfAbsent(process.pid(), this::placeOf);
  }

  private ProcessPlace placeOf(int pid) {
    ProcessPlace place = processes.placeOf(pid);
    return place instanceof ProcessPlace.Gone ? seen.getOrDefault(pid, place) : place;
  }

  private static Reading<Double> percent(Reading<Integer> reading) {
    return reading
        .asOptional()
        .map(percent -> Reading.known((double) percent))
        .orElseGet(() -> Reading.unknown(reading.why()));
  }

  private Reading<Double> instance(
      String uuid, Reading<Inventory> inventory, Reading<GrEngineActive> metrics) {
    if (!(metrics instanceof Reading.Known<GrEngineActive> known)) {
      return Reading.unknown(metrics.why());
    }
    String parent = parentOf(uuid, inventory).orElse(null);
    if (parent == null) {
      return Reading.unknown("which GPU it is on can't be told. " + inventory.why());
    }
    Reading<Integer> number = gpus.gpuInstance(uuid);
    if (!(number instanceof Reading.Known<Integer> instance)) {
      return Reading.unknown(number.why());
    }
    return known
        .value()
        .of(parent, instance.value())
        .map(Reading::known)
        .orElseGet(
            () ->
                Reading.unknown(
                    "the dcgm-exporter has no DCGM_FI_PROF_GR_ENGINE_ACTIVE of it; turn that metric on there"));
  }

  private static Optional<String> parentOf(String uuid, Reading<Inventory> inventory) {
    return inventory.asOptional().flatMap(listed -> listed.device(uuid)).map(Device::parent);
  }

  /** That look, at that moment, counts: the next one begins where it ended. */
  void keep(GpuLook look, Instant now) {
    cursors = cursorsAfter(look, now);
    seen = Map.copyOf(look.places());
  }

  /**
   * Up to when each device's samples are read once that look counts. Not beyond now: the driver
   * still has samples of before a step back of the clock, and those to come are stamped earlier.
   */
  Map<String, Long> cursorsAfter(GpuLook look, Instant now) {
    long latest = ChronoUnit.MICROS.between(Instant.EPOCH, now);
    Map<String, Long> moved = new HashMap<>(cursors);
    moved.putAll(look.latest());
    moved.replaceAll((uuid, at) -> Math.min(at, latest));
    return Map.copyOf(moved);
  }

  /** Goes on where a former process ended, or, with none, reads all that the driver still has. */
  void resumeAt(Map<String, Long> former) {
    cursors = Map.copyOf(former);
  }
}
