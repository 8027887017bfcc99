package io.berth.jobs;

import java.util.Locale;

/** What came of an act (DESIGN section 7, "Events"). */
public enum Outcome {
  DONE,
  /** Not tried: the mode is observe. */
  WOULD,
  FAILED,
  /** Not tried: what the verdict rested on had changed. */
  DROPPED;

  /** The word used in events and metrics. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
