package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.policies.PolicyLoader;
import io.berth.policies.PolicyLoader.Loaded;
import io.berth.policies.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A configuration that a client sent, as the texts of its files. Not as a path: the daemon may read
 * what its client may not, and says in words what is wrong with what it reads.
 */
final class SentConfiguration {

  private static final String MAIN = "main.yaml";
  private static final String BESIDE =
      "user-overrides\\.yaml|lifecycle-exemptions\\.yaml|groups/[^/\\p{Cntrl}]{1,100}\\.members";

  private final Map<String, String> texts;

  private SentConfiguration(Map<String, String> texts) {
    this.texts = texts;
  }

  /**
   * The one in the request's {@code main} and {@code beside}.
   *
   * @throws Refusal if there is none, or a file that no configuration has
   */
  static SentConfiguration of(Call call) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(MAIN, text("main", call.json("main")));
    JsonNode beside = call.json("beside");
    for (Map.Entry<String, JsonNode> each : beside.properties()) {
      if (!each.getKey().matches(BESIDE)) {
        throw Call.bad("beside: a configuration has no file '" + each.getKey() + "'");
      }
      texts.put(each.getKey(), text(each.getKey(), each.getValue()));
    }
    return new SentConfiguration(texts);
  }

  private static String text(String name, JsonNode value) {
    if (!value.isTextual()) {
      throw Call.bad(name + ": the text of a file is wanted");
    }
    return value.asText();
  }

  /**
   * Loads it, as the daemon would from its folder.
   *
   * @throws IOException if it can't be kept on the disk meanwhile
   */
  Loaded load() throws IOException {
    Path folder = Files.createTempDirectory("berth-compare-");
    try {
      for (Map.Entry<String, String> each : texts.entrySet()) {
        Path file = folder.resolve(each.getKey());
        Files.createDirectories(file.resolveSibling(""));
        Files.writeString(file, each.getValue());
      }
      Loaded loaded = PolicyLoader.load(folder.resolve(MAIN));
      return new Loaded(loaded.book(), named(loaded.problems(), folder));
    } finally {
      delete(folder);
    }
  }

  /** As the client called them. */
  private static List<Problem> named(List<Problem> problems, Path folder) {
    return problems.stream()
        .map(
            each ->
                new Problem(
                    each.severity(),
                    folder.relativize(Path.of(each.file())).toString(),
                    each.line(),
                    each.column(),
                    each.what(),
                    each.meant()))
        .toList();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
