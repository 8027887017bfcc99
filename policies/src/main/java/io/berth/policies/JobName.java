package io.berth.policies;

import java.util.Locale;
import java.util.Optional;

/** The scheduled jobs, as CONFIG.md's {@code schedules:} names them. */
public enum JobName {
  SAMPLE,
  IDLE_STOP,
  MAX_RUNTIME,
  STALE_CLEANUP,
  CREATED_CLEANUP,
  GPU_RELEASE,
  RECONCILE;

  /** The word used in YAML, events, metrics and on the command line: {@code stale-cleanup}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public static Optional<JobName> of(String word) {
    for (JobName job : values()) {
      if (job.word().equals(word)) {
        return Optional.of(job);
      }
    }
    return Optional.empty();
  }
}
