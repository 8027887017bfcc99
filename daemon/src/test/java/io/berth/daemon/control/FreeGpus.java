package io.berth.daemon.control;

import io.berth.jobs.gpu.BusId;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessUtilisation;
import io.berth.jobs.gpu.Reading;
import java.util.List;
import java.util.stream.IntStream;

/** Full GPUs {@code GPU-0}, {@code GPU-1}, ... that nobody uses. */
record FreeGpus(int count) implements Gpus {

  @Override
  public Reading<Inventory> inventory() {
    List<Device> devices =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new Device(
                        "GPU-" + i,
                        "" + i,
                        "Fake",
                        1L << 30,
                        null,
                        7,
                        1.0,
                        Device.Health.OK,
                        null,
                        new BusId(0, 0x3b + i, 0)))
            .toList();
    return new Reading.Known<>(new Inventory(null, devices, List.of()));
  }

  @Override
  public Reading<List<GpuProcess>> processes(String uuid) {
    return new Reading.Known<>(List.of());
  }

  @Override
  public Reading<Integer> utilisation(String uuid) {
    return new Reading.Known<>(0);
  }

  @Override
  public Reading<List<ProcessUtilisation>> processUtilisation(String uuid, long sinceMicros) {
    return new Reading.Known<>(List.of());
  }

  @Override
  public Reading<Integer> gpuInstance(String uuid) {
    return Reading.unknown("they are no MIG instances");
  }

  @Override
  public void close() {}
}
