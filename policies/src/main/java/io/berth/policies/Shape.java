package io.berth.policies;

import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** What must hold of every mapping of a file: each key is one word, and stands there once. */
final class Shape {

  private final Source source;
  private final Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private Shape(Source source) {
    this.source = source;
  }

  /** Says where it does not hold. Every node is looked at once, aliased or not. */
  static void check(Node root, Source source) {
    new Shape(source).walk(root);
  }

  private void walk(Node node) {
    if (!seen.add(node)) {
      return;
    }
    if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(this::walk);
    }
    if (node instanceof MappingNode mapping) {
      Map<String, Node> firsts = new HashMap<>();
      for (NodeTuple tuple : mapping.getValue()) {
        check(tuple.getKeyNode(), firsts);
        walk(tuple.getValueNode());
      }
    }
  }

  /** Whether it is a key that may stand in a section at all. */
  static boolean isWord(Node key) {
    return key instanceof ScalarNode && !Value.isBlank(key) && !Value.isNull(key);
  }

  private void check(Node key, Map<String, Node> firsts) {
    if (!(key instanceof ScalarNode word) || !isWord(key)) {
      source.error(key, "a key must be a word", "write name: value");
      return;
    }
    Node first = firsts.putIfAbsent(word.getValue(), key);
    if (first != null) {
      String what = "duplicate key " + Value.shown(word.getValue());
      source.error(key, what + ", first on line " + Source.line(first), "keep one of them");
    }
  }
}
