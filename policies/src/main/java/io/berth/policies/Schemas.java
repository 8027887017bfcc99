package io.berth.policies;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Pieces of JSON Schema as plain data. */
final class Schemas {

  /** {@code false} is what a YAML 1.1 tool reads for {@code off}. */
  static final Map<String, Object> OFF = of("enum", List.of("off", false));

  /** What {@link Durations#parse} reads, but for 0. */
  static final String DURATION = "(?=.)" + Durations.PATTERN + "|PT?[0-9][0-9DTHMS.]*";

  private Schemas() {}

  /** A schema of the given names and values, in that order. */
  static Map<String, Object> of(Object... pairs) {
    Map<String, Object> schema = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      schema.put((String) pairs[i], pairs[i + 1]);
    }
    return schema;
  }

  static Map<String, Object> orNull(Map<String, Object> schema) {
    return of("anyOf", List.of(schema, of("type", "null")));
  }

  static Map<String, Object> words(List<String> words) {
    return of("enum", words);
  }

  /** A whole-text pattern. */
  static Map<String, Object> text(String pattern) {
    return of("type", "string", "pattern", "^(?:" + pattern + ")$");
  }

  /** A schema that stands under that name among the definitions of the whole. */
  static Map<String, Object> reference(String definition) {
    return of("$ref", "#/$defs/" + definition);
  }

  /**
   * The definitions that {@link DurationType} refers to: a duration as {@link Durations#parse}
   * reads it, and a bare number.
   */
  static Map<String, Object> durations() {
    Map<String, Object> definitions = new LinkedHashMap<>();
    for (boolean nullable : List.of(false, true)) {
      for (boolean zero : List.of(false, true)) {
        definitions.put(durationName("duration", nullable, zero), duration(nullable, zero));
        definitions.put(durationName("number", nullable, zero), number(nullable, zero));
      }
    }
    return definitions;
  }

  /**
   * @param form {@code duration} or {@code number}
   */
  static String durationName(String form, boolean nullable, boolean zero) {
    return form + (zero ? "" : "_above_0") + (nullable ? "_or_null" : "");
  }

  private static Map<String, Object> duration(boolean nullable, boolean zero) {
    List<Map<String, Object>> any = new ArrayList<>();
    any.add(text(DURATION));
    if (zero) {
      any.add(of("enum", List.of(0, "0")));
    }
    if (nullable) {
      any.add(words(List.of("null", "never", "indefinite")));
      any.add(of("type", "null"));
    }
    return of("anyOf", any);
  }

  private static Map<String, Object> number(boolean nullable, boolean zero) {
    Map<String, Object> number = of("type", "number", zero ? "minimum" : "exclusiveMinimum", 0);
    return nullable ? orNull(number) : number;
  }
}
