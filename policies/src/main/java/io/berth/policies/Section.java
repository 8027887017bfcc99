package io.berth.policies;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    private final Map<Key<?>, Setting<?>> settings = new LinkedHashMap<>();

    private <T> void read(Key<T> key, Fields fields) {
      Setting<T> builtIn = new Setting<>(key.builtIn(), Provenance.BUILT_IN);
      settings.put(key, fields.read(key).orElse(builtIn));
    }

    /** What was written, or the default. */
    @SuppressWarnings("unchecked") // read() pairs each key with a value of its type
    <T> T get(Key<T> key) {
      return (T) Objects.requireNonNull(settings.get(key), key.word()).value();
    }

    /** All of them by their words, in the section's order, each with where it was written. */
    Map<String, Setting<?>> all() {
      Map<String, Setting<?>> all = new LinkedHashMap<>();
      settings.forEach((key, setting) -> all.put(key.word(), setting));
      return Collections.unmodifiableMap(all);
    }
  }

  /** Takes this section's keys; the caller says what of the rest is unknown. */
  R read(Fields fields) {
    return bind.apply(values(fields));
  }

  /** The same, before it becomes a record. */
  Values values(Fields fields) {
    Values values = new Values();
    for (Key<?> key : keys) {
      values.read(key, fields);
    }
    return values;
  }
}
