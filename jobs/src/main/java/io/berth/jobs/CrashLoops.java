package io.berth.jobs;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Containers that their restart policy starts again and again: more than five times in ten minutes
 * (DESIGN section 3). Reported, nothing else.
 */
final class CrashLoops {

  static final Duration WINDOW = Duration.ofMinutes(10);
  static final int MOST = 5;

  /** So many restarts, seen at one look. */
  private record Restarts(Instant at, int count) {}

  private static final class Loop {
    private final Deque<Restarts> recent = new ArrayDeque<>();
    private boolean told;

    int count() {
      return recent.stream().mapToInt(Restarts::count).sum();
    }
  }

  private final Map<String, Loop> loops = new HashMap<>();

  /**
   * Takes note of restarts.
   *
   * @return how many there were lately, where that is to be told now; else 0
   */
  int restarted(String containerId, int more, Instant now) {
    Loop loop = loops.computeIfAbsent(containerId, id -> new Loop());
    loop.recent.removeIf(each -> !now.isBefore(each.at.plus(WINDOW)));
    loop.recent.add(new Restarts(now, more));
    boolean over = loop.count() > MOST;
    boolean tell = over && !loop.told;
    loop.told = over;
    return tell ? loop.count() : 0;
  }

  void forget(String containerId) {
    loops.remove(containerId);
  }
}
