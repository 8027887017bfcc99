package io.berth.policies;

import java.time.Duration;
import java.util.List;

/** {@code policies:}, but for the keys that {@link LimitKey} has. */
final class PoliciesSection {

  private static final Key<TimeLimit> CREATED_CONTAINER_TIMEOUT =
      Key.of(
          "created_container_timeout",
          DurationType.LIMIT,
          TimeLimit.of(Duration.ofMinutes(30)),
          "Remove a container that was never started after this.");
  private static final Key<TimeLimit> GRACE_PERIOD =
      Key.of(
          "grace_period",
          DurationType.LIMIT,
          TimeLimit.of(Duration.ofMinutes(30)),
          "After a start, no idle clock runs for this long.");
  private static final Key<TimeLimit> KEEPALIVE_MAX_DURATION =
      Key.of(
          "keepalive_max_duration",
          DurationType.LIMIT,
          TimeLimit.of(Duration.ofHours(24)),
          "The longest that one keep-alive holds the idle clock.");
  private static final Key<String> KEEPALIVE_FILE =
      Key.of(
          "keepalive_file",
          TextType.CONTAINER_PATH,
          "/workspace/.keep-alive",
          "A file in the container: touching it is a keep-alive.");
  private static final Key<List<Double>> IDLE_WARNINGS =
      Key.of(
          "idle_warnings",
          new WarningsType(),
          List.of(0.8, 0.95),
          "Warn the owner at these shares of idle_timeout.");
  private static final Key<List<Double>> RUNTIME_WARNINGS =
      Key.of(
          "runtime_warnings",
          new WarningsType(),
          List.of(0.75, 0.9),
          "Warn the owner at these shares of max_runtime.");
  private static final Key<Double> HIGH_DEMAND_THRESHOLD =
      Key.of(
          "high_demand_threshold",
          NumberType.SHARE,
          0.8,
          "The share of GPUs allocated from which demand is high; it ends 0.1 below.");
  private static final Key<Double> HIGH_DEMAND_IDLE_REDUCTION =
      Key.of(
          "high_demand_idle_reduction",
          NumberType.SHARE_ABOVE_0,
          0.5,
          "While demand is high, idle_timeout is multiplied by this.");
  private static final Key<Duration> RESERVATION_TIMEOUT =
      Key.of(
          "reservation_timeout",
          DurationType.POSITIVE,
          Duration.ofMinutes(30),
          "A reservation that no container came to use is freed after this.");
  private static final Key<TimeLimit> TWO_STATE_SETTLE =
      Key.of(
          "two_state_settle",
          DurationType.LIMIT,
          TimeLimit.of(Duration.ofSeconds(10)),
          "An orchestrated container that ended well is removed after this.");
  private static final Key<PolicyBook.AutoRemoveAction> AUTO_REMOVE_ACTION =
      Key.of(
          "auto_remove_action",
          WordType.of(PolicyBook.AutoRemoveAction.class),
          PolicyBook.AutoRemoveAction.PAUSE,
          "What an idle or overdue --rm container gets instead of a stop, which would delete it.");
  private static final Key<Duration> SIGTERM_GRACE_MAX =
      Key.of(
          "sigterm_grace_max",
          DurationType.FIXED,
          Duration.ofMinutes(10),
          "The longest StopTimeout of a container that is honoured.");
  private static final Key<PolicyBook.GpuConflict> GPU_CONFLICT =
      Key.of(
          "gpu_conflict",
          WordType.of(PolicyBook.GpuConflict.class),
          PolicyBook.GpuConflict.REPORT,
          "What happens to a container that was started on a GPU another one holds.");
  private static final Key<PolicyBook.OrphanProcesses> ORPHAN_PROCESSES =
      Key.of(
          "orphan_processes",
          WordType.of(PolicyBook.OrphanProcesses.class),
          PolicyBook.OrphanProcesses.REPORT,
          "What happens to a process on a free GPU whose container is gone.");

  static final Section<PolicyBook.Policies> SECTION =
      new Section<>(
          "policies",
          "What holds for the whole server.",
          List.of(
              CREATED_CONTAINER_TIMEOUT,
              GRACE_PERIOD,
              KEEPALIVE_MAX_DURATION,
              KEEPALIVE_FILE,
              IDLE_WARNINGS,
              RUNTIME_WARNINGS,
              HIGH_DEMAND_THRESHOLD,
              HIGH_DEMAND_IDLE_REDUCTION,
              RESERVATION_TIMEOUT,
              TWO_STATE_SETTLE,
              AUTO_REMOVE_ACTION,
              SIGTERM_GRACE_MAX,
              GPU_CONFLICT,
              ORPHAN_PROCESSES),
          PoliciesSection::bind);

  private PoliciesSection() {}

  private static PolicyBook.Policies bind(Section.Values values) {
    return new PolicyBook.Policies(
        values.get(CREATED_CONTAINER_TIMEOUT),
        values.get(GRACE_PERIOD),
        values.get(KEEPALIVE_MAX_DURATION),
        values.get(KEEPALIVE_FILE),
        values.get(IDLE_WARNINGS),
        values.get(RUNTIME_WARNINGS),
        values.get(HIGH_DEMAND_THRESHOLD),
        values.get(HIGH_DEMAND_IDLE_REDUCTION),
        values.get(RESERVATION_TIMEOUT),
        values.get(TWO_STATE_SETTLE),
        values.get(AUTO_REMOVE_ACTION),
        values.get(SIGTERM_GRACE_MAX),
        values.get(GPU_CONFLICT),
        values.get(ORPHAN_PROCESSES));
  }
}
