package io.berth.policies;

import java.time.Duration;
import java.util.List;

/** When a job runs. */
public sealed interface Schedule {

  /** {@code every 30s}. */
  record Every(Duration period) implements Schedule {}

  /**
   * A cron line.
   *
   * @param written as the admin wrote it, 5 fields or 6 to 7
   * @param quartz the same moments as Quartz expressions; more than one where a 5-field line
   *     restricts both day of month and day of week, which cron reads as "either"
   */
  record Cron(String written, List<String> quartz) implements Schedule {
    public Cron {
      quartz = List.copyOf(quartz);
    }
  }

  /** {@code off}. */
  record Off() implements Schedule {}
}
