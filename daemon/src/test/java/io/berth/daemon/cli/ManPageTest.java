package io.berth.daemon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A page for each command, with what its help says. */
class ManPageTest {

  @TempDir private Path folder;

  @Test
  void every_command_has_a_page() throws IOException {
    assertThat(pages().stream().map(page -> page.getFileName().toString()))
        .contains("berth.1", "berth-ps.1", "berth-job-pause.1", "berth-ping.1", "berth-daemon.1")
        .doesNotContain("berth-complete.1", "berth-help.1");
  }

  @Test
  void every_page_has_its_sections_in_order_and_lines_that_are_no_request_by_chance()
      throws IOException {
    for (Path page : pages()) {
      List<String> lines = Files.readAllLines(page);

      assertThat(lines.get(0)).startsWith(".TH BERTH");
      assertThat(lines.stream().filter(line -> line.startsWith(".SH ")))
          .as(page.toString())
          .containsSubsequence(
              ".SH NAME",
              ".SH SYNOPSIS",
              ".SH DESCRIPTION",
              ".SH OPTIONS",
              ".SH EXIT STATUS",
              ".SH SEE ALSO");
      assertThat(lines).allMatch(line -> !line.startsWith("'") && !line.isBlank());
      assertThat(lines.stream().filter(line -> line.startsWith(".")))
          .allMatch(line -> line.matches("\\.(TH|SH|TP|PP|B|BR)( .*)?"));
    }
  }

  @Test
  void a_page_has_every_option_and_argument_of_its_command() {
    String page = CompletionTest.printed("man", "ps");

    assertThat(page).contains(".B \\-\\-owner USER", ".B \\-o FORMAT, \\-\\-output FORMAT");
    assertThat(page).contains("berth\\-ps \\- lists the containers", "78");
    assertThat(CompletionTest.printed("man", "job", "pause")).contains(".B JOB", "\\-\\-why TEXT");
    assertThat(CompletionTest.printed("man"))
        .contains(".SH COMMANDS", ".B keep\\-alive", ".B check\\-config");
  }

  @Test
  void groff_has_no_complaint() throws Exception {
    assumeTrue(CompletionTest.has("groff"), "needs groff (package groff-base)");

    assertThat(complaints("groff", "-man", "-Tutf8", "-ww", "-z")).isEmpty();
  }

  @Test
  void mandoc_has_no_complaint() throws Exception {
    assumeTrue(CompletionTest.has("mandoc"), "needs mandoc");

    assertThat(complaints("mandoc", "-man", "-T", "lint", "-W", "warning")).isEmpty();
  }

  private String complaints(String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(command));
    pages().forEach(page -> all.add(page.toString()));
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    // No date: the same sources make the same pages.
    return String.join(
        "\n", output.lines().filter(line -> !line.contains("missing date")).toList());
  }

  private List<Path> pages() throws IOException {
    Path man = folder.resolve("man1");
    if (!Files.exists(man)) {
      assertThat(CompletionTest.printed("man", "--into", man.toString())).isEmpty();
    }
    try (Stream<Path> files = Files.list(man)) {
      return files.sorted().toList();
    }
  }
}
