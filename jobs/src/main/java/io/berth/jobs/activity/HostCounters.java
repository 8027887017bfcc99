package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import io.berth.jobs.gpu.ProcFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The cumulative counters of a running container that the host's kernel keeps: CPU time of its
 * cgroup, traffic of its network namespace. Reads small files of the kernel, which do not block.
 */
final class HostCounters {

  private static final Pattern USAGE = Pattern.compile("(?m)^usage_usec (\\d+)$");
  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final double NANOS_PER_MICRO = 1_000;
  private static final String CHANGED =
      "process %d is not in a cgroup of that container: it has just stopped, or it moves its processes about";

  private final Path proc;
  private final Path cgroups;

  /**
   * @param proc {@code /proc}
   * @param cgroups {@code /sys/fs/cgroup}
   */
  HostCounters(Path proc, Path cgroups) {
    this.proc = proc;
    this.cgroups = cgroups;
  }

  /** Microseconds of CPU time that all of its processes used, those that ended included. */
  Measure cpu(Container container) {
    Path file = proc.resolve(container.pid() + "/cgroup");
    try {
      for (String line : ProcFile.read(file).split("\n", -1)) {
        boolean unified = line.startsWith("0::");
        if (!unified && !line.contains("cpuacct")) {
          continue; // most hierarchies of version 1: not worth to be taken apart
        }
        String[] parts = line.split(":", 3);
        Optional<String> path = parts.length == 3 ? pathOf(container, parts[2]) : Optional.empty();
        if (path.isEmpty()) {
          continue;
        }
        if (unified) {
          return version2(path.get());
        }
        if (List.of(parts[1].split(",", -1)).contains("cpuacct")) {
          return Measure.known(version1(parts[1], path.get()));
        }
      }
      return Measure.unknown(CHANGED.formatted(container.pid()));
    } catch (IOException | NumberFormatException e) {
      return Measure.unknown(words(file, e));
    }
  }

  /**
   * The path up to the component that names the container: what it does with cgroups of its own
   * below that counts as well.
   */
  private static Optional<String> pathOf(Container container, String path) {
    int at = path.indexOf(container.id());
    if (at < 0) {
      return Optional.empty();
    }
    int end = path.indexOf('/', at);
    return Optional.of(end < 0 ? path : path.substring(0, end));
  }

  private double version1(String controllers, String path) throws IOException {
    Path root = cgroups.resolve(controllers);
    Path mount = Files.isDirectory(root) ? root : cgroups.resolve("cpuacct");
    return Long.parseLong(ProcFile.read(mount.resolve("." + path).resolve("cpuacct.usage")).strip())
        / NANOS_PER_MICRO;
  }

  private Measure version2(String path) throws IOException {
    Path file = cgroups.resolve("." + path).resolve("cpu.stat").normalize();
    Matcher usage = USAGE.matcher(ProcFile.read(file));
    return usage.find()
        ? Measure.known(Double.parseDouble(usage.group(1)))
        : Measure.unknown(file + " has no usage_usec");
  }

  /** Bytes received and sent by its network namespace, without loopback. */
  Measure network(Container container) {
    Path file = proc.resolve(container.pid() + "/net/dev");
    try {
      return Measure.known(bytes(ProcFile.read(file)));
    } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
      return Measure.unknown(words(file, e));
    }
  }

  /** proc(5): two lines of heading, then {@code name: received 7 more sent 7 more}. */
  private static double bytes(String dev) {
    return dev.lines()
        .skip(2)
        .map(line -> line.split(":", 2))
        .filter(parts -> !parts[0].strip().equals("lo"))
        .map(parts -> BLANKS.split(parts[1].strip(), -1))
        .mapToDouble(fields -> (double) Long.parseLong(fields[0]) + Long.parseLong(fields[8]))
        .sum();
  }

  private static String words(Path file, Exception e) {
    String remedy = e instanceof AccessDeniedException ? "; berthd has to run as root" : "";
    return file + " can't be used: " + e + remedy;
  }
}
