package io.berth.jobs;

import io.berth.jobs.gpu.BusId;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessUtilisation;
import io.berth.jobs.gpu.Reading;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** GPUs as a test says they are. */
final class FakeGpus implements Gpus {

  private final List<Device> devices = new ArrayList<>();
  private final Map<String, List<GpuProcess>> processes = new HashMap<>();
  private @Nullable String failure;
  private Runnable whileLooking = () -> {};

  /** Full GPUs, with the UUIDs {@code GPU-0}, {@code GPU-1}, ..., on the buses 01, 02, ... */
  void full(int count) {
    devices.clear();
    for (int i = 0; i < count; i++) {
      devices.add(device("GPU-" + i, "" + i, 1.0, Device.Health.OK, null));
    }
  }

  /** Full GPUs with these UUIDs. */
  void has(String... uuids) {
    devices.clear();
    for (String uuid : uuids) {
      devices.add(device(uuid, "" + devices.size(), 1.0, Device.Health.OK, null));
    }
  }

  /**
   * Adds MIG instances of two slices of seven, with the UUIDs {@code MIG-0}, {@code MIG-1}, ..., on
   * the bus 0A.
   */
  void mig(int count) {
    for (int i = 0; i < count; i++) {
      devices.add(device("MIG-" + i, "9:" + i, 2.0 / 7, Device.Health.OK, "GPU-9"));
    }
  }

  private static Device device(
      String uuid, String index, double gpueq, Device.Health health, @Nullable String parent) {
    String profile = parent == null ? null : "2g.10gb";
    BusId busId = new BusId(0, 1 + Integer.parseInt(index.split(":", -1)[0]), 0);
    return new Device(uuid, index, "Fake", 1L << 30, profile, 7, gpueq, health, parent, busId);
  }

  void vanishes(String uuid) {
    devices.removeIf(each -> each.uuid().equals(uuid));
  }

  void isLost(String uuid) {
    devices.replaceAll(
        each ->
            each.uuid().equals(uuid)
                ? device(
                    uuid,
                    each.index(),
                    each.gpueq(),
                    Device.Health.lost("fell off the bus"),
                    each.parent())
                : each);
  }

  void fails(String why) {
    failure = why;
  }

  void works() {
    failure = null;
  }

  void runs(String uuid, int pid) {
    processes
        .computeIfAbsent(uuid, key -> new ArrayList<>())
        .add(new GpuProcess(pid, 1L << 20, GpuProcess.Kind.COMPUTE));
  }

  void runsNoMore(String uuid, int pid) {
    processes.getOrDefault(uuid, List.of()).removeIf(each -> each.pid() == pid);
  }

  /** Happens while the processes of the next device are read, once. */
  void whileLooking(Runnable somethingElse) {
    whileLooking = somethingElse;
  }

  @Override
  public Reading<Inventory> inventory() {
    return failure == null
        ? Reading.known(new Inventory("1.0", devices, List.of()))
        : Reading.unknown(failure);
  }

  @Override
  public Reading<List<GpuProcess>> processes(String uuid) {
    Runnable now = whileLooking;
    whileLooking = () -> {};
    now.run();
    return failure == null
        ? Reading.known(processes.getOrDefault(uuid, List.of()))
        : Reading.unknown(failure);
  }

  @Override
  public Reading<Integer> utilisation(String uuid) {
    return Reading.unknown("not asked for by any job");
  }

  @Override
  public Reading<List<ProcessUtilisation>> processUtilisation(String uuid, long sinceMicros) {
    return Reading.unknown("not asked for by any job");
  }

  @Override
  public Reading<Integer> gpuInstance(String uuid) {
    return Reading.unknown("not asked for by any job");
  }

  @Override
  public void close() {}
}
