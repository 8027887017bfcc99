package io.berth.policies;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A value, or a word that says there is none: {@code null}, or {@code off}.
 *
 * @param off whether {@code off} is that word, instead of null
 */
record OptionalType<T>(ValueType<T> type, boolean off) implements ValueType<Optional<T>> {

  static <T> OptionalType<T> orNull(ValueType<T> type) {
    return new OptionalType<>(type, false);
  }

  static <T> OptionalType<T> orOff(ValueType<T> type) {
    return new OptionalType<>(type, true);
  }

  @Override
  public Optional<Optional<T>> read(Value value) {
    if (off ? isOff(value) : value.isNull()) {
      return Optional.of(Optional.empty());
    }
    Optional<T> read = type.read(value);
    return read.isPresent() ? Optional.of(read) : Optional.empty();
  }

  /** {@code false} is what a YAML 1.1 tool makes of {@code off} when it writes a file anew. */
  static boolean isOff(Value value) {
    return value.isScalar("off") || (value.isPlain() && value.isScalar("false"));
  }

  @Override
  public Map<String, Object> schema() {
    return off
        ? Schemas.of("anyOf", List.of(type.schema(), Schemas.OFF))
        : Schemas.orNull(type.schema());
  }

  @Override
  public @Nullable Object plain(Optional<T> value) {
    return value.map(type::plain).orElse(off ? "off" : null);
  }
}
