package io.berth.policies;

import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * The keys of one section, taken one by one; what nobody took in the end is unknown.
 *
 * <p>Merge keys ({@code <<: *base}) are followed: a key of the section itself beats a merged one.
 * Duplicates were reported by {@link Shape}; here the first one counts.
 */
final class Fields {

  /** A key with its value. */
  record Field(ScalarNode key, Value value) {
    String word() {
      return key.getValue();
    }

    int line() {
      return Source.line(key);
    }
  }

  private final String path;
  private final Source source;
  private final Map<String, Field> fields = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final Set<String> unlisted = new HashSet<>();

  private Fields(String path, Source source) {
    this.path = path;
    this.source = source;
  }

  static Fields none(String path, Source source) {
    return new Fields(path, source);
  }

  static Fields of(MappingNode mapping, String path, Source source) {
    Fields fields = new Fields(path, source);
    fields.merge(mapping, Collections.newSetFromMap(new IdentityHashMap<>()));
    return fields;
  }

  /** Each mapping is merged once, however often it is named: no bomb, no endless loop. */
  private void merge(MappingNode mapping, Set<Node> seen) {
    if (!seen.add(mapping)) {
      return;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode key && Shape.isWord(key) && !isMerge(key)) {
        String at = path.isEmpty() ? key.getValue() : path + "." + key.getValue();
        fields.putIfAbsent(
            key.getValue(), new Field(key, new Value(tuple.getValueNode(), at, source)));
      }
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode key && isMerge(key)) {
        mergeFrom(tuple.getValueNode(), seen);
      }
    }
  }

  private void mergeFrom(Node from, Set<Node> seen) {
    List<Node> parts = from instanceof SequenceNode list ? list.getValue() : List.of(from);
    for (Node part : parts) {
      if (part instanceof MappingNode mapping) {
        merge(mapping, seen);
      } else {
        source.error(part, "<<: merges something that is no section", "write <<: *name");
      }
    }
  }

  private static boolean isMerge(ScalarNode key) {
    return key.isPlain() && key.getValue().equals("<<");
  }

  String path() {
    return path;
  }

  Source source() {
    return source;
  }

  /** Takes the key of that name; empty where it is absent. */
  Optional<Field> take(String word) {
    known.add(word);
    return Optional.ofNullable(fields.remove(word));
  }

  /** The key in whatever spelling, without taking it; empty where it is absent. */
  Optional<Field> peek(Key<?> key) {
    return key.spellings().keySet().stream()
        .flatMap(word -> Optional.ofNullable(fields.get(word)).stream())
        .findFirst();
  }

  /** Takes all that is left, for a section whose keys are names. */
  List<Field> takeAll() {
    List<Field> all = List.copyOf(fields.values());
    fields.clear();
    return all;
  }

  /** Takes a key in whatever spelling; empty where it is absent or, after saying so, bad. */
  <T> Optional<Setting<T>> read(Key<T> key) {
    List<Field> found =
        key.spellings().keySet().stream().flatMap(word -> take(word).stream()).toList();
    unlisted.addAll(key.spellings().keySet());
    unlisted.remove(key.word());
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Field field = found.get(0);
    if (found.size() > 1) {
      sayTwice(key, found);
    }
    Provenance from = new Provenance(source.file(), field.line(), path);
    return key.typeOf(field.word()).read(field.value()).map(value -> new Setting<>(value, from));
  }

  private void sayTwice(Key<?> key, List<Field> found) {
    String places =
        found.stream()
            .map(field -> "as " + field.word() + " (line " + field.line() + ")")
            .collect(Collectors.joining(" and "));
    source.error(
        found.get(found.size() - 1).key(),
        key.word() + " is set more than once in " + path + ": " + places,
        "keep one of them");
  }

  /** Takes those of the given words that are there, as accepted and not used. */
  void skipUnused(Collection<String> words) {
    unlisted.addAll(words);
    for (String word : words) {
      take(word).ifPresent(field -> source.problems().unused(source, word, field.key()));
    }
  }

  /** Says of each key that nobody took that it is unknown. */
  void rejectRest() {
    rejectRest(word -> Optional.empty());
  }

  /**
   * @param hints what is meant by a word that is known elsewhere
   */
  void rejectRest(Function<String, Optional<String>> hints) {
    Set<String> listed = new LinkedHashSet<>(known);
    listed.removeAll(unlisted);
    for (Field field : takeAll()) {
      String where = path.isEmpty() ? "at the top of the file" : "in " + path;
      String word = field.word();
      source.error(
          field.key(),
          "unknown key " + Value.shown(word) + " " + where,
          hints.apply(word).orElseGet(() -> Spelling.hint(word, known, listed)));
    }
  }
}
