package io.berth.jobs.simulation;

import io.berth.jobs.container.Container.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The files of a simulated kernel: the cgroups and the traffic of running containers. */
final class SimProc {

  private final Path proc;
  private final Path cgroups;
  private final Map<String, Integer> pids = new HashMap<>();
  private final Map<String, Long> written = new HashMap<>();

  SimProc(Path folder) {
    this.proc = folder.resolve("proc");
    this.cgroups = folder.resolve("cgroup");
  }

  Path proc() {
    return proc;
  }

  Path cgroups() {
    return cgroups;
  }

  /** Writes what is new of those with a GPU. */
  void show(Iterable<Ship> ships) {
    try {
      for (Ship each : ships) {
        if (each.state() == State.RUNNING && each.container.gpus().any()) {
          show(each);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void show(Ship ship) throws IOException {
    String slice = "system.slice/docker-" + ship.id() + ".scope";
    int pid = ship.container.pid();
    Path mine = proc.resolve(String.valueOf(pid));
    Path group = cgroups.resolve(slice);
    Integer before = pids.put(ship.id(), pid);
    boolean isNew = before == null || before != pid;
    if (isNew) {
      Files.createDirectories(mine.resolve("net"));
      Files.createDirectories(group);
      Files.writeString(mine.resolve("cgroup"), "0::/" + slice + "\n");
      Files.writeString(mine.resolve("stat"), pid + " (python) S" + " 1".repeat(18) + " 77 0");
    }
    long sum = ship.cpuMicros + ship.networkBytes;
    Long last = written.put(ship.id(), sum);
    if (isNew || last == null || last != sum) {
      Files.writeString(group.resolve("cpu.stat"), "usage_usec " + ship.cpuMicros + "\n");
      Files.writeString(
          mine.resolve("net/dev"),
          "Inter-|\n face |\n eth0: " + ship.networkBytes + " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    }
  }
}
