package io.berth.policies;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A duration, with or without a word for "no limit" (DESIGN section 5).
 *
 * @param <T> {@link TimeLimit} where there may be no limit, else {@link Duration}
 */
final class DurationType<T> implements ValueType<T> {

  private static final Set<String> NO_LIMIT = Set.of("null", "never", "indefinite");

  /** What a duration of zero means, or whether it is one at all. */
  private enum Zero {
    AT_ONCE,
    NO_LIMIT,
    REFUSED
  }

  /** May have no limit; 0 is at once. */
  static final DurationType<TimeLimit> LIMIT = limit(Zero.AT_ONCE);

  /** May have no limit; 0 says that as well. */
  static final DurationType<TimeLimit> LIMIT_OR_ZERO = limit(Zero.NO_LIMIT);

  /** May have no limit; 0 makes no sense. */
  static final DurationType<TimeLimit> POSITIVE_LIMIT = limit(Zero.REFUSED);

  /** Not null. */
  static final DurationType<Duration> FIXED = fixed(Zero.AT_ONCE, null);

  /** Not null; a bare number of seconds. */
  static final DurationType<Duration> SECONDS = fixed(Zero.AT_ONCE, "s");

  /** Not null; 0 makes no sense. */
  static final DurationType<Duration> POSITIVE = fixed(Zero.REFUSED, null);

  private final Zero zero;
  private final boolean nullable;
  private final @Nullable String unit;
  private final Function<TimeLimit, T> narrow;
  private final Function<T, String> spell;

  private DurationType(
      Zero zero,
      boolean nullable,
      @Nullable String unit,
      Function<TimeLimit, T> narrow,
      Function<T, String> spell) {
    this.zero = zero;
    this.nullable = nullable;
    this.unit = unit;
    this.narrow = narrow;
    this.spell = spell;
  }

  private static DurationType<TimeLimit> limit(Zero zero) {
    return new DurationType<>(zero, true, null, Function.identity(), TimeLimit::toString);
  }

  private static DurationType<Duration> fixed(Zero zero, @Nullable String unit) {
    return new DurationType<>(
        zero, false, unit, limit -> Objects.requireNonNull(limit.duration()), Durations::format);
  }

  @Override
  public Map<String, ValueType<T>> suffixes() {
    Map<String, ValueType<T>> suffixes = new LinkedHashMap<>();
    for (String suffix : List.of("h", "m", "s")) {
      suffixes.put("_" + suffix, new DurationType<>(zero, nullable, suffix, narrow, spell));
    }
    return suffixes;
  }

  @Override
  public Optional<T> read(Value value) {
    try {
      return Optional.of(narrow.apply(limit(value)));
    } catch (Refused refused) {
      value.error(refused);
      return Optional.empty();
    }
  }

  private TimeLimit limit(Value value) {
    if (nullable && value.isNull()) {
      return TimeLimit.NONE;
    }
    String text = value.text(expected());
    if (NO_LIMIT.contains(text)) {
      return noLimit(text);
    }
    Duration duration = unit == null ? Durations.parse(text) : Durations.parse(text, unit);
    return duration.isZero() ? zero(text) : TimeLimit.of(duration);
  }

  private TimeLimit noLimit(String text) {
    if (!nullable) {
      throw new Refused(Value.shown(text) + " is not allowed here", "write " + expected());
    }
    return TimeLimit.NONE;
  }

  private TimeLimit zero(String text) {
    return switch (zero) {
      case AT_ONCE -> TimeLimit.of(Duration.ZERO);
      case NO_LIMIT -> TimeLimit.NONE;
      case REFUSED ->
          throw new Refused(
              Value.shown(text) + " makes no sense here", "write more than 0, such as 30s");
    };
  }

  private String expected() {
    String form = unit == null ? "a duration such as 30m" : "a bare number such as 1 or 0.5";
    return nullable ? form + ", or null for no limit" : form;
  }

  @Override
  public Map<String, Object> schema() {
    String form = unit == null ? "duration" : "number";
    return Schemas.reference(Schemas.durationName(form, nullable, zero != Zero.REFUSED));
  }

  @Override
  public @Nullable Object plain(T value) {
    String text = spell.apply(value);
    return text.equals(TimeLimit.NONE.toString()) ? null : text;
  }
}
