package io.berth.jobs.host;

import io.berth.jobs.gpu.ProcFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds out in which container, if any, the daemon itself runs. */
public final class OwnContainer {

  /**
   * A control group of the Engine's: {@code /docker/ID} with the cgroupfs driver, {@code
   * /system.slice/docker-ID.scope} with systemd's; further groups may follow below.
   */
  private static final Pattern GROUP = Pattern.compile("[/-]([0-9a-f]{64})(?:\\.scope)?(?=/|$)");

  /**
   * A file that the Engine keeps for a container and mounts into it: {@code
   * .../containers/ID/hosts}.
   */
  private static final Pattern MOUNTED_FILE =
      Pattern.compile("(?:.*/)?containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\\.conf)");

  private static final Pattern MOUNT_POINT =
      Pattern.compile("/etc/(?:hostname|hosts|resolv\\.conf)");

  private OwnContainer() {}

  /**
   * The full id of the daemon's own container; null on a plain host.
   *
   * @param proc where procfs is mounted: {@code /proc}
   * @throws IOException procfs can't be read
   */
  public static @Nullable String id(Path proc) throws IOException {
    String id = fromControlGroups(proc.resolve("self/cgroup"));
    return id != null ? id : fromMounts(proc.resolve("self/mountinfo"));
  }

  /** The last one of a path is the innermost, which the Engine at hand knows. */
  private static @Nullable String fromControlGroups(Path file) throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    for (String line : ProcFile.read(file).split("\n", -1)) {
      Matcher group = GROUP.matcher(line);
      String id = null;
      while (group.find()) {
        id = group.group(1);
      }
      if (id != null) {
        return id;
      }
    }
    return null;
  }

  /**
   * With cgroup v2 a container sees its own group as {@code /}, but not its mounts. Only what is
   * mounted over the files in /etc counts: a host has mounts below {@code containers/ID} too, those
   * of its containers.
   */
  private static @Nullable String fromMounts(Path file) throws IOException {
    for (String line : ProcFile.read(file).split("\n", -1)) {
      String[] fields = line.split(" ", -1);
      if (fields.length > 4 && MOUNT_POINT.matcher(fields[4]).matches()) {
        Matcher root = MOUNTED_FILE.matcher(fields[3]);
        if (root.matches()) {
          return root.group(1);
        }
      }
    }
    return null;
  }
}
