package io.berth.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How things are shown to people. */
class ScreenTest {

  private static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "2026-03-02T12:00:00Z, now",
    "2026-03-02T12:00:59Z, in 59 s",
    "2026-03-02T12:12:30Z, in 12 min",
    "2026-03-02T15:00:00Z, in 3 h",
    "2026-03-09T12:00:00Z, in 7 d",
    "2026-03-02T11:45:00Z, 15 min ago",
  })
  void moments_are_said_as_a_person_says_them(Instant moment, String words) {
    assertThat(Spans.relative(moment, NOW)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({"train, 8, train", "abcdefghij, 8, abc..hij", "abcdefghij, 9, abcd..hij"})
  void a_wide_name_is_cut_in_the_middle(String word, int width, String shown) {
    assertThat(TextTable.cut(word, width)).isEqualTo(shown);
  }

  @Test
  void a_table_fits_the_terminal() {
    TextTable table = new TextTable("CONTAINER", "OWNER");
    table.add("a-container-with-a-name-that-is-very-long-indeed", "ada");
    StringWriter out = new StringWriter();

    table.print(new PrintWriter(out), new Terminal(40, false));

    assertThat(out.toString().lines()).allMatch(line -> line.length() <= 40);
    assertThat(out.toString()).contains("a-container", "indeed", "ada");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "container.warn    | {\"reason\": \"idle_timeout\", \"action\": \"stop\", \"at\": \"2026-03-02T12:30:00.5Z\","
            + " \"why\": \"idle\"} | idle_timeout; stop at 2026-03-02T12:30:00Z; idle",
        "notification.sent | {\"notice\": \"warned\", \"message\": \"of\\nlines\", \"channels\": ["
            + "{\"channel\": \"terminal\", \"result\": \"delivered\", \"detail\": \"to pts/0\"},"
            + "{\"channel\": \"webhook\", \"result\": \"failed\", \"detail\": \"no route\"}]}"
            + " | warned: terminal delivered, webhook failed (no route)",
        "notification.sent | {\"notice\": \"warned\"} | warned",
        "container.protect | {\"who\": \"root\", \"message\": \"a demo\"} | root; a demo",
      })
  void an_event_is_a_line_that_says_what_counts(String type, String details, String words)
      throws JsonProcessingException {
    JsonNode event =
        JsonTree.read(
            "{\"timestamp\": \"%s\", \"event_type\": \"%s\", \"user\": \"ada\", \"details\": %s}"
                .formatted(NOW, type, details));

    assertThat(EventsCommand.line(event)).endsWith("  " + words).hasLineCount(1);
  }

  @Test
  void a_time_is_never_cut_and_a_file_keeps_its_line() {
    TextTable table = new TextTable("CONTAINER", "TYPE", "FROM", "NEXT");
    table.whole("NEXT").ends("FROM").spare("TYPE");
    table.add("a-very-long-name", "compose", "/etc/berth/limits.yaml:31 (defaults)", "in 119 min");

    assertThat(printed(table, 60))
        .allMatch(line -> line.length() <= 60)
        .last()
        .asString()
        .contains("compose", ":31 (defaults)", "in 119 min");
    assertThat(printed(table, 36))
        .allMatch(line -> line.length() <= 36)
        .last()
        .asString()
        .endsWith("in 119 min")
        .doesNotContain("compose");
  }

  @Test
  void a_column_that_can_be_spared_goes_before_a_name_is_cut_short() {
    TextTable table = new TextTable("CONTAINER", "TYPE", "NEXT").whole("NEXT").spare("TYPE");
    table.add("a-name-of-24-characters-", "docker", "in 119 min");

    assertThat(printed(table, 38)).last().isEqualTo("a-name-of-24-characters-  in 119 min");
  }

  private static List<String> printed(TextTable table, int width) {
    StringWriter out = new StringWriter();
    table.print(new PrintWriter(out), new Terminal(width, false));
    return out.toString().lines().toList();
  }

  @Test
  void many_words_are_wrapped_behind_their_title() {
    String words = "it is idle since two o'clock, and its idle_timeout is 30m";

    assertThat(new Terminal(40, false).wrapped(words, 16))
        .containsExactly("it is idle since two", "o'clock, and its", "idle_timeout is 30m");
    assertThat(new Terminal(40, false).wrapped("x".repeat(30), 16))
        .containsExactly("x".repeat(24), "x".repeat(6));
    assertThat(Terminal.NONE.wrapped(words, 16)).containsExactly(words);
  }

  @Test
  void colour_is_for_terminals_only() {
    assertThat(new Terminal(80, true).bold("x")).isEqualTo("\u001b[1mx\u001b[0m");
    assertThat(Terminal.NONE.bad("x")).isEqualTo("x");
    assertThat(Terminal.of(Map.of("TERM", "xterm")).bold("x")).isEqualTo("x");
  }

  @ParameterizedTest
  @CsvSource({
    "TERM=xterm, true, 93",
    "TERM=dumb, false, 93",
    "NO_COLOR=1 TERM=xterm, false, 93",
    "NO_COLOR= TERM=xterm, true, 93",
    "COLUMNS=60 TERM=xterm, true, 60",
    "COLUMNS=3 TERM=xterm, true, 40",
    "COLUMNS=wide TERM=xterm, true, 93",
  })
  void a_terminal_is_what_the_environment_says(String environment, boolean colour, int width) {
    Map<String, String> variables = new HashMap<>();
    for (String each : environment.split(" ", -1)) {
      variables.put(each.split("=", -1)[0], each.split("=", -1)[1]);
    }

    assertThat(Terminal.of(variables, () -> 93)).isEqualTo(new Terminal(width, colour));
  }

  @ParameterizedTest
  @CsvSource({"GPU-1, GPU-1", "'a b', '''a b'''", "'a''b', '''a''\\''''b'''"})
  void what_a_shell_evals_is_quoted(String text, String quoted) {
    assertThat(AllocateCommand.quoted(text)).isEqualTo(quoted);
  }
}
