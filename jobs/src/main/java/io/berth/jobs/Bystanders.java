package io.berth.jobs;

import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessPlace;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.gpu.Reading;
import java.util.ArrayList;
import java.util.List;

/**
 * Processes on GPUs that run in no container of a Docker Engine: the host's own, its driver's
 * services, and other managers' containers. They are shown, and never touched.
 */
public final class Bystanders {

  /**
   * One of them.
   *
   * @param device the UUID of the device
   * @param name as the process calls itself; empty where that can't be told
   * @param of {@code the host}, or the manager as its cgroup names it
   */
  public record Bystander(String device, int pid, String name, String of) {}

  private final Gpus gpus;
  private final Processes processes;

  public Bystanders(Gpus gpus, Processes processes) {
    this.gpus = gpus;
    this.processes = processes;
  }

  /** Those that NVML shows now; asks it for every device. */
  public List<Bystander> now() {
    List<Bystander> found = new ArrayList<>();
    if (gpus.inventory() instanceof Reading.Known<Inventory> inventory) {
      for (Device device : inventory.value().devices()) {
        if (gpus.processes(device.uuid()) instanceof Reading.Known<List<GpuProcess>> there) {
          there.value().forEach(each -> add(found, device.uuid(), each.pid()));
        }
      }
    }
    return found;
  }

  private void add(List<Bystander> found, String device, int pid) {
    ProcessPlace place = processes.placeOf(pid);
    if (place instanceof ProcessPlace.Host) {
      found.add(bystander(device, pid, "the host"));
    } else if (place instanceof ProcessPlace.OtherManager other) {
      found.add(bystander(device, pid, other.manager()));
    }
  }

  private Bystander bystander(String device, int pid, String of) {
    return new Bystander(device, pid, processes.nameOf(pid).orElse(""), of);
  }
}
