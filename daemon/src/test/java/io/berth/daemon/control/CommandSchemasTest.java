package io.berth.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import io.berth.daemon.cli.BerthCli;
import io.berth.jobs.activity.Measure;
import io.berth.jobs.activity.Sample;
import io.berth.jobs.container.Containers;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What {@code -o json} prints fits the schema that docs/cli.md names for the command. */
class CommandSchemasTest {

  private static final Path DOCS = Path.of("../docs");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `berth ([a-z -]+)` \\| `([A-Za-z]+)`");

  @TempDir private Path folder;
  private Harbour harbour;
  private Path bad;

  @BeforeEach
  void open() throws IOException {
    harbour =
        new Harbour(
            folder.resolve("run"), Harbour.QUIET, 4, (user, who) -> Map.of("terminal", "sent"));
    bad = Files.writeString(folder.resolve("bad.yaml"), "safty: {}\naccess_control: {}\n");
    Instant now = Instant.now();
    harbour
        .engine()
        .has(Containers.running("train").owner("ada").gpu("GPU-0").createdAt(now).startedAt(now));
    harbour.engine().has(Containers.created("litter").owner("bob").createdAt(now));
    harbour
        .engine()
        .has(
            Containers.exited("done")
                .owner("ada")
                .gpu("GPU-1")
                .createdAt(now)
                .startedAt(now)
                .finishedAt(now));
    harbour.engine().has(Containers.exited("over").createdAt(now).startedAt(now).finishedAt(now));
    harbour.look();
    Measure unknown = new Measure(Measure.State.UNKNOWN, 0, "it could not be read");
    harbour.samples(
        List.of(new Sample(1, now, now, 1, false, unknown, unknown, unknown, null, false)));
    harbour.engine().remove(Containers.idOf("over"));
  }

  @AfterEach
  void close() {
    harbour.close();
  }

  /** By command: what to run of it, in this order. */
  private Map<String, List<String>> examples() {
    Map<String, List<String>> lines = new LinkedHashMap<>();
    lines.put("ps", List.of("ps", "ps --owner nobody"));
    lines.put(
        "gpus",
        List.of("gpus", "gpus --ledger LEDGER", "gpus --ledger LEDGER --at 2026-01-01T00:00Z"));
    lines.put(
        "gpus --history",
        List.of("gpus --ledger LEDGER --history GPU-0", "gpus --ledger LEDGER --owner ada"));
    lines.put(
        "explain",
        List.of("explain train", "explain litter", "explain done", "explain done --ledger LEDGER"));
    lines.put("plan", List.of("plan", "plan --at +3d", "plan --enforce"));
    lines.put("limits", List.of("limits", "limits ada"));
    lines.put("events", List.of("events", "events --since 1h --type container"));
    lines.put("allocate", List.of("allocate --user cleo --container next"));
    lines.put("release", List.of("release next"));
    lines.put("pause", List.of("pause train"));
    lines.put(
        "wait",
        List.of("wait train --timeout 0s", "wait absent --timeout 0s", "wait over --timeout 1s"));
    lines.put("resume", List.of("resume train"));
    lines.put("keep-alive", List.of("keep-alive train", "ping train --for 1h"));
    lines.put("protect", List.of("protect train --why x", "protect train --why x --for 1d"));
    lines.put("unprotect", List.of("unprotect train"));
    lines.put("sweep", List.of("sweep idle-stop", "sweep max-runtime --dry-run"));
    lines.put("job pause", List.of("job pause stale-cleanup --for 1h --why x"));
    lines.put("status", List.of("status"));
    lines.put("job resume", List.of("job resume stale-cleanup"));
    lines.put("mode", List.of("mode observe", "mode config"));
    lines.put("reload", List.of("reload --dry-run", "reload"));
    lines.put("breaker show", List.of("breaker show"));
    lines.put("breaker approve", List.of()); // takes a tripped breaker: CommandsTest
    lines.put("notify", List.of("notify --test ada"));
    lines.put(
        "check-config",
        List.of("check-config CONFIG", "check-config BAD", "check-config --against running OTHER"));
    lines.put("check-ledger", List.of("check-ledger LEDGER"));
    return lines;
  }

  @Test
  void every_answer_fits_the_schema_of_its_command() throws IOException {
    Path other =
        Files.writeString(
            folder.resolve("other.yaml"), Harbour.QUIET + "defaults: {max_runtime: 1h}\n");
    Map<String, String> schemas = documented();
    assertThat(examples().keySet()).containsExactlyInAnyOrderElementsOf(schemas.keySet());
    for (Map.Entry<String, List<String>> each : examples().entrySet()) {
      JsonSchema schema = schema(String.valueOf(schemas.get(each.getKey())));
      for (String line : each.getValue()) {
        String output = run(line, other);
        List<String> documents =
            each.getKey().equals("events") ? output.lines().toList() : List.of(output);
        assertThat(documents).as(line).isNotEmpty();
        for (String document : documents) {
          assertThat(schema.validate(JSON.readTree(document))).as(line + "\n" + document).isEmpty();
        }
      }
    }
  }

  @Test
  void every_answer_of_the_socket_has_a_schema_that_is_there() throws IOException {
    JsonNode openapi = openapi();
    Set<String> named = new LinkedHashSet<>();
    collectRefs(openapi, named);

    assertThat(named).contains("Status", "Problem", "Event");
    JsonNode components = openapi.path("components");
    assertThat(named)
        .allMatch(
            name -> components.path("schemas").has(name) || components.path("responses").has(name));
    for (JsonNode path : openapi.path("paths")) {
      for (JsonNode method : path) {
        assertThat(method.path("responses").path("200").toString())
            .contains("#/components/schemas/");
      }
    }
  }

  @Test
  void a_schema_that_is_held_against_something_else_complains() throws IOException {
    JsonNode status = JSON.readTree(run("status", folder));

    assertThat(schema("Plan").validate(status)).isNotEmpty();
    ((ObjectNode) status).put("undocumented", 1);
    assertThat(schema("Status").validate(status)).isNotEmpty();
  }

  private static void collectRefs(JsonNode node, Set<String> names) {
    String ref = node.path("$ref").asText("");
    if (!ref.isEmpty()) {
      names.add(ref.substring(ref.lastIndexOf('/') + 1));
    }
    node.forEach(each -> collectRefs(each, names));
  }

  private static Map<String, String> documented() throws IOException {
    Map<String, String> schemas = new LinkedHashMap<>();
    String page = Files.readString(DOCS.resolve("cli.md"));
    for (MatchResult row : ROW.matcher(page).results().toList()) {
      schemas.put(row.group(1), row.group(2));
    }
    return schemas;
  }

  private static JsonNode openapi() throws IOException {
    Object read =
        new Yaml(new SafeConstructor(new LoaderOptions()))
            .load(Files.readString(DOCS.resolve("openapi.yaml")));
    return JSON.valueToTree(read);
  }

  /** Strict: what is not described is not printed either. */
  static JsonSchema schema(String name) throws IOException {
    ObjectNode root = JSON.createObjectNode().put("$ref", "#/components/schemas/" + name);
    root.set("components", openapi().path("components"));
    close(root);
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
        .getSchema(root, SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build());
  }

  private static void close(JsonNode schema) {
    boolean describes = schema.path("type").asText().equals("object") && schema.has("properties");
    schema.forEach(CommandSchemasTest::close);
    if (describes && schema instanceof ObjectNode object) {
      object.put("additionalProperties", false);
    }
  }

  private String run(String line, Path other) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> args = new ArrayList<>(List.of("--socket", harbour.socket().toString()));
    args.addAll(List.of("-o", "json"));
    for (String word : line.split(" ", -1)) {
      args.add(
          switch (word) {
            case "LEDGER" -> harbour.ledgerFile().toString();
            case "CONFIG" -> harbour.config().toString();
            case "BAD" -> bad.toString();
            case "OTHER" -> other.toString();
            default -> word;
          });
    }
    int exit =
        new BerthCli(options -> 99, new PrintWriter(out, true), new PrintWriter(err, true))
            .run(args.toArray(String[]::new));
    assertThat(exit).as(line + ": " + err).isIn(0, 1, 78);
    return out.toString();
  }
}
