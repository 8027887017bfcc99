package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.jobs.gpu.ProcFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The mounts that a process sees, from its /proc/PID/mountinfo (proc(5)). Says where a path lies
 * without touching any file system, one that hangs least of all.
 */
final class Mounts {

  /**
   * What is known to be on this host's own disks. All others may wait for another machine or for a
   * process of a user's (NFS, Lustre, FUSE, ...), and new ones come every year.
   */
  private static final Set<String> LOCAL =
      Set.of(
          "aufs",
          "bcachefs",
          "btrfs",
          "erofs",
          "exfat",
          "ext2",
          "ext3",
          "ext4",
          "f2fs",
          "iso9660",
          "jfs",
          "nilfs2",
          "ntfs3",
          "overlay",
          "reiserfs",
          "squashfs",
          "udf",
          "vfat",
          "xfs",
          "zfs");

  private static final Set<String> MEMORY = Set.of("tmpfs", "ramfs");

  private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");
  private static final String SEPARATOR = " - ";
  private static final int ID = 0;
  private static final int POINT = 4;
  private static final int OPTIONS = 5;

  /**
   * One mount.
   *
   * @param id as /proc/PID/fdinfo names it as well
   * @param point where it is, its bytes as Latin-1
   * @param type of its file system
   */
  record Mount(String id, String point, String type, boolean readOnly) {

    /** Why nothing should be read there; empty where it may be. */
    Optional<String> againstReading() {
      return LOCAL.contains(type) || MEMORY.contains(type)
          ? Optional.empty()
          : Optional.of("is on " + type + ", which is not known to be local");
    }

    /** Why nothing should be written there; empty where it may be. */
    Optional<String> againstWriting() {
      if (MEMORY.contains(type)) {
        return Optional.of("is on " + type + ", which is gone with the container's stop");
      }
      return readOnly ? Optional.of("is on a read-only mount") : againstReading();
    }

    /** Whether it is at this path and not above it. */
    boolean isAt(String path) {
      return point.equals(latin(path));
    }
  }

  private final String mountinfo;

  private Mounts(String mountinfo) {
    this.mountinfo = mountinfo;
  }

  /**
   * @param file a mountinfo
   */
  static Mounts read(Path file) throws IOException {
    return new Mounts(ProcFile.read(file));
  }

  /**
   * The one that holds an absolute path, as far as its text tells: the longest prefix, and of those
   * over one another the last. Links on the way are not seen.
   */
  Optional<Mount> holding(String path) {
    String latin = latin(path);
    String best = null;
    String bestPoint = "";
    for (String line : mountinfo.split("\n", -1)) {
      String point = unescaped(field(line, POINT));
      if (point.length() >= bestPoint.length() && isWithin(latin, point)) {
        best = line;
        bestPoint = point;
      }
    }
    return best == null ? Optional.empty() : mount(best);
  }

  /** The one with this id. */
  Optional<Mount> withId(String id) {
    for (String line : mountinfo.split("\n", -1)) {
      if (field(line, ID).equals(id)) {
        return mount(line);
      }
    }
    return Optional.empty();
  }

  private static boolean isWithin(String path, String point) {
    return point.equals("/")
        || path.equals(point)
        || (!point.isEmpty() && path.startsWith(point) && path.charAt(point.length()) == '/');
  }

  /** Of the fields of a line, which have one blank between them; empty where there are fewer. */
  private static String field(String line, int index) {
    int from = 0;
    for (int i = 0; i < index; i++) {
      from = line.indexOf(' ', from) + 1;
      if (from == 0) {
        return "";
      }
    }
    int end = line.indexOf(' ', from);
    return end < 0 ? "" : line.substring(from, end);
  }

  private static Optional<Mount> mount(String line) {
    int separator = line.indexOf(SEPARATOR);
    String options = field(line, OPTIONS);
    if (separator < 0 || options.isEmpty()) {
      return Optional.empty();
    }
    String[] back = line.substring(separator + SEPARATOR.length()).split(" ", -1);
    boolean readOnly = isReadOnly(options) || isReadOnly(back[back.length - 1]);
    return Optional.of(
        new Mount(field(line, ID), unescaped(field(line, POINT)), back[0], readOnly));
  }

  private static boolean isReadOnly(String options) {
    return ("," + options + ",").contains(",ro,");
  }

  private static String unescaped(String point) {
    if (point.indexOf('\\') < 0) {
      return point;
    }
    return ESCAPED
        .matcher(point)
        .replaceAll(
            code ->
                Matcher.quoteReplacement(
                    String.valueOf((char) Integer.parseInt(code.group(1), 8))));
  }

  private static String latin(String path) {
    return new String(path.getBytes(UTF_8), ISO_8859_1);
  }
}
