package io.berth.jobs;

import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessPlace;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.gpu.Reading;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  /**
   * What NVML shows now.
   *
   * @param down why it lists no devices; empty where it does
   * @param silent why it can't say who is on a device, by the device's UUID
   */
  public record Sight(List<Bystander> bystanders, String down, Map<String, String> silent) {

    /** Where NVML was not asked. */
    public static final Sight NONE = new Sight(List.of(), "", Map.of());

    /** Why it can't be told who is on the device; empty where it can. */
    public String unknown(String device) {
      return down.isEmpty() ? silent.getOrDefault(device, "") : down;
    }
  }

  private final Gpus gpus;
  private final Processes processes;

  public Bystanders(Gpus gpus, Processes processes) {
    this.gpus = gpus;
    this.processes = processes;
  }

  /** Those that NVML shows now; asks it for every device. */
  public Sight now() {
    Reading<Inventory> listed = gpus.inventory();
    List<Bystander> found = new ArrayList<>();
    Map<String, String> silent = new HashMap<>();
    if (listed instanceof Reading.Known<Inventory> inventory) {
      for (Device device : inventory.value().devices()) {
        Reading<List<GpuProcess>> there = gpus.processes(device.uuid());
        if (there instanceof Reading.Known<List<GpuProcess>> known) {
          known.value().forEach(each -> add(found, device.uuid(), each.pid()));
        } else {
          silent.put(device.uuid(), there.why());
        }
      }
    }
    return new Sight(found, listed.why(), silent);
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
