package io.berth.jobs.container;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The folders whose sub-folders are the homes of users ({@code ownership.home_roots}). Paths are
 * taken as text: the file system they belong to may be another one, or hang.
 */
final class HomeRoots {

  /** The most specific first, so that {@code /home/lab} goes before {@code /home}. */
  private final List<List<String>> roots;

  HomeRoots(List<String> roots) {
    this.roots =
        roots.stream()
            .map(HomeRoots::segments)
            .flatMap(Optional::stream)
            .sorted(Comparator.comparing((List<String> root) -> root.size()).reversed())
            .toList();
  }

  /**
   * The user whose home this path is in, or is. Empty for a path outside the roots, a root itself,
   * a relative path, and a path of Windows.
   */
  Optional<String> userOf(String path) {
    return segments(path).flatMap(this::userOf);
  }

  private Optional<String> userOf(List<String> path) {
    return roots.stream()
        .filter(root -> isWithin(root, path))
        .findFirst()
        .flatMap(root -> path.stream().skip(root.size()).findFirst())
        .flatMap(home -> UserName.of(home).filter(home::equals));
  }

  private static boolean isWithin(List<String> root, List<String> path) {
    return path.size() >= root.size() && path.subList(0, root.size()).equals(root);
  }

  /** The names in an absolute path, with {@code .} and {@code ..} resolved; else empty. */
  private static Optional<List<String>> segments(String text) {
    String path = text.strip();
    if (!path.startsWith("/")) {
      return Optional.empty();
    }
    Deque<String> names = new ArrayDeque<>();
    for (String name : path.split("/", -1)) {
      if (name.equals("..")) {
        names.pollLast();
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.addLast(name);
      }
    }
    return Optional.of(List.copyOf(names));
  }
}
