package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.daemon.cli.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators and users read names what the code says. */
class DocsTest {

  private static final Path ROOT = Path.of("..");
  private static final Pattern EVENT_TYPE =
      Pattern.compile(
          "\"((?:container|gpu|quota|config|demand|sweep|exemption)\\.[a-z_]+"
              + "|breaker\\.(?:trip|approve|reset)|daemon\\.(?:start|stop|mode)|journal\\.compact"
              + "|notification\\.(?:sent|failed))\"");
  private static final Pattern METRIC = Pattern.compile("\"(berth(?:\\.[a-z]+)+)\"");
  private static final Pattern GUARD =
      Pattern.compile("(?:return|guard =) [^;]*\"([a-z_]+)\"[^;]*;");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");

  @Test
  void every_type_of_event_is_explained() {
    Set<String> types = new TreeSet<>();
    sources("jobs/src/main/java").forEach(source -> types.addAll(found(EVENT_TYPE, source)));
    sources("daemon/src/main/java").forEach(source -> types.addAll(found(EVENT_TYPE, source)));

    assertThat(types).contains("container.create", "breaker.trip", "daemon.start");
    assertThat(types).allSatisfy(type -> assertThat(read("docs/events.md")).contains("`" + type));
  }

  @Test
  void every_metric_is_explained() {
    Set<String> metrics =
        found(METRIC, read("daemon/src/main/java/io/berth/daemon/http/Metrics.java"));

    assertThat(metrics).contains("berth.acts", "berth.engine.up");
    assertThat(metrics)
        .allSatisfy(
            name -> assertThat(read("docs/operate.md")).contains("| `" + name.replace('.', '_')));
  }

  @Test
  void every_guard_is_explained() {
    Set<String> guards = found(GUARD, read("jobs/src/main/java/io/berth/jobs/Guards.java"));

    assertThat(guards).contains("startup_grace", "breaker", "backoff");
    assertThat(guards)
        .allSatisfy(guard -> assertThat(read("docs/operate.md")).contains("`" + guard + "`"));
  }

  @Test
  void every_exit_code_is_explained() throws IllegalAccessException {
    for (Field code : ExitCode.class.getFields()) {
      assertThat(read("docs/operate.md")).contains("\n| " + code.getInt(null) + " | ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "README.md",
        "AGENTS.md",
        "docs/activity.md",
        "docs/cli.md",
        "docs/control.md",
        "docs/install.md",
        "docs/migrate-from-ds01.md",
        "docs/design-decisions.md",
        "docs/events.md",
        "docs/notifications.md",
        "docs/operate.md",
        "docs/users.md"
      })
  void links_lead_somewhere(String page) {
    Path folder = ROOT.resolve(page).resolveSibling("");

    assertThat(found(LINK, read(page))).allSatisfy(to -> assertThat(folder.resolve(to)).exists());
  }

  @Test
  void installing_begins_with_what_it_can_cost_others() {
    String page = read("docs/install.md");
    String first = page.substring(0, page.indexOf("\n## "));

    assertThat(first.lines().skip(2).findFirst().orElseThrow()).contains("daemon-reload", "GPUs");
    assertThat(first).contains("nvidia-ctk system create-dev-char-symlinks --create-all");
  }

  @Test
  void the_tests_that_proofs_name_are_there() {
    Pattern test = Pattern.compile("`(\\w+Test\\.\\w+)`");
    String sources =
        String.join("\n", sources("jobs/src/test/java"))
            + String.join("\n", sources("daemon/src/test/java"));

    assertThat(found(test, read("docs/proofs-by-breaking.md")))
        .hasSizeGreaterThan(30)
        .allSatisfy(
            name -> {
              assertThat(sources).contains("class " + name.replaceAll("\\..*", " {"));
              assertThat(sources).contains("void " + name.replaceAll(".*\\.", "") + "(");
            });
  }

  private static Set<String> found(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map((MatchResult match) -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> sources(String folder) {
    try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(file -> read(ROOT.relativize(file).toString()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(String file) {
    try {
      return Files.readString(ROOT.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
