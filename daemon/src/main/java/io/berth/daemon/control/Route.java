package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One thing that can be asked of the daemon.
 *
 * @param method {@code GET} or {@code POST}
 * @param path such as {@code /v1/containers/{container}}; a name in braces stands for one segment
 * @param slow whether it waits for the Engine or a sweep, and is not to keep quick ones waiting
 * @param largestBody in bytes
 */
record Route(String method, String path, boolean slow, int largestBody, Answerer answerer) {

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
    return new Route("GET", path, false, USUAL_BODY, answerer);
  }

  static Route post(String path, Answerer answerer) {
    return new Route("POST", path, false, USUAL_BODY, answerer);
  }

  Route slowly() {
    return new Route(method, path, true, largestBody, answerer);
  }

  Route taking(int bytes) {
    return new Route(method, path, slow, bytes, answerer);
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
