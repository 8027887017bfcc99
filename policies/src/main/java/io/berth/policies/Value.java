package io.berth.policies;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * One value of a file, with the words to talk about it.
 *
 * <p>It is read by its text alone, never by the tag that YAML 1.1 would resolve: {@code off} stays
 * {@code off}, {@code 1:30} is no number, and {@code 010} is seen as it was written.
 *
 * @param path where it stands, such as {@code groups.researchers.idle_timeout}
 */
record Value(Node node, String path, Source source) {

  private static final Set<String> NULLS = Set.of("null", "Null", "NULL", "~");
  private static final Pattern NUMBER_OR_BOOLEAN =
      Pattern.compile("[-+]?(\\d[\\d_]*)(\\.\\d*)?([eE][-+]?\\d+)?|[Tt]rue|TRUE|[Ff]alse|FALSE");
  private static final int LONGEST_SHOWN = 60;

  /** The key it belongs to: the last part of its path. */
  String word() {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /** From 1. */
  int line() {
    return Source.line(node);
  }

  /** From 1. */
  int column() {
    return Source.column(node);
  }

  void error(String what, String meant) {
    source.error(node, (path.isEmpty() ? "the file " : word() + ": ") + what, meant);
  }

  void error(Refused refused) {
    error(refused.what(), refused.meant());
  }

  /** Written as null, in one of YAML's ways. */
  boolean isNull() {
    return isNull(node);
  }

  static boolean isNull(Node node) {
    return isPlain(node) && NULLS.contains(((ScalarNode) node).getValue());
  }

  /** Nothing stands behind the colon. YAML reads it as null; for a single value we ask. */
  boolean isBlank() {
    return isBlank(node);
  }

  static boolean isBlank(Node node) {
    return isPlain(node) && ((ScalarNode) node).getValue().isEmpty();
  }

  /** A scalar without quotes. */
  boolean isPlain() {
    return isPlain(node);
  }

  private static boolean isPlain(Node node) {
    return node instanceof ScalarNode scalar && scalar.getScalarStyle() == ScalarStyle.PLAIN;
  }

  /** A single value of exactly that text. */
  boolean isScalar(String text) {
    return node instanceof ScalarNode scalar && scalar.getValue().equals(text);
  }

  /** Not quoted, and YAML everywhere reads it as a number or a boolean. */
  boolean looksLikeNumberOrBoolean() {
    return isPlain() && NUMBER_OR_BOOLEAN.matcher(((ScalarNode) node).getValue()).matches();
  }

  /**
   * The text of a scalar that is there and is not null.
   *
   * @param expected what should stand there, such as {@code a duration such as 30m}
   * @throws Refused where there is none
   */
  String text(String expected) {
    if (!(node instanceof ScalarNode scalar)) {
      throw new Refused("is " + kind() + ", not a single value", "write " + expected);
    }
    if (isBlank()) {
      throw new Refused("has no value", "write " + expected);
    }
    if (isNull()) {
      throw new Refused("must not be null", "write " + expected);
    }
    return scalar.getValue();
  }

  /** The items of a list; empty after saying that it is none. */
  Optional<List<Value>> items(String expected) {
    if (!(node instanceof SequenceNode sequence)) {
      String what = isBlank() ? "has no value" : "is " + kind() + ", not a list";
      error(what, "write " + expected);
      return Optional.empty();
    }
    List<Value> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(new Value(item, path + "[" + (items.size() + 1) + "]", source));
    }
    return Optional.of(items);
  }

  /** The keys of a section, none for one that is empty; empty after saying that it is none. */
  Optional<Fields> fields() {
    if (node instanceof MappingNode mapping) {
      return Optional.of(Fields.of(mapping, path, source));
    }
    if (isBlank() || isNull()) {
      return Optional.of(Fields.none(path, source));
    }
    error("is " + kind() + ", not a section", "write keys with values below it, indented");
    return Optional.empty();
  }

  private String kind() {
    if (node instanceof MappingNode) {
      return "a section with keys";
    }
    return node instanceof SequenceNode ? "a list" : "a single value";
  }

  /** A text as messages quote it: clipped, and on one line. */
  static String shown(String text) {
    String clipped =
        text.codePointCount(0, text.length()) <= LONGEST_SHOWN
            ? text
            : text.substring(0, text.offsetByCodePoints(0, LONGEST_SHOWN)) + "...";
    return "\"" + visible(clipped) + "\"";
  }

  /** A text on one line, without what a terminal would act on. */
  static String visible(String text) {
    return text.replaceAll("[\\p{Cntrl}\\x80-\\x9f\\u2028\\u2029]", "?");
  }
}
