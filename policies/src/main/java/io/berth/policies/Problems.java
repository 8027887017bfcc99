package io.berth.policies;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.nodes.Node;

/** All that was found in the files of one load, and the keys that were accepted and not used. */
final class Problems {

  private static final Comparator<Problem> BY_PLACE =
      Comparator.comparing(Problem::file)
          .thenComparingInt(Problem::line)
          .thenComparingInt(Problem::column);

  /** The first place of a word that is accepted and not used, and how many there are. */
  private record Unused(Source source, Node first, int places) {}

  private final List<Problem> found = new ArrayList<>();
  private final Map<String, Unused> unused = new LinkedHashMap<>();

  void add(Problem problem) {
    found.add(problem);
  }

  /** Remembers a word of CONFIG.md's "Accepted, not used"; one note comes of all its places. */
  void unused(Source source, String word, Node key) {
    unused.merge(
        word,
        new Unused(source, key, 1),
        (old, added) -> new Unused(old.source, old.first, old.places + 1));
  }

  /** Everything, by file and line. */
  List<Problem> sorted() {
    List<Problem> all = new ArrayList<>(found);
    unused.forEach((word, at) -> all.add(note(word, at)));
    all.sort(BY_PLACE);
    return all.stream().distinct().toList();
  }

  private static Problem note(String word, Unused at) {
    String more = at.places == 1 ? "" : " (" + at.places + " places, this is the first)";
    return at.source.problem(
        Problem.Severity.NOTE,
        at.first,
        "\"" + word + "\" is accepted and not used" + more,
        "it belongs to the tools that create containers");
  }
}
