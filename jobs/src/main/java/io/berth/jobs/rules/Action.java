package io.berth.jobs.rules;

import java.util.Locale;

/** What can be done to a container. */
public enum Action {
  REMOVE;

  /** The word used in events and metrics. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
