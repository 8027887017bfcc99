package io.berth.jobs;

import io.berth.jobs.gpu.BusId;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.ProcessPlace;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Orphan;
import io.berth.jobs.ledger.Tables;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Processes on GPUs that no claim accounts for: the host's own, its driver's services, those of
 * other managers' containers, and of containers that never asked for that GPU. They are shown, and
 * never touched.
 */
public final class Bystanders {

  /**
   * One of them.
   *
   * @param device the UUID of the device
   * @param name as the process calls itself; empty where that can't be told
   * @param of {@code the host}, the manager as its cgroup names it, or the container
   */
  public record Bystander(String device, int pid, String name, String of) {}

  /**
   * What NVML shows now.
   *
   * @param down why it lists no devices; empty where it does
   * @param silent why it can't say who is on a device, by the device's UUID
   * @param busIds by the device's UUID, where it tells them
   */
  public record Sight(
      List<Bystander> bystanders,
      String down,
      Map<String, String> silent,
      Map<String, BusId> busIds) {

    /** Where NVML was not asked. */
    public static final Sight NONE = new Sight(List.of(), "", Map.of(), Map.of());

    /** Why it can't be told who is on the device; empty where it can. */
    public String unknown(String device) {
      return down.isEmpty() ? silent.getOrDefault(device, "") : down;
    }
  }

  private final Gpus gpus;
  private final Processes processes;
  private final Ledger ledger;

  public Bystanders(Gpus gpus, Processes processes, Ledger ledger) {
    this.gpus = gpus;
    this.processes = processes;
    this.ledger = ledger;
  }

  /** Those that NVML shows now; asks it for every device. */
  public Sight now() {
    Reading<Inventory> listed = gpus.inventory();
    List<Seen> seen = new ArrayList<>();
    Map<String, String> silent = new HashMap<>();
    Map<String, BusId> busIds = new HashMap<>();
    if (listed instanceof Reading.Known<Inventory> inventory) {
      for (Device device : inventory.value().devices()) {
        BusId busId = device.busId();
        if (busId != null) {
          busIds.put(device.uuid(), busId);
        }
        Reading<List<GpuProcess>> there = gpus.processes(device.uuid());
        if (there instanceof Reading.Known<List<GpuProcess>> known) {
          for (GpuProcess each : known.value()) {
            seen.add(new Seen(device.uuid(), each.pid(), processes.placeOf(each.pid())));
          }
        } else {
          silent.put(device.uuid(), there.why());
        }
      }
    }
    Records records = ledger.read(Records::of); // after the look: what was seen is told of by now
    List<Bystander> found = new ArrayList<>();
    for (Seen each : seen) {
      whose(each, records).ifPresent(of -> found.add(bystander(each.device, each.pid, of)));
    }
    return new Sight(found, listed.why(), silent, busIds);
  }

  private record Seen(String device, int pid, ProcessPlace place) {}

  /** What the ledger has of all containers. */
  private record Records(Map<String, Known> known, Berths berths, List<Orphan> orphans) {

    static Records of(Tables tables) throws SQLException {
      return new Records(
          tables.known(), new Berths(tables.devices().allocation()), tables.findings().orphans());
    }
  }

  /** Empty where a claim or an orphan accounts for it, and where it can't be told. */
  private static Optional<String> whose(Seen seen, Records records) {
    if (seen.place instanceof ProcessPlace.Host) {
      return Optional.of("the host");
    }
    if (seen.place instanceof ProcessPlace.OtherManager other) {
      return Optional.of(other.manager());
    }
    return seen.place instanceof ProcessPlace.Container in
        ? whose(seen, in.id(), records)
        : Optional.empty();
  }

  private static Optional<String> whose(Seen seen, String containerId, Records records) {
    Known known = records.known.get(containerId);
    boolean accounted =
        known == null
            ? records.orphans.stream()
                .anyMatch(each -> each.device().equals(seen.device) && each.pid() == seen.pid)
            : records.berths.by(containerId).stream()
                .anyMatch(each -> each.device().equals(seen.device));
    if (accounted) {
      return Optional.empty();
    }
    return Optional.of(
        known == null
            ? "an unknown container " + containerId.substring(0, 12)
            : "container %s (%s)".formatted(known.name(), known.owner().name()));
  }

  private Bystander bystander(String device, int pid, String of) {
    return new Bystander(device, pid, processes.nameOf(pid).orElse(""), of);
  }
}
