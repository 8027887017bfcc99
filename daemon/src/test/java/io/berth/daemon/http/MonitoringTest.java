package io.berth.daemon.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.ledger.Claim;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The alert rules and the dashboard ask for what the daemon shows, and the docs explain them. */
class MonitoringTest {

  private static final Path FOLDER = Path.of("../systemd/monitoring");
  private static final Path RULES = FOLDER.resolve("alerts.yml");
  private static final Path OPERATE = Path.of("../docs/operate.md");
  private static final Pattern METRIC = Pattern.compile("\\b(?:berth|jvm|process)_[a-z_]+");
  private static final Pattern SELECTOR =
      Pattern.compile("\\b((?:berth|jvm|process)_[a-z_]+)\\{([^}]*)}");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)=~?\"([^\"]*)\"");

  /** Labels of the target, and the job of Berth that has its metrics. */
  private static final Set<String> OF_TARGET = Set.of("instance", "job");

  private static final List<String> SHOWN = everything().lines().toList();

  /** A daemon that has done one of each. */
  private static String everything() {
    Metrics metrics = new Metrics("1.2.3", () -> Instant.EPOCH);
    metrics.watch(new FakeVitals());
    metrics.act(JobName.IDLE_STOP, "stop", "idle_timeout", "failed");
    metrics.heldBack(JobName.IDLE_STOP, "max_stops_per_hour", 1);
    metrics.sweepDone(JobName.SAMPLE, Duration.ZERO, true);
    Device device = new Device("GPU-a", "0", "GPU", null, null, 7, 1, Device.Health.OK, null, null);
    metrics.devices(List.of(device));
    metrics.claims(
        List.of(
            new Claim(
                "GPU-a",
                "1",
                "train",
                "ada",
                ContainerType.DOCKER,
                Claim.State.ACTIVE,
                Instant.EPOCH,
                null)));
    return metrics.scrape();
  }

  static Stream<String> expressions() throws IOException {
    List<String> all = new ArrayList<>();
    rules().forEach(rule -> all.add(String.valueOf(rule.get("expr"))));
    for (JsonNode panel : dashboard().path("panels")) {
      panel.path("targets").forEach(target -> all.add(target.path("expr").asText()));
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("expressions")
  void what_is_asked_for_is_shown(String expression) {
    Set<String> asked = found(METRIC, expression);

    assertThat(asked)
        .allSatisfy(name -> assertThat(SHOWN).anyMatch(line -> line.matches(name + "[{ ].*")));
    assertThat(asked.isEmpty()).isEqualTo(expression.startsWith("up{"));
  }

  @ParameterizedTest
  @MethodSource("expressions")
  void labels_have_these_names_and_values(String expression) {
    for (MatchResult selector : SELECTOR.matcher(expression).results().toList()) {
      for (MatchResult label : MATCHER.matcher(selector.group(2)).results().toList()) {
        if (!OF_TARGET.contains(label.group(1))) {
          String sample =
              selector.group(1) + "\\{.*\\b%s=\"(%s)\".*".formatted(label.group(1), label.group(2));
          assertThat(SHOWN).anyMatch(line -> line.matches(sample));
        }
      }
    }
  }

  @Test
  void every_alarm_is_explained_and_none_that_there_is_not() throws IOException {
    String section = section("## Every alarm and what to do");
    Set<String> explained = found(Pattern.compile("(?<=`)Berth[A-Z]\\w+"), section);

    assertThat(rules().stream().map(rule -> String.valueOf(rule.get("alert"))))
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(explained);
  }

  @Test
  void every_alarm_says_what_is_wrong_and_where_to_read_on() throws IOException {
    Set<String> anchors =
        found(Pattern.compile("(?m)(?<=^#{2,4} ).*"), Files.readString(OPERATE)).stream()
            .map(each -> each.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 -]", ""))
            .map(each -> each.replace(' ', '-'))
            .collect(Collectors.toSet());

    for (Map<String, Object> rule : rules()) {
      assertThat(rule.keySet()).isSubsetOf("alert", "expr", "for", "labels", "annotations");
      assertThat(map(rule, "labels").get("severity")).isIn("critical", "warning", "info");
      Map<String, Object> annotations = map(rule, "annotations");
      assertThat(annotations).containsOnlyKeys("summary", "runbook_url");
      assertThat(String.valueOf(annotations.get("summary"))).contains("{{ $labels.instance }}");
      String[] link = String.valueOf(annotations.get("runbook_url")).split("#", 2);
      assertThat(link[0]).isEqualTo("file:///usr/share/doc/berth/operate.md");
      assertThat(anchors).contains(link[1]);
    }
  }

  @Test
  void what_the_docs_want_an_alarm_for_has_one() throws IOException {
    Pattern row = Pattern.compile("(?m)^\\| `(berth_\\w+)[^|]*\\|[^|]*\\| (\\S[^|]*) \\|$");
    String expressions =
        rules().stream()
            .map(rule -> String.valueOf(rule.get("expr")))
            .collect(Collectors.joining());

    assertThat(found(row, section("## Metrics"), 1))
        .hasSizeGreaterThan(8)
        .allSatisfy(metric -> assertThat(expressions).contains(metric));
  }

  @Test
  void the_panels_have_a_place_of_their_own() throws IOException {
    Set<String> cells = new HashSet<>();
    Set<Integer> ids = new HashSet<>();
    for (JsonNode panel : dashboard().path("panels")) {
      JsonNode at = panel.path("gridPos");
      assertThat(ids.add(panel.path("id").asInt())).isTrue();
      assertThat(at.path("x").asInt() + at.path("w").asInt()).isBetween(1, 24);
      for (int x = 0; x < at.path("w").asInt(); x++) {
        for (int y = 0; y < at.path("h").asInt(); y++) {
          String cell = (at.path("x").asInt() + x) + "/" + (at.path("y").asInt() + y);
          assertThat(cells.add(cell)).as(panel.path("title").asText()).isTrue();
        }
      }
    }
    assertThat(ids).isNotEmpty();
  }

  @Test
  void promtool_takes_the_rules() throws IOException, InterruptedException {
    Path promtool = Path.of("/usr/bin/promtool");
    assumeTrue(Files.isExecutable(promtool), "needs promtool: apt-get install prometheus");
    Process process =
        new ProcessBuilder(promtool.toString(), "check", "rules", RULES.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
  }

  private static List<Map<String, Object>> rules() throws IOException {
    Map<String, List<Map<String, List<Map<String, Object>>>>> file =
        new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(RULES));
    return file.getOrDefault("groups", List.of()).stream()
        .flatMap(group -> group.getOrDefault("rules", List.of()).stream())
        .toList();
  }

  @SuppressWarnings("unchecked") // YAML has no types
  private static Map<String, Object> map(Map<String, Object> rule, String key) {
    return (Map<String, Object>) rule.getOrDefault(key, Map.of());
  }

  private static JsonNode dashboard() throws IOException {
    return new ObjectMapper().readTree(Files.readString(FOLDER.resolve("dashboard.json")));
  }

  /** From a heading to the next of its level. */
  private static String section(String heading) throws IOException {
    String page = Files.readString(OPERATE);
    int from = page.indexOf("\n" + heading + "\n");
    assertThat(from).as(heading).isPositive();
    int to = page.indexOf("\n## ", from + 1);
    return page.substring(from, to < 0 ? page.length() : to);
  }

  private static Set<String> found(Pattern pattern, String text) {
    return found(pattern, text, 0);
  }

  private static Set<String> found(Pattern pattern, String text, int group) {
    return pattern
        .matcher(text)
        .results()
        .map(match -> match.group(group))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
