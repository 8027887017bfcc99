package io.berth.policies;

import java.util.Locale;

/** Whether verdicts are carried out (DESIGN section 2). */
public enum Mode {
  /** Every verdict is computed and reported, no container is touched, no user is written to. */
  OBSERVE,
  ENFORCE;

  /** The word used in YAML, events and metrics. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
