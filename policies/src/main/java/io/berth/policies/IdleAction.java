package io.berth.policies;

import java.util.Locale;

/** What is done to an idle container, the mildest first. */
public enum IdleAction {
  WARN,
  PAUSE,
  STOP;

  /** The word used in YAML and events. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
