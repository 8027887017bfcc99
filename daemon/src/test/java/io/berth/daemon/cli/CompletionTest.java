package io.berth.daemon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The scripts as shells run them. */
class CompletionTest {

  /** Stands in for the daemon's answer. */
  private static final String ASKED = "[ \"$1\" = complete ] && echo \"$2-1\" && echo \"$2-2\"";

  @TempDir private Path folder;
  private Path bin;

  @BeforeEach
  void place() throws IOException {
    bin = Files.createDirectory(folder.resolve("bin"));
    Path berth = Files.writeString(bin.resolve("berth"), "#!/bin/sh\n" + ASKED + "\n");
    assertThat(berth.toFile().setExecutable(true)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "berth st;status",
        "berth job ;pause,resume",
        "berth -o json bre;breaker",
        "berth --config x breaker a;approve",
        "berth explain ;containers-1,containers-2",
        "berth explain containers-1 ;",
        "berth protect --for 7d ;containers-1,containers-2",
        "berth limits users-;users-1,users-2",
        "berth ps --owner users-2;users-2",
        "berth gpus --history ;devices-1,devices-2",
        "berth ps --st;--state",
        "berth ps --state = ex;exited",
        "berth ps --state re;restarting,removing",
        "berth sweep s;sample,stale-cleanup",
        "berth job pause id;idle-stop",
        "berth mode ;observe,enforce,config",
        "berth -o ;text,json",
        "berth check-config --against ;running",
        "berth plan --at ;",
        "berth completion ;bash,zsh,fish",
      })
  void bash_completes(String typed, String expected) throws Exception {
    assertThat(bash(typed))
        .containsExactlyInAnyOrder(expected == null ? new String[] {} : expected.split(",", -1));
  }

  @Test
  void bash_completes_files_where_a_file_is_wanted() throws Exception {
    Files.writeString(folder.resolve("limits.yaml"), "");

    assertThat(bash("berth check-config " + folder + "/lim"))
        .containsExactly(folder.resolve("limits.yaml").toString());
    assertThat(bash("berth --config = " + folder + "/lim")).hasSize(1);
  }

  @Test
  void a_command_that_finds_no_daemon_completes_nothing() throws Exception {
    Files.writeString(bin.resolve("berth"), "#!/bin/sh\necho nobody >&2\nexit 5\n");

    assertThat(bash("berth explain ")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "berth stat;status",
        "berth job ;pause,resume",
        "berth explain ;containers-1,containers-2",
        "berth --config x ps --owner users-2;users-2",
        "berth ps --state ex;exited",
        "berth ps --st;--state",
        "berth check-config --against ;running",
      })
  void fish_completes(String typed, String expected) throws Exception {
    assumeTrue(has("fish"), "needs fish");
    Path script = script("fish");

    String out =
        run("fish", "--no-config", "-c", "source " + script + "; complete -C '" + typed + "'");

    assertThat(out.lines().map(line -> line.split("\t", -1)[0]))
        .containsExactlyInAnyOrder(expected.split(",", -1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh", "fish"})
  void each_shell_can_read_its_script(String shell) throws Exception {
    assumeTrue(has(shell), "needs " + shell);

    assertThat(run(shell, "-n", script(shell).toString())).isEmpty();
  }

  /**
   * A terminal in which somebody types that and a tab; what stands there then, with what follows.
   */
  private static final String TYPED =
      """
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "autoload -Uz compinit; compinit -u -D; source $1"
      zpty -w shell 'shown() { print -r -- $BUFFER > '$2' }; zle -N shown; bindkey ^X shown'
      zpty -w -n shell "$3"$'\\t'$'\\x18'
      zmodload zsh/zselect
      repeat 600 [[ -s $2 ]] || { zpty -r -t shell piece; zselect -t 5 }
      zpty -d shell
      print -rn -- "$(<$2)."
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "berth stat;berth status .",
        "berth explain c;berth explain containers-.",
        "berth explain containers-1;berth explain containers-1 .",
        "berth limits u;berth limits users-.",
        "berth --config x ps --owner u;berth --config x ps --owner users-.",
        "berth ps --state ex;berth ps --state exited .",
        "berth sweep sta;berth sweep stale-cleanup .",
        "berth job pause id;berth job pause idle-stop .",
      })
  void zsh_completes(String typed, String expected) throws Exception {
    assumeTrue(has("zsh"), "needs zsh");
    Path shown = folder.resolve("shown");

    assertThat(run("zsh", "-f", "-c", TYPED, "zsh", "" + script("zsh"), shown.toString(), typed))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh", "fish"})
  void no_command_is_left_out_and_none_that_is_hidden_is_offered(String shell) {
    String script = printed("completion", shell);

    assertThat(script).contains("status", "check-ledger", "keep-alive", "ping", "dry-run");
    assertThat(script.lines().filter(line -> line.contains("complete:"))).isEmpty();
  }

  private List<String> bash(String typed) throws Exception {
    String words =
        String.join(" ", Stream.of(typed.split(" ", -1)).map(CompletionTest::quoted).toList());
    return run(
            "bash",
            "--norc",
            "-c",
            "source %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _berth;"
                    .formatted(script("bash"), words)
                + " (( ${#COMPREPLY[@]} == 0 )) || printf '%s\\n' \"${COMPREPLY[@]}\"")
        .lines()
        .toList();
  }

  private static String quoted(String word) {
    return "'" + word + "'";
  }

  private Path script(String shell) throws IOException {
    return Files.writeString(folder.resolve(shell + ".script"), printed("completion", shell));
  }

  static String printed(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit =
        new BerthCli(options -> 99, new PrintWriter(out, true), new PrintWriter(err, true))
            .run(args);
    assertThat(exit).as(err.toString()).isZero();
    return out.toString();
  }

  static boolean has(String program) {
    return Files.isExecutable(Path.of("/usr/bin", program))
        || Files.isExecutable(Path.of("/bin", program));
  }

  private String run(String... command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PATH", bin + ":/usr/bin:/bin");
    builder.environment().put("HOME", folder.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
