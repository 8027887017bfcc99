package io.berth.policies;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/** {@code safety:}. */
final class SafetySection {

  private static final NumberType<Integer> COUNT = NumberType.count(0, 1_000_000);

  private static final Key<Mode> MODE =
      Key.of(
          "mode",
          WordType.of(Mode.class),
          Mode.OBSERVE,
          "observe: every verdict is reported, no container is touched. enforce: they are done.");
  private static final Key<Set<JobName>> JOBS =
      Key.of(
          "jobs",
          new ObserveJobsType(),
          Set.of(),
          "Jobs kept in observe while the rest enforce, such as idle-stop: observe.");
  private static final Key<PolicyBook.CleanupScope> CLEANUP_SCOPE =
      Key.of(
          "cleanup_scope",
          WordType.of(PolicyBook.CleanupScope.class),
          PolicyBook.CleanupScope.ALL,
          "Which stopped and created containers may be removed: all, those with a known owner,"
              + " those that asked for a GPU.");
  private static final Key<Duration> STARTUP_GRACE =
      Key.of(
          "startup_grace",
          DurationType.FIXED,
          Duration.ofMinutes(5),
          "After the daemon starts, nothing is stopped or removed for this long.");
  private static final Key<Duration> BOOT_GRACE =
      Key.of(
          "boot_grace",
          DurationType.FIXED,
          Duration.ofMinutes(30),
          "After the host boots, nothing is stopped or removed for this long.");
  private static final Key<Integer> MAX_STOPS_PER_SWEEP =
      Key.of("max_stops_per_sweep", COUNT, 10, "Stops in one sweep at most.");
  private static final Key<Integer> MAX_STOPS_PER_HOUR =
      Key.of("max_stops_per_hour", COUNT, 30, "Stops in one hour at most.");
  private static final Key<Integer> MAX_REMOVALS_PER_SWEEP =
      Key.of("max_removals_per_sweep", COUNT, 50, "Removals in one sweep at most.");
  private static final Key<Double> BREAKER_SHARE =
      Key.of(
          "breaker_share",
          NumberType.SHARE,
          0.5,
          "When more than this share is wanted stopped or removed in ten minutes, nothing is done"
              + " until fewer are wanted. 1: never.");
  private static final Key<Integer> BREAKER_MIN_STOPS =
      Key.of("breaker_min_stops", COUNT, 3, "The breaker never trips for fewer stops than this.");
  private static final Key<Integer> BREAKER_MIN_REMOVALS =
      Key.of(
          "breaker_min_removals",
          COUNT,
          10,
          "The breaker never trips for fewer removals than this.");
  private static final Key<Duration> CLOCK_JUMP_TOLERANCE =
      Key.of(
          "clock_jump_tolerance",
          DurationType.POSITIVE,
          Duration.ofMinutes(2),
          "When the clock jumps by more, a pass does nothing and deadlines move along.");
  private static final Key<Duration> ENGINE_TIMEOUT =
      Key.of(
          "engine_timeout",
          DurationType.POSITIVE,
          Duration.ofSeconds(30),
          "For any one call to the Engine; a stop gets its grace on top.");

  static final Section<PolicyBook.Safety> SECTION =
      new Section<>(
          "safety",
          "What keeps a mistake small.",
          List.of(
              MODE,
              JOBS,
              CLEANUP_SCOPE,
              STARTUP_GRACE,
              BOOT_GRACE,
              MAX_STOPS_PER_SWEEP,
              MAX_STOPS_PER_HOUR,
              MAX_REMOVALS_PER_SWEEP,
              BREAKER_SHARE,
              BREAKER_MIN_STOPS,
              BREAKER_MIN_REMOVALS,
              CLOCK_JUMP_TOLERANCE,
              ENGINE_TIMEOUT),
          SafetySection::bind);

  private SafetySection() {}

  private static PolicyBook.Safety bind(Section.Values values) {
    return new PolicyBook.Safety(
        values.get(MODE),
        values.get(JOBS),
        values.get(CLEANUP_SCOPE),
        values.get(STARTUP_GRACE),
        values.get(BOOT_GRACE),
        values.get(MAX_STOPS_PER_SWEEP),
        values.get(MAX_STOPS_PER_HOUR),
        values.get(MAX_REMOVALS_PER_SWEEP),
        values.get(BREAKER_SHARE),
        values.get(BREAKER_MIN_STOPS),
        values.get(BREAKER_MIN_REMOVALS),
        values.get(CLOCK_JUMP_TOLERANCE),
        values.get(ENGINE_TIMEOUT));
  }
}
