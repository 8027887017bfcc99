package io.berth.jobs.simulation;

import io.berth.jobs.container.Container.State;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessUtilisation;
import io.berth.jobs.gpu.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The GPUs of the simulated host: used by whoever works on them, and partitioned anew by its
 * admins, whoever has them.
 */
final class SimGpus implements Gpus {

  private static final int SLICES = 7;

  /** What a GPU in MIG mode is cut into, in slices. */
  private static final List<List<Integer>> LAYOUTS =
      List.of(
          List.of(2, 2, 2),
          List.of(4, 3),
          List.of(3, 2, 1, 1),
          List.of(1, 1, 1, 1, 1, 1, 1),
          List.of());

  private final SimClock clock;
  private final SimEngine engine;

  /** What can be had of each GPU: itself, or its instances. */
  private final Map<String, List<String>> units = new TreeMap<>();

  private final Map<String, Duration> partitioned = new TreeMap<>();
  private final Set<String> lost = new TreeSet<>();
  private final Set<String> absent = new TreeSet<>();
  private boolean fails;

  SimGpus(SimClock clock, SimEngine engine) {
    this.clock = clock;
    this.engine = engine;
    for (int i = 0; i <= 6; i++) {
      String gpu = "GPU-" + i;
      units.put(gpu, i == 6 ? instances(gpu, LAYOUTS.get(0)) : List.of(gpu));
    }
  }

  /** What can be had: each full GPU, and the instances of each in MIG mode. */
  List<String> all() {
    List<String> all = new ArrayList<>();
    units.values().forEach(all::addAll);
    return all;
  }

  private static List<String> instances(String gpu, List<Integer> layout) {
    List<String> instances = new ArrayList<>();
    int first = 0;
    for (int slices : layout) {
      instances.add("MIG-%s-%d-%dg".formatted(gpu.substring(4), first, slices));
      first += slices;
    }
    return instances;
  }

  String any(Random dice) {
    List<String> all = all();
    return all.get(dice.nextInt(all.size()));
  }

  /** One GPU is cut anew, or comes into MIG mode or out of it; in words. */
  String partition(Random dice) {
    String gpu = "GPU-" + dice.nextInt(units.size());
    boolean whole = !isWhole(gpu) && dice.nextInt(3) == 0;
    List<String> now =
        whole ? List.of(gpu) : instances(gpu, LAYOUTS.get(dice.nextInt(LAYOUTS.size())));
    units.put(gpu, now);
    partitioned.put(gpu, clock.real());
    return gpu + " is now " + now;
  }

  private boolean isWhole(String gpu) {
    return List.of(gpu).equals(units.get(gpu));
  }

  /** When it last was; zero: never. */
  Duration partitioned(String gpu) {
    return partitioned.getOrDefault(gpu, Duration.ZERO);
  }

  /** What somebody has who names it: a GPU in MIG mode means all its instances. */
  List<String> meantBy(String uuid) {
    return units.getOrDefault(uuid, List.of(uuid));
  }

  private static boolean isMig(String uuid) {
    return uuid.startsWith("MIG");
  }

  private static String gpuOf(String uuid) {
    return isMig(uuid) ? "GPU-" + uuid.charAt(4) : uuid;
  }

  private static int slices(String uuid) {
    return isMig(uuid) ? uuid.charAt(uuid.length() - 2) - '0' : SLICES;
  }

  static double gpueq(String uuid) {
    return slices(uuid) / (double) SLICES;
  }

  /** Whether it names the device, or the GPU that this is an instance of. */
  static boolean isOn(Ship ship, String uuid) {
    return ship.isOn(uuid) || ship.isOn(gpuOf(uuid));
  }

  void fails(boolean is) {
    fails = is;
  }

  void lost(String uuid, boolean is) {
    put(lost, uuid, is);
  }

  /** Gone, and comes back as it was. */
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

  /** Whether NVML answers. */
  boolean answers() {
    return !fails;
  }

  boolean isLost(String uuid) {
    return lost.contains(uuid);
  }

  /** Whether what is done on it can be seen. */
  boolean canSee(String uuid) {
    return !fails && !lost.contains(uuid) && isListed(uuid);
  }

  /** What a container sees that names none. */
  List<String> listed() {
    return all().stream().filter(uuid -> !absent.contains(uuid)).toList();
  }

  private boolean isListed(String uuid) {
    return !absent.contains(uuid) && units.getOrDefault(gpuOf(uuid), List.of()).contains(uuid);
  }

  @Override
  public Reading<Inventory> inventory() {
    if (fails) {
      return Reading.unknown("driver/library version mismatch");
    }
    List<Device> devices = new ArrayList<>();
    for (List<String> each : units.values()) {
      for (int i = 0; i < each.size(); i++) {
        if (!absent.contains(each.get(i))) {
          devices.add(device(each.get(i), i));
        }
      }
    }
    return Reading.known(new Inventory("1.0", devices, List.of()));
  }

  private Device device(String uuid, int place) {
    boolean mig = isMig(uuid);
    String gpu = gpuOf(uuid);
    return new Device(
        uuid,
        gpu.substring(4) + (mig ? ":" + place : ""),
        "Simulated",
        1L << 30,
        mig ? slices(uuid) + "g.10gb" : null,
        slices(uuid),
        gpueq(uuid),
        lost.contains(uuid) ? Device.Health.lost("fell off the bus") : Device.Health.OK,
        mig ? gpu : null,
        null);
  }

  @Override
  public Reading<List<GpuProcess>> processes(String uuid) {
    if (!canSee(uuid)) {
      return Reading.unknown("GPU is lost");
    }
    return Reading.known(
        engine
            .where(each -> isOn(each, uuid) && each.state() == State.RUNNING && isComputing(each))
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
    if (!canSee(uuid) || isMig(uuid)) {
      return Reading.unknown("not supported");
    }
    Map<Integer, ProcessUtilisation> used = new TreeMap<>();
    for (Ship each : engine.where(ship -> isOn(ship, uuid) && ship.state() == State.RUNNING)) {
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
