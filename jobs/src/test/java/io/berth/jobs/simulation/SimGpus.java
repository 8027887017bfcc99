package io.berth.jobs.simulation;

import io.berth.jobs.container.Container.State;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessUtilisation;
import io.berth.jobs.gpu.Reading;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The GPUs of the simulated host: used by whoever works on them. */
final class SimGpus implements Gpus {

  static final List<String> FULL = List.of("GPU-0", "GPU-1", "GPU-2", "GPU-3", "GPU-4", "GPU-5");
  static final List<String> MIG = List.of("MIG-0", "MIG-1", "MIG-2");

  private final SimClock clock;
  private final SimEngine engine;
  private final Set<String> lost = new TreeSet<>();
  private final Set<String> absent = new TreeSet<>();
  private boolean fails;

  SimGpus(SimClock clock, SimEngine engine) {
    this.clock = clock;
    this.engine = engine;
  }

  static List<String> all() {
    List<String> all = new ArrayList<>(FULL);
    all.addAll(MIG);
    return all;
  }

  void fails(boolean is) {
    fails = is;
  }

  void lost(String uuid, boolean is) {
    put(lost, uuid, is);
  }

  /** Re-partitioned, or gone with its GPU. */
  void absent(String uuid, boolean is) {
    put(absent, uuid, is);
  }

  private static void put(Set<String> set, String uuid, boolean is) {
    if (is) {
      set.add(uuid);
    } else {
      set.remove(uuid);
    }
  }

  /** Whether what is done on it can be seen. */
  boolean canSee(String uuid) {
    return !fails && !lost.contains(uuid) && !absent.contains(uuid);
  }

  /** What a container sees that names none. */
  List<String> listed() {
    return all().stream().filter(uuid -> !absent.contains(uuid)).toList();
  }

  static double gpueq(String uuid) {
    return uuid.startsWith("MIG") ? 2.0 / 7 : 1.0;
  }

  @Override
  public Reading<Inventory> inventory() {
    if (fails) {
      return Reading.unknown("driver/library version mismatch");
    }
    List<Device> devices = new ArrayList<>();
    int index = 0;
    for (String uuid : all()) {
      if (!absent.contains(uuid)) {
        boolean mig = uuid.startsWith("MIG");
        devices.add(
            new Device(
                uuid,
                (mig ? "9:" : "") + index,
                "Simulated",
                1L << 30,
                mig ? "2g.10gb" : null,
                7,
                gpueq(uuid),
                lost.contains(uuid) ? Device.Health.lost("fell off the bus") : Device.Health.OK,
                mig ? "GPU-9" : null,
                null));
      }
      index++;
    }
    return Reading.known(new Inventory("1.0", devices, List.of()));
  }

  @Override
  public Reading<List<GpuProcess>> processes(String uuid) {
    if (!canSee(uuid)) {
      return Reading.unknown("GPU is lost");
    }
    return Reading.known(
        engine
            .where(each -> each.isOn(uuid) && each.state() == State.RUNNING && isComputing(each))
            .stream()
            .map(each -> new GpuProcess(each.container.pid(), 1L << 20, GpuProcess.Kind.COMPUTE))
            .toList());
  }

  private boolean isComputing(Ship ship) {
    return clock.real().minus(ship.worked).toSeconds() < 30;
  }

  @Override
  public Reading<Integer> utilisation(String uuid) {
    return Reading.unknown("every process is told of");
  }

  /** On full GPUs alone: of MIG instances NVML has none, and an idle one has no process. */
  @Override
  public Reading<List<ProcessUtilisation>> processUtilisation(String uuid, long sinceMicros) {
    if (!canSee(uuid) || uuid.startsWith("MIG")) {
      return Reading.unknown("not supported");
    }
    Map<Integer, ProcessUtilisation> used = new TreeMap<>();
    for (Ship each : engine.where(ship -> ship.isOn(uuid) && ship.state() == State.RUNNING)) {
      Instant at = clock.at(each.worked);
      long micros = at.getEpochSecond() * 1_000_000 + at.getNano() / 1_000;
      if (each.worked.compareTo(each.lifeStart) > 0 && micros > sinceMicros) {
        int pid = each.container.pid();
        used.put(pid, new ProcessUtilisation(pid, 80, micros));
      }
    }
    return Reading.known(List.copyOf(used.values()));
  }

  @Override
  public Reading<Integer> gpuInstance(String uuid) {
    return Reading.unknown("not told");
  }

  @Override
  public void close() {}
}
