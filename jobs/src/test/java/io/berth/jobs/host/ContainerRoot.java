package io.berth.jobs.host;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A /proc with one process in a container, whose root is a real directory: what is opened in it is
 * really resolved by the kernel. What it says of its mounts can be made up; their ids are real.
 */
public final class ContainerRoot {

  private static final int PID = 4242;
  private static final Path OWN_MOUNTS = Path.of("/proc/self/mountinfo");

  private final Path proc;
  private final Path process;
  private final Path root;
  private final List<String> mounts = new ArrayList<>();
  private final Container container = Containers.running("train").pid(PID).build();

  private ContainerRoot(Path proc, Path root) throws IOException {
    this.proc = proc;
    this.process = Files.createDirectories(proc.resolve(Integer.toString(PID)));
    this.root = root;
    Files.createSymbolicLink(process.resolve("root"), root);
    inCgroupOf(container.id());
  }

  /** With a new root on a disk, as its mounts say, and an empty directory {@code /workspace}. */
  public static ContainerRoot in(Path folder) throws IOException {
    Path root = Files.createDirectory(folder.resolve("rootfs"));
    ContainerRoot made = new ContainerRoot(folder.resolve("proc"), root);
    Files.createDirectory(root.resolve("workspace"));
    return made.mount("/", "ext4", "rw");
  }

  /** With the host's root and all its mounts. */
  static ContainerRoot ofHost(Path folder) throws IOException {
    ContainerRoot made = new ContainerRoot(folder.resolve("proc"), Path.of("/"));
    made.mounts.addAll(Files.readAllLines(OWN_MOUNTS));
    return made.written();
  }

  public Path proc() {
    return proc;
  }

  /** A path inside as the host sees it. */
  public Path file(String path) {
    return root.resolve(path.substring(1));
  }

  /** The same the other way round. */
  String path(Path file) {
    return "/" + root.relativize(file);
  }

  public Container container() {
    return container;
  }

  /** Puts its process into the cgroup of a container. */
  void inCgroupOf(String id) throws IOException {
    Files.writeString(process.resolve("cgroup"), "0::/docker/" + id + "\n");
  }

  /** Says that the root's mount, or one over a path in it, is of this kind. */
  public ContainerRoot mount(String point, String type, String options) throws IOException {
    String id = Mounts.read(OWN_MOUNTS).holding(root.toString()).orElseThrow().id();
    String line = "%s 1 0:50 / %s rw - %s none %s".formatted(id, point, type, options);
    mounts.removeIf(other -> other.split(" ", -1)[4].equals(point));
    mounts.add(line);
    return written();
  }

  /** Says that a real mount is of another type. */
  void retype(String point, String from, String to) throws IOException {
    mounts.replaceAll(
        line ->
            line.split(" ", -1)[4].equals(point)
                ? line.replace(" - " + from + " ", " - " + to + " ")
                : line);
    written();
  }

  private ContainerRoot written() throws IOException {
    Files.write(process.resolve("mountinfo"), mounts);
    return this;
  }
}
