package io.berth.daemon.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Event logs that were torn, cut, or written into. */
class EventFilesTest {

  private static final int LINES = 20_000;
  private static final String EVENT =
      """
      {"timestamp":"2026-03-02T08:00:00.5Z","event_type":"container.remove","user":"ada",\
      "source":"stale-cleanup","details":{"container":"train","id":"4f1c","exit_code":137,\
      "list":[1,2.5,null,true]},"schema_version":"1","seq":%d}""";

  private static final List<String> STRANGE =
      List.of(
          "",
          "{",
          "[]",
          "null",
          "{}",
          "7",
          "\"text\"",
          "{\"seq\":1}",
          "{\"seq\":\"1\",\"timestamp\":\"2026-03-02T08:00:00Z\"}",
          "{\"seq\":99999999999999999999,\"timestamp\":\"2026-03-02T08:00:00Z\"}",
          "{\"seq\":1,\"timestamp\":\"yesterday\"}",
          "{\"seq\":1,\"timestamp\":{}}",
          "[".repeat(5_000));

  @TempDir private Path folder;

  @Test
  void what_is_no_event_is_left_out_and_counted() throws IOException {
    Path log = folder.resolve("events.jsonl");
    List<String> lines = new ArrayList<>(STRANGE);
    lines.add(EVENT.formatted(7));
    Files.write(log, lines);
    EventFiles files = new EventFiles(log);

    List<JsonNode> events = files.read(event -> true);

    assertThat(events).extracting(event -> event.path("seq").asLong()).containsExactly(7L);
    assertThat(files.damaged()).isEqualTo(STRANGE.size());
    assertThat(files.last()).isEqualTo(7);
  }

  /** Some of their bytes are others; whatever is read can be shown. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatever_is_read_is_an_event(long seed) throws IOException {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < LINES; i++) {
      StringBuilder line = new StringBuilder(EVENT.formatted(i + 1));
      for (int edits = random.nextInt(4); edits > 0; edits--) {
        line.setCharAt(random.nextInt(line.length()), (char) random.nextInt(256));
      }
      text.append(line).append('\n');
    }
    Path log = Files.writeString(folder.resolve("events.jsonl"), text, ISO_8859_1);
    EventFiles files = new EventFiles(log);

    List<JsonNode> events = files.read(event -> true);

    assertThat(files.damaged()).isPositive();
    assertThat(events).hasSizeGreaterThan(LINES / 4);
    assertThat(events).allSatisfy(event -> assertThat(EventsCommand.line(event)).isNotEmpty());
  }
}
