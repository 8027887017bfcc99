package io.berth.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.policies.Mode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BerthCliTest {

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private DaemonRunner.@Nullable Options started;
  private @Nullable RuntimeException failure;

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-h", "daemon --help", "check-config --help"})
  void help_is_on_stdout(String line) {
    assertThat(run(line)).isZero();
    assertThat(out.toString()).contains("Usage: berth", "--config", "--output", "78");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "-V", "check-config --version"})
  void the_version_is_on_stdout(String line) {
    assertThat(run(line)).isZero();
    assertThat(out.toString()).matches("berth [0-9]+\\.[0-9]+\\.[0-9]+\\S*\n");
  }

  @ParameterizedTest
  @CsvSource({
    "'', daemon",
    "chek-config, Did you mean: berth check-config",
    "daemon --wait-for-engin, --wait-for-engine",
    "daemon --mode banana, 'expected one of [OBSERVE, ENFORCE]'",
    "mode fast, 'expected one of [observe, enforce, config]'",
    "daemon extra, 'extra'",
    "check-config a b, 'b'",
    "-o yaml check-config, 'yaml'",
    "--config, --config",
  })
  void wrong_usage_is_2_with_a_hint_and_no_stack_trace(String line, String hint) {
    assertThat(run(line)).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).startsWith("berth: ").containsIgnoringCase(hint);
    assertThat(err.toString()).contains("--help'").doesNotContain("\tat ", "Exception");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "daemon --mode enforce --config /x.yaml --wait-for-engine",
        "--config /x.yaml daemon --wait-for-engine --mode=ENFORCE",
        "--config=/x.yaml daemon --mode enforce --wait-for-engine",
      })
  void the_daemon_gets_its_options_before_or_after_the_command(String line) {
    assertThat(run(line)).isEqualTo(17);
    assertThat(started).isEqualTo(new DaemonRunner.Options(Path.of("/x.yaml"), Mode.ENFORCE, true));
  }

  @Test
  void each_command_has_the_name_under_which_it_is_made() {
    assertThat(run("--help")).isZero();
    String all = out.toString();
    for (String name : List.of("daemon", "keep-alive, ping", "job", "breaker", "reload", "man")) {
      assertThat(all).containsPattern("(?m)^  " + name + "  +[A-Z]");
    }
    List<String> names =
        all.lines()
            .filter(line -> line.matches("  [a-z][a-z-]+(, [a-z]+)?  +[A-Z].*"))
            .map(line -> line.strip().replaceAll("[, ].*", ""))
            .toList();
    assertThat(names).hasSizeGreaterThan(25);
    for (String name : names) {
      out.getBuffer().setLength(0);
      err.getBuffer().setLength(0);
      assertThat(run(name + " --such-an-option-there-is-not")).isEqualTo(2);
      assertThat(err.toString()).contains("Try 'berth " + name + " --help'.");
    }
  }

  @Test
  void help_has_whole_sentences() {
    assertThat(run("--help")).isZero();
    String list = out.toString().replaceAll("(?s).*Commands:\n|\n\n.*", "");
    assertThat(list.split("\n  (?=[a-z])", -1))
        .hasSizeGreaterThan(25)
        .allSatisfy(each -> assertThat(each.strip()).matches("(?s).*(\\.|man -l -)"));

    out.getBuffer().setLength(0);
    assertThat(run("release --help")).isZero();
    assertThat(out.toString())
        .contains("held for a container.\nRefused while it is created, runs or is paused.\n");
  }

  @Test
  void the_daemon_has_defaults() {
    run("daemon");

    assertThat(started)
        .isEqualTo(
            new DaemonRunner.Options(Path.of("/etc/berth/resource-limits.yaml"), null, false));
  }

  @Test
  void a_command_that_throws_is_1_and_a_line() {
    failure = new IllegalStateException("the scheduler could not start");

    assertThat(run("daemon")).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("berth: the scheduler could not start\n");
  }

  @Test
  void a_file_that_is_refused_is_78_with_its_problems_on_stdout() {
    Path missing = folder.resolve("missing.yaml");

    assertThat(run("check-config " + missing)).isEqualTo(78);
    assertThat(out.toString()).startsWith(missing + ":1:1: ");
    assertThat(err.toString()).isEqualTo(missing + ": refused: 1 error\n");
  }

  @Test
  void errors_and_notes_have_a_line_each() throws IOException {
    Path file = Files.writeString(folder.resolve("c.yaml"), "access_control: {}\nsafty: {}\n");

    assertThat(run("check-config " + file)).isEqualTo(78);
    assertThat(out.toString().lines())
        .hasSize(2)
        .anyMatch(line -> line.startsWith(file + ":1:1: note: "))
        .anyMatch(line -> line.startsWith(file + ":2:1: ") && line.contains("safety"));
    assertThat(err.toString()).isEqualTo(file + ": refused: 1 error, 1 note\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"check-config %s", "--config %s check-config"})
  void a_good_file_is_summed_up_on_one_screen(String line) throws IOException {
    Path file = Files.writeString(folder.resolve("c.yaml"), "defaults: {idle_timeout: 47m}\n");

    assertThat(run(String.format(line, file))).isZero();
    assertThat(out.toString()).contains("47m", "observe");
    assertThat(out.toString().lines().count()).isLessThanOrEqualTo(40);
    assertThat(err.toString()).isEqualTo(file + ": good\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "check-config %s -o json",
        "-o json check-config %s",
        "check-config -o=JSON %s",
        "check-config --output json --config %s",
        "--config %s -o json check-config"
      })
  void problems_are_printed_as_json_as_well(String line) throws IOException {
    Path missing = folder.resolve("missing.yaml");

    assertThat(run(String.format(line, missing))).isEqualTo(78);

    JsonNode answer = new ObjectMapper().readTree(out.toString());
    assertThat(answer.path("file").asText()).isEqualTo(missing.toString());
    assertThat(answer.path("valid").asBoolean(true)).isFalse();
    assertThat(answer.path("problems")).hasSize(1);
    assertThat(answer.path("problems").path(0).path("severity").asText()).isEqualTo("error");
    assertThat(err.toString()).isEmpty();
  }

  private int run(String line) {
    BerthCli cli =
        new BerthCli(
            options -> {
              if (failure != null) {
                throw failure;
              }
              started = options;
              return 17;
            },
            new PrintWriter(out, true),
            new PrintWriter(err, true));
    return cli.run(line.isEmpty() ? new String[0] : line.split(" ", -1));
  }
}
