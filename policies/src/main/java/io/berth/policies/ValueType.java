package io.berth.policies;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a value is written: one way of reading it, and the same said as JSON Schema. */
interface ValueType<T> {

  /** The value; empty after saying what is wrong with it. */
  Optional<T> read(Value value);

  /** What JSON Schema says of it: plain maps, lists, texts and numbers. */
  Map<String, Object> schema();

  /** A value as plain data, spelled as an admin would; for the schema's defaults and the docs. */
  @Nullable Object plain(T value);

  /**
   * Further spellings of a key of this type: the suffix of its name, and how it is written then.
   */
  default Map<String, ValueType<T>> suffixes() {
    return Map.of();
  }
}
