package io.berth.jobs.activity;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;
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

  /**
   * The latest input up to that moment; what lies after it was typed before a step back of the
   * clock. Empty where there was none, as without a terminal.
   *
   * @throws IOException if that can't be told
   */
  Optional<Instant> lastInput(int pid, Instant now) throws IOException {
    Path dev = proc.resolve(pid + "/root/dev");
    Path pts = dev.resolve("pts");
    // A link would lead out of the container's root into the host's.
    if (!isDirectory(dev) || !isDirectory(pts)) {
      return Optional.empty();
    }
    Instant latest = null;
    try (DirectoryStream<Path> terminals = Files.newDirectoryStream(pts, Terminals::isTerminal)) {
      for (Path each : terminals) {
        Instant read = lastRead(each);
        latest = read == null || read.isAfter(now) ? latest : Life.later(latest, read);
      }
    } catch (NoSuchFileException e) {
      return Optional.empty(); // the container has just ended
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return Optional.ofNullable(latest);
  }

  /** By its number; the others are {@code ptmx}. No glob, which would be compiled each time. */
  private static boolean isTerminal(Path path) {
    char first = path.getFileName().toString().charAt(0);
    return first >= '0' && first <= '9';
  }

  private static boolean isDirectory(Path path) throws IOException {
    try {
      return attributes(path).isDirectory();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static BasicFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  private static @Nullable Instant lastRead(Path terminal) throws IOException {
    try {
      BasicFileAttributes attributes = attributes(terminal);
      return attributes.isSymbolicLink() || attributes.isDirectory()
          ? null
          : attributes.lastAccessTime().toInstant();
    } catch (NoSuchFileException e) {
      return null; // closed meanwhile
    }
  }
}
