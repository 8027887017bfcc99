package io.berth.policies;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Pieces of JSON Schema as plain data. */
final class Schemas {

  /** {@code false} is what a YAML 1.1 tool reads for {@code off}. */
  static final Map<String, Object> OFF = of("enum", List.of("off", false));

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

  /** As {@link Durations#parse} reads it. */
  static Map<String, Object> duration(boolean nullable, boolean zero) {
    List<Map<String, Object>> any = new ArrayList<>();
    any.add(text("(?=.)" + Durations.PATTERN + "|PT?[0-9][0-9DTHMS.]*"));
    if (zero) {
      any.add(of("enum", List.of(0, "0")));
    }
    if (nullable) {
      any.add(words(List.of("null", "never", "indefinite")));
      any.add(of("type", "null"));
    }
    return of("anyOf", any);
  }
}
