package io.berth.jobs.activity;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When something was last typed into a container's terminals: input moves the atime of a
 * pseudo-terminal's device, in steps of 8 seconds, output its mtime. Only ever looks at attributes.
 */
final class Terminals {

  private final Path proc;

  Terminals(Path proc) {
    this.proc = proc;
  }

  /** The latest input; null where it has no terminal, or none that can be looked at. */
  @Nullable Instant lastInput(int pid) {
    Path dev = proc.resolve(pid + "/root/dev");
    Path pts = dev.resolve("pts");
    // A link would lead out of the container's root into the host's.
    if (!isDirectory(dev) || !isDirectory(pts)) {
      return null;
    }
    Instant latest = null;
    try (DirectoryStream<Path> terminals = Files.newDirectoryStream(pts, "[0-9]*")) {
      for (Path each : terminals) {
        latest = Life.later(latest, lastRead(each));
      }
    } catch (IOException | DirectoryIteratorException e) {
      return latest; // the container has just ended, or is none of ours to look into: no input is
      // seen
    }
    return latest;
  }

  private static boolean isDirectory(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static @Nullable Instant lastRead(Path terminal) {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(terminal, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return attributes.isSymbolicLink() || attributes.isDirectory()
          ? null
          : attributes.lastAccessTime().toInstant();
    } catch (IOException e) {
      return null; // closed meanwhile
    }
  }
}
