package io.berth.policies;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One key of the configuration: its name, how its value is written, its default and its meaning.
 * The binder, the JSON Schema and the tests of the docs read these and nothing else.
 *
 * @param <T> what its value becomes
 */
final class Key<T> {

  private final String word;
  private final ValueType<T> type;
  private final T builtIn;
  private final String meaning;
  private final Map<String, ValueType<T>> spellings = new LinkedHashMap<>();

  private Key(String word, ValueType<T> type, T builtIn, String meaning, List<String> aliases) {
    this.word = word;
    this.type = type;
    this.builtIn = builtIn;
    this.meaning = meaning;
    spellings.put(word, type);
    type.suffixes().forEach((suffix, suffixed) -> spellings.put(word + suffix, suffixed));
    aliases.forEach(alias -> spellings.put(alias, type));
  }

  /**
   * @param meaning a phrase for the admin; editors show it
   */
  static <T> Key<T> of(
      String word, ValueType<T> type, T builtIn, String meaning, String... aliases) {
    return new Key<>(word, type, builtIn, meaning, List.of(aliases));
  }

  /** The same with a further name, under which its value is written in another way. */
  Key<T> or(String spelling, ValueType<T> spelled) {
    Key<T> key = new Key<>(word, type, builtIn, meaning, List.of());
    key.spellings.putAll(spellings);
    key.spellings.put(spelling, spelled);
    return key;
  }

  String word() {
    return word;
  }

  ValueType<T> type() {
    return type;
  }

  T builtIn() {
    return builtIn;
  }

  String meaning() {
    return meaning;
  }

  /** Every name it may have, its own first, and how its value is written then. */
  Map<String, ValueType<T>> spellings() {
    return spellings;
  }

  ValueType<T> typeOf(String spelling) {
    return Objects.requireNonNull(spellings.get(spelling), spelling);
  }

  @Override
  public String toString() {
    return word;
  }
}
