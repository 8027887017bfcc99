package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * One thing that can be asked of the daemon.
 *
 * @param method {@code GET} or {@code POST}
 * @param path such as {@code /v1/containers/{container}}; a name in braces stands for one segment
 * @param slow whether it waits for the Engine or a sweep, and is not to keep quick ones waiting
 * @param largestBody in bytes
 * @param fields what it can be asked with: in the query of a {@code GET}, in the body of a {@code
 *     POST}
 */
record Route(
    String method,
    String path,
    boolean slow,
    int largestBody,
    Set<String> fields,
    Answerer answerer) {

  private static final int USUAL_BODY = 16 * 1024;

  /** Carries it out. */
  @FunctionalInterface
  interface Answerer {
    /**
     * Answers.
     *
     * @throws Refusal if it is not carried out
     */
    JsonNode answer(Call call);
  }

  static Route get(String path, Answerer answerer) {
    return new Route("GET", path, false, USUAL_BODY, Set.of(), answerer);
  }

  static Route post(String path, Answerer answerer) {
    return new Route("POST", path, false, USUAL_BODY, Set.of(), answerer);
  }

  Route slowly() {
    return new Route(method, path, true, largestBody, fields, answerer);
  }

  Route taking(int bytes) {
    return new Route(method, path, slow, bytes, fields, answerer);
  }

  Route with(String... names) {
    return new Route(method, path, slow, largestBody, Set.of(names), answerer);
  }

  /**
   * Holds what was sent against the fields that there are: one that is misspelt is never ignored.
   *
   * @throws Refusal that names one that there is not
   */
  void check(Collection<String> inQuery, Collection<String> inBody) {
    boolean reads = method.equals("GET");
    refuseOthers("query", inQuery, reads ? fields : Set.of());
    refuseOthers("body", inBody, reads ? Set.of() : fields);
  }

  private static void refuseOthers(String where, Collection<String> sent, Set<String> known) {
    for (String each : sent) {
      if (!known.contains(each)) {
        String there = known.isEmpty() ? "none" : String.join(", ", new TreeSet<>(known));
        throw Call.bad(
            Call.shown(each) + ": no such field is known in its " + where + "; known: " + there);
      }
    }
  }

  /** The values of the path's names; empty where it is another path. */
  Optional<Map<String, String>> match(String asked) {
    List<String> mine = segments(path);
    List<String> theirs = segments(asked);
    if (mine.size() != theirs.size()) {
      return Optional.empty();
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < mine.size(); i++) {
      String segment = mine.get(i);
      String value = theirs.get(i);
      if (segment.startsWith("{") && !value.isEmpty()) {
        values.put(segment.substring(1, segment.length() - 1), value);
      } else if (!segment.equals(value)) {
        return Optional.empty();
      }
    }
    return Optional.of(values);
  }

  private static List<String> segments(String path) {
    List<String> segments = new ArrayList<>();
    for (String each : path.split("/", -1)) {
      segments.add(each);
    }
    return segments;
  }
}
