package io.berth.policies;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A section of plain keys, and the record it becomes.
 *
 * @param word its name at the top of the file
 * @param meaning a sentence for the admin; editors show it
 */
record Section<R>(
    String word, String meaning, List<Key<?>> keys, Function<Section.Values, R> bind) {

  /** What a section sets. */
  static final class Values {

    private final Map<Key<?>, Object> values = new HashMap<>();

    private <T> void read(Key<T> key, Fields fields) {
      fields.read(key).ifPresent(setting -> values.put(key, setting.value()));
    }

    /** What was written, or the default. */
    @SuppressWarnings("unchecked") // read() pairs each key with a value of its type
    <T> T get(Key<T> key) {
      return (T) values.getOrDefault(key, key.builtIn());
    }
  }

  /** Takes this section's keys; the caller says what of the rest is unknown. */
  R read(Fields fields) {
    Values values = new Values();
    for (Key<?> key : keys) {
      values.read(key, fields);
    }
    return bind.apply(values);
  }
}
