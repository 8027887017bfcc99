package io.berth.jobs.host;

import static io.berth.jobs.host.Libc.AT_FDCWD;
import static io.berth.jobs.host.Libc.RESOLVE_IN_ROOT;
import static io.berth.jobs.host.Libc.RESOLVE_NO_MAGICLINKS;
import static io.berth.jobs.host.Libc.RESOLVE_NO_SYMLINKS;
import static io.berth.jobs.host.Libc.RESOLVE_NO_XDEV;

import io.berth.jobs.container.Container;
import io.berth.jobs.gpu.ProcessPlace;
import io.berth.jobs.gpu.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Single files in the file systems of running containers, through /proc/PID/root and never through
 * the Engine, whose archive calls hold the container's lock for as long as a mount hangs.
 *
 * <ul>
 *   <li>The process is pinned: everything is read through one descriptor of its /proc/PID, which
 *       never becomes another process's.
 *   <li>Links are followed as the container sees them (openat2(2), RESOLVE_IN_ROOT), so none leads
 *       out of it.
 *   <li>Besides its root only mounts known to be local are touched: told by the path before, and
 *       after the opening by the mount that a link may have led to.
 *   <li>What hangs all the same costs its own thread: one for each container, {@value #MAX_THREADS}
 *       in all.
 * </ul>
 *
 * <p>Safe for use by several threads. Needs Linux 5.6, root (CAP_SYS_PTRACE, CAP_DAC_OVERRIDE) and
 * the host's own pid and cgroup namespaces.
 */
public final class ContainerFiles {

  /** The container is as it is: it has no place there where this file could be. */
  public static final class UnsuitableException extends IOException {

    private static final long serialVersionUID = 1L;

    UnsuitableException(String message) {
      super(message);
    }
  }

  private static final int MAX_THREADS = 16;
  private static final int IN_CONTAINER = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  private static final int MODE = 0644;
  private static final String MOUNT_ID = "mnt_id:";

  /**
   * A pinned process of a container.
   *
   * @param process its directory in procfs
   * @param root its root directory
   */
  private record Place(Libc.Fd process, Libc.Fd root) {

    /** Those it sees; to read them takes longer than all else here. */
    Mounts mounts() throws IOException {
      return Mounts.read(process.path().resolve("mountinfo"));
    }
  }

  private interface Work<T> {
    T in(Place place) throws IOException;
  }

  private final Path proc;
  private final ExpendableThreads threads;

  /**
   * @param proc where procfs is mounted: {@code /proc}
   * @param deadline how long a caller waits for one access
   */
  public ContainerFiles(Path proc, Duration deadline) {
    this.proc = proc;
    this.threads = new ExpendableThreads("berth-container-files", deadline, MAX_THREADS);
  }

  /**
   * When a regular file in the container was last modified; empty where there is none at that path.
   *
   * @param path absolute, as the container sees it
   * @throws UnsuitableException the container does not run, or the path is not on a local mount
   * @throws IOException it could not be found out
   */
  public Optional<Instant> modifiedAt(Container container, String path) throws IOException {
    return within(container, path, place -> modifiedAt(place, path));
  }

  /**
   * Gives a file in the container a new content and the mode 0644: a new file takes the place of
   * the old one, so that nobody's link, FIFO or open file is written through. Makes no directories.
   *
   * @param path absolute, as the container sees it
   * @throws UnsuitableException the container does not run, has no such directory, has something
   *     else than a regular file there, or the path is not on a mount that is local, lasting and
   *     writable
   * @throws IOException it failed, or may have: no answer came in time
   */
  public void replace(Container container, String path, byte[] content) throws IOException {
    String temporary = ".berth-" + container.shortId() + ".new";
    within(
        container,
        path,
        place -> {
          replace(place, path, content.clone(), temporary);
          return path;
        });
  }

  private <T> T within(Container container, String path, Work<T> work) throws IOException {
    if (!path.startsWith("/") || path.endsWith("/")) {
      throw new IOException(path + " is not the absolute path of a file");
    }
    if (container.pid() <= 0) {
      throw new UnsuitableException("the container does not run");
    }
    try {
      return threads.call(container.id(), () -> pinned(container, work));
    } catch (Libc.Failure e) {
      throw explained(e);
    }
  }

  static IOException explained(Libc.Failure failure) {
    return failure.is(Libc.ENOSYS)
        ? new IOException("this kernel has no openat2: Linux 5.6 or newer is needed", failure)
        : failure;
  }

  private <T> T pinned(Container container, Work<T> work) throws IOException {
    try (Libc.Fd process = process(container)) {
      ProcessPlace place = new Processes(Libc.OPEN_FILES).placeOf(process.number());
      if (!place.equals(new ProcessPlace.Container(container.id()))) {
        throw new UnsuitableException(
            "process " + container.pid() + " is not the container's (any more): " + place);
      }
      try (Libc.Fd root = Libc.openat2(process.number(), "root", Libc.O_PATH, 0, 0)) {
        return work.in(new Place(process, root));
      }
    }
  }

  private Libc.Fd process(Container container) throws IOException {
    String directory = proc.resolve(Integer.toString(container.pid())).toString();
    try {
      return Libc.openat2(AT_FDCWD, directory, Libc.O_PATH, 0, 0);
    } catch (Libc.Failure e) {
      throw e.is(Libc.ENOENT) ? new UnsuitableException("the container does not run any more") : e;
    }
  }

  private static Optional<Instant> modifiedAt(Place place, String path) throws IOException {
    if (isNotInRoot(place, path)) {
      return Optional.empty();
    }
    Mounts mounts = place.mounts();
    refuse(path, holding(mounts, path).againstReading());
    try (Libc.Fd file = Libc.openat2(place.root.number(), path, Libc.O_PATH, 0, IN_CONTAINER)) {
      refuse(path, mountOf(mounts, file, path).againstReading());
      BasicFileAttributes found = attributes(file);
      return found.isRegularFile()
          ? Optional.of(found.lastModifiedTime().toInstant())
          : Optional.empty();
    } catch (Libc.Failure e) {
      if (e.is(Libc.ENOENT, Libc.ENOTDIR)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Whether there is no such file, and no mount on the way to where it would be: then no other
   * mount has to be known. That is how most containers are.
   */
  private static boolean isNotInRoot(Place place, String path) throws IOException {
    int resolve = IN_CONTAINER | RESOLVE_NO_XDEV;
    try {
      Libc.openat2(place.root.number(), path, Libc.O_PATH, 0, resolve).close();
      return false;
    } catch (Libc.Failure e) {
      return e.is(Libc.ENOENT, Libc.ENOTDIR);
    }
  }

  private static void replace(Place place, String path, byte[] content, String temporary)
      throws IOException {
    Mounts mounts = place.mounts();
    Mounts.Mount mount = holding(mounts, path);
    refuse(path, mount.againstWriting());
    if (mount.isAt(path)) {
      throw new UnsuitableException(path + " is a mount of its own, which can't be replaced");
    }
    int slash = path.lastIndexOf('/');
    String directory = path.substring(0, slash + 1);
    String name = path.substring(slash + 1);
    try (Libc.Fd parent = directory(place, directory)) {
      refuse(path, mountOf(mounts, parent, path).againstWriting());
      refuseOthers(parent, name, path);
      replace(parent, name, content, temporary);
    }
  }

  private static Libc.Fd directory(Place place, String path) throws IOException {
    try {
      return Libc.openat2(place.root.number(), path, Libc.O_PATH, 0, IN_CONTAINER);
    } catch (Libc.Failure e) {
      throw e.is(Libc.ENOENT, Libc.ENOTDIR)
          ? new UnsuitableException("there is no directory " + path + " in the container")
          : e;
    }
  }

  /** The user put something else there on purpose: it stays. */
  private static void refuseOthers(Libc.Fd parent, String name, String path) throws IOException {
    try (Libc.Fd old = Libc.openat2(parent.number(), name, Libc.O_PATH, 0, RESOLVE_NO_SYMLINKS)) {
      if (!attributes(old).isRegularFile()) {
        throw new UnsuitableException(path + " is something else than a regular file");
      }
    } catch (Libc.Failure e) {
      if (e.is(Libc.ELOOP)) {
        throw new UnsuitableException(path + " is a link");
      }
      if (!e.is(Libc.ENOENT)) {
        throw e;
      }
    }
  }

  private static void replace(Libc.Fd parent, String name, byte[] content, String temporary)
      throws IOException {
    Libc.unlink(parent, temporary); // left by a crash
    int flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL;
    try (Libc.Fd file =
        Libc.openat2(parent.number(), temporary, flags, MODE, RESOLVE_NO_SYMLINKS)) {
      Files.write(file.path(), content, StandardOpenOption.WRITE);
      Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-r--r--"));
      Libc.rename(parent, temporary, name);
    } catch (IOException e) {
      Libc.unlink(parent, temporary);
      throw e;
    }
  }

  private static Mounts.Mount holding(Mounts mounts, String path) throws IOException {
    return mounts
        .holding(path)
        .orElseThrow(() -> new IOException("the container's mountinfo has no mount for " + path));
  }

  /** Where it really is; links may have led elsewhere than its path says. */
  private static Mounts.Mount mountOf(Mounts mounts, Libc.Fd file, String path) throws IOException {
    for (String line : Files.readAllLines(file.info())) {
      if (line.startsWith(MOUNT_ID)) {
        return mounts
            .withId(line.substring(MOUNT_ID.length()).strip())
            .orElseThrow(() -> new UnsuitableException(path + " is on no mount of the container"));
      }
    }
    throw new IOException(file.info() + " has no " + MOUNT_ID);
  }

  private static void refuse(String path, Optional<String> why) throws UnsuitableException {
    if (why.isPresent()) {
      throw new UnsuitableException(path + " " + why.get());
    }
  }

  private static BasicFileAttributes attributes(Libc.Fd file) throws IOException {
    return Files.readAttributes(file.path(), BasicFileAttributes.class);
  }
}
