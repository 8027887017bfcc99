package io.berth.jobs.rules;

import java.util.Locale;

/** What can be done to a container. */
public enum Action {
  REMOVE,
  STOP,
  /** Frozen: memory and GPU are kept. */
  PAUSE,
  /** Nothing but telling its owner. */
  WARN,
  /** Of its devices; the container itself is not touched. */
  RELEASE;

  /** The word used in events and metrics. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it ends the work of a container that runs. */
  public boolean isStop() {
    return this == STOP || this == PAUSE;
  }
}
