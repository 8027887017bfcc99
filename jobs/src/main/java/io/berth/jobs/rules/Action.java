package io.berth.jobs.rules;

import java.util.Locale;

/** What can be done to a container. */
public enum Action {
  REMOVE,
  /** Of its devices; the container itself is not touched. */
  RELEASE;

  /** The word used in events and metrics. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
