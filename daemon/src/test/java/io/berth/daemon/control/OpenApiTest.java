package io.berth.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What docs/openapi.yaml and docs/control.md say is what the daemon answers. */
class OpenApiTest {

  private static final Path DOCS = Path.of("../docs");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void every_route_is_described_and_nothing_else() throws IOException {
    Map<String, Map<String, Map<String, Object>>> paths = paths();
    Set<String> described = new TreeSet<>();
    paths.forEach(
        (path, methods) ->
            methods.keySet().stream()
                .filter(method -> method.equals("get") || method.equals("post"))
                .forEach(
                    method ->
                        described.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path)));

    assertThat(described).isEqualTo(routes());
  }

  @Test
  void what_each_route_can_be_asked_with_is_described_and_nothing_else() throws IOException {
    Map<String, Map<String, Map<String, Object>>> paths = paths();
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      for (Route route : harbour.routes()) {
        JsonNode described =
            JSON.valueToTree(paths)
                .path(route.path())
                .path(route.method().toLowerCase(java.util.Locale.ROOT));
        Set<String> fields = new TreeSet<>();
        for (JsonNode each : described.path("parameters")) {
          if (each.path("in").asText().equals("query")) {
            fields.add(each.path("name").asText());
          }
        }
        described
            .at("/requestBody/content/application~1json/schema/properties")
            .fieldNames()
            .forEachRemaining(fields::add);

        assertThat(fields).as(route.path()).isEqualTo(new TreeSet<>(route.fields()));
      }
    }
  }

  private static Map<String, Map<String, Map<String, Object>>> paths() throws IOException {
    return new Yaml(new SafeConstructor(new LoaderOptions()))
        .<Map<String, Map<String, Map<String, Map<String, Object>>>>>load(
            Files.readString(DOCS.resolve("openapi.yaml")))
        .getOrDefault("paths", Map.of());
  }

  @Test
  void every_route_is_explained() throws IOException {
    String page = Files.readString(DOCS.resolve("control.md"));
    Set<String> routes = routes();

    assertThat(routes).allSatisfy(route -> assertThat(page).contains("`" + route + "`"));
    for (Refusal.Code code : Refusal.Code.values()) {
      assertThat(page).contains("`" + code.word() + "`");
    }
  }

  private Set<String> routes() throws IOException {
    Set<String> routes = new TreeSet<>();
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0)) {
      harbour.routes().forEach(route -> routes.add(route.method() + " " + route.path()));
    }
    return routes;
  }
}
