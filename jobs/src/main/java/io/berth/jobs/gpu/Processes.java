package io.berth.jobs.gpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The host's processes as /proc shows them: which container one is in, and when it started. Reads
 * two small files of the kernel, which neither block nor fail but for a process that is gone.
 *
 * <p>To be used in the host's own cgroup and pid namespaces, where NVML's pids and full cgroup
 * paths are seen, however deep the process's own namespaces are.
 */
public final class Processes {

  /** Field 22 of /proc/PID/stat (proc(5)), counted from the state, field 3, behind the name. */
  private static final int START_TIME = 22 - 3;

  private static final Pattern DRIVER_SERVICE =
      Pattern.compile("nvidia-.*|nv-.*|X|Xorg.*|Xwayland");

  private final Path proc;

  /**
   * @param proc {@code /proc}
   */
  public Processes(Path proc) {
    this.proc = proc;
  }

  public ProcessPlace placeOf(int pid) {
    Path file = file(pid, "cgroup");
    try {
      return CgroupFile.place(ProcFile.read(file));
    } catch (IOException e) {
      return isGone(pid) ? new ProcessPlace.Gone() : new ProcessPlace.Unknown(file + ": " + e);
    }
  }

  /**
   * When it started, in clock ticks since boot; with the pid it names one process for as long as
   * the host is up. Empty where it is gone or can't be read.
   */
  public OptionalLong startTicks(int pid) {
    try {
      String stat = ProcFile.read(file(pid, "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
      return fields.length > START_TIME
          ? OptionalLong.of(Long.parseLong(fields[START_TIME]))
          : OptionalLong.empty();
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** What it calls itself, cut to 15 characters by the kernel; empty where it is gone. */
  public Optional<String> nameOf(int pid) {
    try {
      return Optional.of(ProcFile.read(file(pid, "comm")).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether it calls itself a service of the driver or a display server: {@code
   * nvidia-persistenced}, {@code nvidia-cuda-mps-server}, {@code nv-hostengine}, {@code Xorg}, ...
   * Anybody can call himself so, which at worst protects him.
   */
  public boolean isDriverService(int pid) {
    return nameOf(pid).filter(name -> DRIVER_SERVICE.matcher(name).matches()).isPresent();
  }

  private Path file(int pid, String name) {
    return proc.resolve(Integer.toString(pid)).resolve(name);
  }

  /** Asked after a failure: a process that ends while it is read fails with ESRCH. */
  private boolean isGone(int pid) {
    try {
      Files.readAttributes(file(pid, "stat"), "size");
      return false;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
