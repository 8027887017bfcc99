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
    LIFECYCLE_AND_DETECTION
  }

  public static final LimitKey<TimeLimit> IDLE_TIMEOUT =
      time("idle_timeout", Duration.ofMinutes(30));
  public static final LimitKey<IdleAction> IDLE_ACTION =
      new LimitKey<>("idle_action", IdleAction.STOP, Scope.LIFECYCLE, reverseOrder());
  public static final LimitKey<TimeLimit> MAX_RUNTIME = time("max_runtime", Duration.ofHours(24));
  public static final LimitKey<TimeLimit> GPU_HOLD_AFTER_STOP =
      time("gpu_hold_after_stop", Duration.ofMinutes(15));
  public static final LimitKey<TimeLimit> CONTAINER_HOLD_AFTER_STOP =
      time("container_hold_after_stop", Duration.ofMinutes(30));
  public static final LimitKey<TimeLimit> INTERRUPTED_HOLD =
      time("interrupted_hold", Duration.ofHours(24));
  public static final LimitKey<Duration> SIGTERM_GRACE =
      new LimitKey<>(
          "sigterm_grace", Duration.ofSeconds(60), Scope.LIFECYCLE_AND_DETECTION, reverseOrder());
  public static final LimitKey<Double> GPU_IDLE_THRESHOLD =
      new LimitKey<>("gpu_idle_threshold", 5.0, Scope.DETECTION, reverseOrder());
  public static final LimitKey<Double> CPU_IDLE_THRESHOLD =
      new LimitKey<>("cpu_idle_threshold", 2.0, Scope.DETECTION, reverseOrder());
  public static final LimitKey<Long> NETWORK_IDLE_THRESHOLD =
      new LimitKey<>("network_idle_threshold", 1_048_576L, Scope.DETECTION, reverseOrder());
  public static final LimitKey<Long> IDLE_DETECTION_WINDOW =
      new LimitKey<>("idle_detection_window", 3L, Scope.DETECTION, naturalOrder());
  public static final LimitKey<Optional<Double>> MAX_GPU_EQUIVALENTS =
      new LimitKey<>("max_gpu_equivalents", Optional.of(1.0), Scope.OWNER, noneLast());
  public static final LimitKey<Optional<Long>> MAX_GPU_SLOTS_PER_CONTAINER =
      new LimitKey<>("max_gpu_slots_per_container", Optional.of(1L), Scope.OWNER, noneLast());
  public static final LimitKey<Boolean> ALLOW_FULL_GPU =
      new LimitKey<>("allow_full_gpu", true, Scope.OWNER, naturalOrder());
  public static final LimitKey<Optional<Long>> MAX_CONTAINERS_PER_USER =
      new LimitKey<>("max_containers_per_user", Optional.of(3L), Scope.OWNER, noneLast());

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

  private final String word;
  private final T builtIn;
  private final Scope scope;
  private final Comparator<? super T> strictestFirst;

  private LimitKey(String word, T builtIn, Scope scope, Comparator<? super T> strictestFirst) {
    this.word = word;
    this.builtIn = builtIn;
    this.scope = scope;
    this.strictestFirst = strictestFirst;
  }

  private static LimitKey<TimeLimit> time(String word, Duration builtIn) {
    return new LimitKey<>(word, TimeLimit.of(builtIn), Scope.LIFECYCLE, naturalOrder());
  }

  private static <N extends Comparable<N>> Comparator<Optional<N>> noneLast() {
    return comparing(
        (Optional<N> limit) -> limit.orElse(null), Comparator.nullsLast(naturalOrder()));
  }

  /** The key as the YAML spells it. */
  public String word() {
    return word;
  }

  /** The default of CONFIG.md. */
  public T builtIn() {
    return builtIn;
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
    return word;
  }
}
