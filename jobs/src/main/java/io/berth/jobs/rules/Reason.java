package io.berth.jobs.rules;

import java.util.Locale;

/** Why something is done, as DESIGN section 7 names it. */
public enum Reason {
  CREATED_NEVER_STARTED,
  HOLD_EXPIRED,
  TWO_STATE,
  IDLE_TIMEOUT,
  MAX_RUNTIME,
  GPU_CONFLICT;

  /** The word used in events and metrics. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
