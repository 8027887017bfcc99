package io.berth.jobs.activity;

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

/** GPUs that are used as a test says. */
final class StubGpus implements Gpus {

  private static final String NO_SAMPLES = "no samples of processes here";

  private final List<Device> devices = new ArrayList<>();
  private final Map<String, List<GpuProcess>> processes = new HashMap<>();
  private final Map<String, List<ProcessUtilisation>> samples = new HashMap<>();
  private final Map<String, Integer> whole = new HashMap<>();
  private final Map<String, Integer> instances = new HashMap<>();
  private @Nullable String failure;
  boolean withoutSamples;
  private long clock = 1_000;

  void fails(@Nullable String why) {
    failure = why;
  }

  /** Adds a MIG instance on GPU-9. */
  void mig(String uuid, int instance) {
    instances.put(uuid, instance);
    devices.add(
        new Device(
            uuid, "9:0", "A100", 1L << 30, "1g", 1, 1.0 / 7, Device.Health.OK, "GPU-9", null));
  }

  void runs(String uuid, int pid, GpuProcess.Kind kind, @Nullable Long memory) {
    processes
        .computeIfAbsent(uuid, key -> new ArrayList<>())
        .add(new GpuProcess(pid, memory, kind));
  }

  void runs(String uuid, int pid) {
    runs(uuid, pid, GpuProcess.Kind.COMPUTE, 1L << 20);
  }

  void ends(String uuid, int pid) {
    processes.getOrDefault(uuid, new ArrayList<>()).removeIf(each -> each.pid() == pid);
  }

  /** The process uses the device now, for a moment. */
  void uses(String uuid, int pid, int percent) {
    usesAt(uuid, pid, percent, clock++);
  }

  /** ... when the driver's clock, in microseconds, stands there. */
  void usesAt(String uuid, int pid, int percent, long timeMicros) {
    samples
        .computeIfAbsent(uuid, key -> new ArrayList<>())
        .add(new ProcessUtilisation(pid, percent, timeMicros));
  }

  /** The driver's buffer of samples is full, and begins anew. */
  void forgetsSamples() {
    samples.clear();
  }

  void wholeDevice(String uuid, int percent) {
    whole.put(uuid, percent);
  }

  private <T> Reading<T> answer(T value) {
    return failure == null ? Reading.known(value) : Reading.unknown(failure);
  }

  @Override
  public Reading<Inventory> inventory() {
    return answer(new Inventory("1.0", devices, List.of()));
  }

  @Override
  public Reading<List<GpuProcess>> processes(String uuid) {
    return answer(List.copyOf(processes.getOrDefault(uuid, List.of())));
  }

  @Override
  public Reading<Integer> utilisation(String uuid) {
    return whole.containsKey(uuid)
        ? answer(whole.getOrDefault(uuid, 0))
        : Reading.unknown("no utilisation here");
  }

  @Override
  public Reading<List<ProcessUtilisation>> processUtilisation(String uuid, long sinceMicros) {
    if (withoutSamples || instances.containsKey(uuid)) {
      return Reading.unknown(NO_SAMPLES);
    }
    return answer(
        samples.getOrDefault(uuid, List.of()).stream()
            .filter(each -> each.timeMicros() > sinceMicros)
            .toList());
  }

  @Override
  public Reading<Integer> gpuInstance(String uuid) {
    return instances.containsKey(uuid)
        ? answer(instances.getOrDefault(uuid, 0))
        : Reading.unknown("no MIG instance");
  }

  @Override
  public void close() {}
}
