package io.berth.jobs.container;

import java.util.Locale;

/** Who ended a container's last life. */
public enum EndedBy {
  /** It exited by itself: the event stream was open and nobody was seen to signal it. */
  SELF,
  /** Somebody signalled or stopped it. */
  USER,
  /** Berth stopped it. */
  BERTH,
  /** The Engine or the host went down. */
  ENGINE,
  /** Nobody was watching. */
  UNKNOWN;

  /**
   * Whether the end was not its user's doing, so that {@code interrupted_hold} applies (DESIGN
   * section 3).
   */
  public boolean isInterruption() {
    return this == BERTH || this == ENGINE;
  }

  /** The word used in events. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
