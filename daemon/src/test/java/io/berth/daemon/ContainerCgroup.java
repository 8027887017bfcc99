package io.berth.daemon;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The control group of a running container of dev/engine's. A process that is put in there from
 * outside of its pid namespace stays when the container goes, and its group with it: what a process
 * looks like that hangs in the kernel, or whose shim crashed.
 */
final class ContainerCgroup implements AutoCloseable {

  private final Path folder;
  private final List<Process> started = new ArrayList<>();

  private ContainerCgroup(Path folder) {
    this.folder = folder;
  }

  static ContainerCgroup of(String containerId) {
    // One hierarchy of version 1 is enough, and a process may be in groups of its own in others.
    Path folder =
        Stream.of("/sys/fs/cgroup/pids/docker", "/sys/fs/cgroup/docker")
            .map(parent -> Path.of(parent, containerId))
            .filter(each -> Files.isWritable(each.resolve("cgroup.procs")))
            .findFirst()
            .orElse(Path.of(""));
    assumeTrue(folder.isAbsolute(), "needs root and control groups: /sys/fs/cgroup");
    return new ContainerCgroup(folder);
  }

  /** A process in it that does nothing, until {@link #close}. */
  Process start() throws IOException {
    Process process = new ProcessBuilder("sleep", "3600").start();
    started.add(process);
    Files.writeString(folder.resolve("cgroup.procs"), Long.toString(process.pid()));
    return process;
  }

  @Override
  public void close() throws IOException {
    for (Process each : started) {
      each.destroyForcibly().onExit().join();
    }
    Files.deleteIfExists(folder); // which the Engine could not
  }
}
