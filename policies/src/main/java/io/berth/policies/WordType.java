package io.berth.policies;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One of a closed set of words.
 *
 * @param <T> what the word stands for
 */
final class WordType<T> extends ScalarType<T> {

  static final WordType<Boolean> BOOLEAN = booleans();

  private final Map<String, T> words;
  private final Map<String, Object> schema;

  private WordType(Map<String, T> words, Map<String, Object> schema, String expected) {
    super(expected);
    this.words = words;
    this.schema = schema;
  }

  /** The constants of an enum, in lower case. */
  static <E extends Enum<E>> WordType<E> of(Class<E> type) {
    Map<String, E> words = new LinkedHashMap<>();
    for (E constant : type.getEnumConstants()) {
      words.put(word(constant), constant);
    }
    return new WordType<>(words, Schemas.words(List.copyOf(words.keySet())), oneOf(words));
  }

  /** The words themselves. */
  static WordType<String> of(String... allowed) {
    Map<String, String> words = new LinkedHashMap<>();
    for (String word : allowed) {
      words.put(word, word);
    }
    return new WordType<>(words, Schemas.words(List.of(allowed)), oneOf(words));
  }

  /** {@code yes} and {@code on} are what other YAML 1.1 tools read as true, so they are here. */
  private static WordType<Boolean> booleans() {
    Map<String, Boolean> words = new LinkedHashMap<>();
    List.of("true", "yes", "on").forEach(word -> words.put(word, true));
    List.of("false", "no", "off").forEach(word -> words.put(word, false));
    return new WordType<>(words, Schemas.of("type", "boolean"), "true or false");
  }

  private static String oneOf(Map<String, ?> words) {
    return String.join(" or ", words.keySet());
  }

  /** An enum constant as the YAML spells it. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  T parse(String text, Value value) {
    T known = words.get(this == BOOLEAN ? text.toLowerCase(Locale.ROOT) : text);
    if (this == BOOLEAN && !value.isPlain()) {
      throw refused(text, "is a text, not a boolean");
    }
    if (known == null && this == BOOLEAN) {
      throw refused(text, "is not a boolean");
    }
    if (known == null) {
      throw new Refused(
          Value.shown(text) + " is not known here", Spelling.hint(text, words.keySet()));
    }
    return known;
  }

  @Override
  public Map<String, Object> schema() {
    return schema;
  }

  @Override
  public Object plain(T value) {
    return value instanceof Enum<?> constant ? word(constant) : value;
  }
}
