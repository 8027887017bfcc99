package io.berth.jobs.gpu;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a /proc/PID/cgroup says (cgroups(7)): lines of {@code hierarchy:controllers:path}, one with
 * cgroup v2, one a hierarchy with v1. The path names the container:
 *
 * <pre>
 * /docker/ID                             cgroupfs driver
 * /PARENT/ID                             cgroupfs driver with a parent of its own
 * /system.slice/docker-ID.scope          systemd driver, any slice
 * /.../system.slice:docker:ID            systemd's form under the cgroupfs driver
 * /docker/OUTER/docker/INNER             Docker in Docker: the outer one
 * /machine.slice/libpod-ID.scope, ...    another manager's, by its name before the id
 * /kubepods/.../ID                       Kubernetes', whatever runs its pods
 * </pre>
 */
final class CgroupFile {

  /** One component of a path: {@code [unit:][manager(-or:)]id[.scope]}. */
  private static final Pattern CONTAINER =
      Pattern.compile("(?:[^:]*:)?(?:([A-Za-z][A-Za-z0-9_-]*)[-:])?([0-9a-f]{64})(?:\\.scope)?");

  private static final int ID_LENGTH = 64;
  private static final String DOCKER = "docker";
  private static final String KUBERNETES = "kubepods";

  /** What the kernel puts behind the path of a cgroup that was removed under a dying process. */
  private static final String DELETED = " (deleted)";

  private CgroupFile() {}

  static ProcessPlace place(String text) {
    Set<String> paths = new LinkedHashSet<>(); // most hierarchies of version 1 have the same
    for (String line : text.split("\n", -1)) {
      int path = line.indexOf(":/", line.indexOf(':') + 1) + 1;
      if (path > 0) {
        paths.add(line.substring(path));
      }
    }
    Set<ProcessPlace> places = new LinkedHashSet<>();
    paths.forEach(path -> inPath(path).ifPresent(places::add));
    if (paths.isEmpty()) {
      return new ProcessPlace.Unknown("its cgroup file has no cgroup in it");
    }
    if (places.size() > 1) {
      return new ProcessPlace.Unknown("its cgroups name several containers: " + places);
    }
    return places.stream().findFirst().orElseGet(ProcessPlace.Host::new);
  }

  private static Optional<ProcessPlace> inPath(String path) {
    String whole =
        path.endsWith(DELETED) ? path.substring(0, path.length() - DELETED.length()) : path;
    boolean kubernetes = false;
    for (String component : whole.split("/", -1)) {
      kubernetes |= component.startsWith(KUBERNETES);
      if (component.length() < ID_LENGTH) {
        continue; // most are: not worth to be matched
      }
      Matcher container = CONTAINER.matcher(component);
      if (container.matches()) {
        return Optional.of(place(container.group(1), container.group(2), kubernetes));
      }
    }
    return Optional.empty();
  }

  private static ProcessPlace place(@Nullable String manager, String id, boolean kubernetes) {
    if (manager != null && !manager.equals(DOCKER)) {
      return new ProcessPlace.OtherManager(manager, id);
    }
    return kubernetes
        ? new ProcessPlace.OtherManager("kubernetes", id)
        : new ProcessPlace.Container(id);
  }
}
