package io.berth.jobs.gpu;

import java.util.List;

/** A host without GPUs, by configuration ({@code nvml_library: none}). */
public final class NoGpus implements Gpus {

  private static final String WHY = "there are no GPUs here: gpu.nvml_library is none";

  @Override
  public Reading<Inventory> inventory() {
    return Reading.known(new Inventory(null, List.of(), List.of()));
  }

  @Override
  public Reading<List<GpuProcess>> processes(String uuid) {
    return Reading.unknown(WHY);
  }

  @Override
  public Reading<Integer> utilisation(String uuid) {
    return Reading.unknown(WHY);
  }

  @Override
  public Reading<List<ProcessUtilisation>> processUtilisation(String uuid, long sinceMicros) {
    return Reading.unknown(WHY);
  }

  @Override
  public Reading<Integer> gpuInstance(String uuid) {
    return Reading.unknown(WHY);
  }

  @Override
  public void close() {}
}
