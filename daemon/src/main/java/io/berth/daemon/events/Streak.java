package io.berth.daemon.events;

/** A run of failures of one thing, so that it is told once and not each time. */
final class Streak {

  private volatile boolean failing;

  /** Whether this failure is the first of its streak. */
  boolean failed() {
    boolean first = !failing;
    failing = true;
    return first;
  }

  /** Whether this success ends a streak. */
  boolean ended() {
    boolean last = failing;
    failing = false;
    return last;
  }

  boolean isFailing() {
    return failing;
  }
}
