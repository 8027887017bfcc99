package io.berth.daemon;

import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessUtilisation;
import io.berth.jobs.gpu.Reading;
import java.util.List;
import java.util.stream.IntStream;

/** So many full GPUs, {@code GPU-0} and on, that nobody runs anything on; NVML costs nothing. */
final class BenchGpus implements Gpus {

  private final List<Device> devices;

  BenchGpus(int count) {
    devices = IntStream.range(0, count).mapToObj(BenchGpus::device).toList();
  }

  private static Device device(int index) {
    return new Device(
        "GPU-" + index, "" + index, "Bench", 1L << 36, null, 7, 1.0, Device.Health.OK, null, null);
  }

  @Override
  public Reading<Inventory> inventory() {
    return Reading.known(new Inventory("1.0", devices, List.of()));
  }

  @Override
  public Reading<List<GpuProcess>> processes(String uuid) {
    return Reading.known(List.of());
  }

  @Override
  public Reading<Integer> utilisation(String uuid) {
    return Reading.unknown("no job asks for it");
  }

  @Override
  public Reading<List<ProcessUtilisation>> processUtilisation(String uuid, long sinceMicros) {
    return Reading.known(List.of());
  }

  @Override
  public Reading<Integer> gpuInstance(String uuid) {
    return Reading.unknown("no job asks for it");
  }

  @Override
  public void close() {}
}
