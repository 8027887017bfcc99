package io.berth.jobs.simulation;

import org.jspecify.annotations.Nullable;

/**
 * Kills the daemon at any point: every call that it makes to the world around, every look at a
 * clock and every write of an event is one. Once it is dead no call of it does anything any more.
 */
final class Fuse {

  /** The daemon is gone: {@code kill -9}. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed() {
      super("killed", null, false, false);
    }
  }

  private @Nullable Runnable death;
  private long left = Long.MAX_VALUE;
  private boolean blown;

  /** A new life of the daemon. */
  synchronized void renew(Runnable onDeath) {
    death = onDeath;
    left = Long.MAX_VALUE;
    blown = false;
  }

  /** The daemon dies at the point of that number from now. */
  synchronized void light(long points) {
    left = points;
  }

  synchronized boolean isBlown() {
    return blown;
  }

  /** Goes on, or dies here. */
  void point() {
    if (burns()) {
      throw new Killed();
    }
  }

  /** Whether it dies here, for a thread where an error would be lost. */
  synchronized boolean burns() {
    if (!blown && --left <= 0) {
      blown = true;
      Runnable end = death;
      if (end != null) {
        end.run();
      }
    }
    return blown;
  }
}
