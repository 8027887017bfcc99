package io.berth.policies;

import static java.util.Comparator.comparing;
import static java.util.Comparator.naturalOrder;
import static java.util.Comparator.reverseOrder;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One limit of CONFIG.md's table: its name, its default, and which of two values is the stricter.
 * The table of all of them is the one place that the binder, the precedence, the JSON Schema and
 * the tests read.
 *
 * @param <T> {@link TimeLimit}, {@link Duration}, {@link IdleAction}, {@link Double}, {@link Long},
 *     {@link Boolean}, or {@code Optional} of a number where null (no limit) is allowed
 */
public final class LimitKey<T> {

  /**
   * In which sections, besides {@code defaults}, {@code groups} and {@code user_overrides}, a key
   * may stand.
   */
  public enum Scope {
    /** Nowhere else: a quota. */
    OWNER,
    /** {@code container_types} as well (marked L in CONFIG.md). */
    LIFECYCLE,
    /** {@code policies}, and nested {@code policies} maps, as well. */
    DETECTION,
    /** Both of these. */
    LIFECYCLE_AND_DETECTION;

    boolean isLifecycle() {
      return this == LIFECYCLE || this == LIFECYCLE_AND_DETECTION;
    }

    boolean isDetection() {
      return this == DETECTION || this == LIFECYCLE_AND_DETECTION;
    }
  }

  public static final LimitKey<TimeLimit> IDLE_TIMEOUT =
      time(
          "idle_timeout",
          DurationType.LIMIT_OR_ZERO,
          Duration.ofMinutes(30),
          "Act on a GPU container that was idle this long. 0 or null: never.");
  public static final LimitKey<IdleAction> IDLE_ACTION =
      new LimitKey<>(
          Key.of(
              "idle_action",
              WordType.of(IdleAction.class),
              IdleAction.STOP,
              "What happens to an idle container."),
          Scope.LIFECYCLE,
          reverseOrder());
  public static final LimitKey<TimeLimit> MAX_RUNTIME =
      time(
          "max_runtime",
          DurationType.LIMIT_OR_ZERO,
          Duration.ofHours(24),
          "Stop a GPU container this long after its start. 0 or null: never.");
  public static final LimitKey<TimeLimit> GPU_HOLD_AFTER_STOP =
      time(
          "gpu_hold_after_stop",
          DurationType.LIMIT,
          Duration.ofMinutes(15),
          "How long a stopped container keeps its GPUs.");
  public static final LimitKey<TimeLimit> CONTAINER_HOLD_AFTER_STOP =
      time(
          "container_hold_after_stop",
          DurationType.LIMIT,
          Duration.ofMinutes(30),
          "Remove a stopped container after this, never before its GPUs' hold ends.");
  public static final LimitKey<TimeLimit> INTERRUPTED_HOLD =
      time(
          "interrupted_hold",
          DurationType.LIMIT,
          Duration.ofHours(24),
          "Remove it after this, if longer, when Berth, the Engine or the host stopped it.");
  public static final LimitKey<Duration> SIGTERM_GRACE =
      new LimitKey<>(
          Key.of(
                  "sigterm_grace",
                  DurationType.FIXED,
                  Duration.ofSeconds(60),
                  "Between SIGTERM and SIGKILL. A longer StopTimeout of the container wins.")
              .or("sigterm_grace_seconds", DurationType.SECONDS), // ds01's
          Scope.LIFECYCLE_AND_DETECTION,
          reverseOrder());
  public static final LimitKey<Double> GPU_IDLE_THRESHOLD =
      new LimitKey<>(
          Key.of(
              "gpu_idle_threshold",
              NumberType.PERCENT,
              5.0,
              "GPU utilisation in percent, below which a GPU is idle."),
          Scope.DETECTION,
          reverseOrder());
  public static final LimitKey<Double> CPU_IDLE_THRESHOLD =
      new LimitKey<>(
          Key.of(
              "cpu_idle_threshold",
              NumberType.PERCENT,
              2.0,
              "CPU use in percent of one core, below which a container is idle."),
          Scope.DETECTION,
          reverseOrder());
  public static final LimitKey<Long> NETWORK_IDLE_THRESHOLD =
      new LimitKey<>(
          Key.of(
              "network_idle_threshold",
              NumberType.bigCount(0, 1_000_000_000_000L),
              1_048_576L,
              "Bytes received and sent in 30 s, below which a container is idle."),
          Scope.DETECTION,
          reverseOrder());
  public static final LimitKey<Long> IDLE_DETECTION_WINDOW =
      new LimitKey<>(
          Key.of(
              "idle_detection_window",
              NumberType.bigCount(1, 1_000_000),
              3L,
              "Consecutive idle samples before the idle clock counts."),
          Scope.DETECTION,
          naturalOrder());
  public static final LimitKey<Optional<Double>> MAX_GPU_EQUIVALENTS =
      new LimitKey<>(
          Key.of(
              "max_gpu_equivalents",
              OptionalType.orNull(NumberType.AMOUNT),
              Optional.of(1.0),
              "GPUs over all of a user's containers; a MIG instance counts as its share of one."
                  + " null: no quota.",
              "max_gpu_slots",
              "max_gpus_per_user",
              "max_mig_instances"),
          Scope.OWNER,
          noneLast());
  public static final LimitKey<Optional<Long>> MAX_GPU_SLOTS_PER_CONTAINER =
      new LimitKey<>(
          Key.of(
              "max_gpu_slots_per_container",
              OptionalType.orNull(NumberType.bigCount(0, 1_000_000)),
              Optional.of(1L),
              "GPUs or MIG instances that one container may have. null: no limit.",
              "max_gpus_per_container",
              "max_mig_per_container"),
          Scope.OWNER,
          noneLast());
  public static final LimitKey<Boolean> ALLOW_FULL_GPU =
      new LimitKey<>(
          Key.of(
              "allow_full_gpu",
              WordType.BOOLEAN,
              true,
              "Whether the user may have a full GPU where there are MIG instances."),
          Scope.OWNER,
          naturalOrder());
  public static final LimitKey<Optional<Long>> MAX_CONTAINERS_PER_USER =
      new LimitKey<>(
          Key.of(
              "max_containers_per_user",
              OptionalType.orNull(NumberType.bigCount(0, 1_000_000)),
              Optional.of(3L),
              "Containers that hold a GPU. null: no limit."),
          Scope.OWNER,
          noneLast());

  /** Every key, in the order of CONFIG.md. */
  public static final List<LimitKey<?>> ALL =
      List.of(
          IDLE_TIMEOUT,
          IDLE_ACTION,
          MAX_RUNTIME,
          GPU_HOLD_AFTER_STOP,
          CONTAINER_HOLD_AFTER_STOP,
          INTERRUPTED_HOLD,
          SIGTERM_GRACE,
          GPU_IDLE_THRESHOLD,
          CPU_IDLE_THRESHOLD,
          NETWORK_IDLE_THRESHOLD,
          IDLE_DETECTION_WINDOW,
          MAX_GPU_EQUIVALENTS,
          MAX_GPU_SLOTS_PER_CONTAINER,
          ALLOW_FULL_GPU,
          MAX_CONTAINERS_PER_USER);

  private final Key<T> key;
  private final Scope scope;
  private final Comparator<? super T> strictestFirst;

  LimitKey(Key<T> key, Scope scope, Comparator<? super T> strictestFirst) {
    this.key = key;
    this.scope = scope;
    this.strictestFirst = strictestFirst;
  }

  private static LimitKey<TimeLimit> time(
      String word, ValueType<TimeLimit> type, Duration builtIn, String meaning) {
    return new LimitKey<>(
        Key.of(word, type, TimeLimit.of(builtIn), meaning), Scope.LIFECYCLE, naturalOrder());
  }

  static <N extends Comparable<N>> Comparator<Optional<N>> noneLast() {
    return comparing(
        (Optional<N> limit) -> limit.orElse(null), Comparator.nullsLast(naturalOrder()));
  }

  /** The key as the YAML spells it. */
  public String word() {
    return key.word();
  }

  /** The default of CONFIG.md. */
  public T builtIn() {
    return key.builtIn();
  }

  /** Its spellings, type and meaning. */
  Key<T> key() {
    return key;
  }

  public Scope scope() {
    return scope;
  }

  /** Orders the values that owner {@code unknown} may get: the first is taken. */
  public Comparator<? super T> strictestFirst() {
    return strictestFirst;
  }

  @Override
  public String toString() {
    return key.word();
  }
}
