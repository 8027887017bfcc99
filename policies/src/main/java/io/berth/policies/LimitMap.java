package io.berth.policies;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** The limits that one section sets, each with its place; what it does not set is not in it. */
final class LimitMap {

  /** {@code aggregate.gpu_limit}: no limit of its own, but a bound of max_gpu_equivalents. */
  static final LimitKey<Optional<Double>> GPU_LIMIT =
      new LimitKey<>(
          Key.of(
              "gpu_limit",
              OptionalType.orNull(NumberType.AMOUNT),
              Optional.empty(),
              "Bounds max_gpu_equivalents. null: no bound."),
          LimitKey.Scope.OWNER,
          LimitKey.noneLast());

  static final String AGGREGATE = "aggregate";
  static final String NESTED = "policies";

  /** CONFIG.md, "Accepted, not used", but for {@code aggregate} and the sections. */
  static final List<String> UNUSED =
      List.of(
          "max_cpus",
          "memory",
          "memory_swap",
          "shm_size",
          "pids_limit",
          "max_tasks",
          "priority",
          "storage_workspace",
          "storage_data",
          "storage_tmp",
          "gpu_memory",
          "gpu_hold_after_manual_stop",
          "default_mig_count",
          "cpus",
          "reserved_gpus",
          "reservation_start",
          "reservation_end",
          "reason",
          "notes");

  static final LimitMap EMPTY = new LimitMap();

  private final Map<LimitKey<?>, Setting<?>> settings = new LinkedHashMap<>();

  private LimitMap() {}

  /** Takes all the limits of {@code defaults}. */
  static LimitMap defaults(Fields fields) {
    LimitMap limits = new LimitMap();
    limits.takeKeys(fields, key -> true);
    limits.takeAggregate(fields);
    return limits;
  }

  /** Takes all the limits of one group or user, those in its nested {@code policies} as well. */
  static LimitMap owner(Fields fields) {
    LimitMap limits = defaults(fields);
    fields
        .take(NESTED)
        .flatMap(field -> field.value().fields())
        .ifPresent(nested -> limits.takeNested(fields, nested));
    return limits;
  }

  /** Takes the lifecycle keys of one of {@code container_types}. */
  static LimitMap type(Fields fields) {
    LimitMap limits = new LimitMap();
    limits.takeKeys(fields, key -> key.scope().isLifecycle());
    fields.skipUnused(List.of(AGGREGATE));
    return limits;
  }

  /** Takes the idle detection keys of the global {@code policies}. */
  static LimitMap detection(Fields fields) {
    LimitMap limits = new LimitMap();
    limits.takeKeys(fields, key -> key.scope().isDetection());
    fields.skipUnused(List.of(AGGREGATE));
    return limits;
  }

  private void takeKeys(Fields fields, Predicate<LimitKey<?>> allowed) {
    LimitKey.ALL.stream().filter(allowed).forEach(key -> takeKey(key, fields));
    fields.skipUnused(UNUSED);
  }

  private <T> void takeKey(LimitKey<T> key, Fields fields) {
    fields.read(key.key()).ifPresent(setting -> settings.put(key, setting));
  }

  private void takeNested(Fields outer, Fields nested) {
    for (LimitKey<?> key : LimitKey.ALL) {
      get(key)
          .ifPresent(
              here ->
                  nested.peek(key.key()).ifPresent(there -> sayTwice(outer, here.from(), there)));
    }
    settings.putAll(detection(nested).settings);
    nested.rejectRest();
  }

  private static void sayTwice(Fields outer, Provenance here, Fields.Field there) {
    outer
        .source()
        .error(
            there.key(),
            there.word()
                + " is set more than once in "
                + outer.path()
                + ": here and on line "
                + here.line(),
            "keep one of them");
  }

  private void takeAggregate(Fields fields) {
    Optional<Fields.Field> aggregate = fields.take(AGGREGATE);
    Optional<Fields> inner = aggregate.flatMap(field -> field.value().fields());
    inner.ifPresent(
        it -> {
          takeKey(GPU_LIMIT, it);
          if (!it.takeAll().isEmpty()) {
            fields
                .source()
                .problems()
                .unused(fields.source(), AGGREGATE, aggregate.orElseThrow().key());
          }
        });
  }

  /** What the section sets. */
  @SuppressWarnings("unchecked") // takeKey pairs each key with a setting of its type
  <T> Optional<Setting<T>> get(LimitKey<T> key) {
    return Optional.ofNullable((Setting<T>) settings.get(key));
  }
}
