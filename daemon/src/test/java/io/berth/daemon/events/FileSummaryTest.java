package io.berth.daemon.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.berth.policies.TimeLimit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class FileSummaryTest {

  private static final String LINES =
      """
      {"seq":7,"timestamp":"2026-03-02T08:00:00Z","event_type":"container.stop","user":"ada"}
      no event
      {"seq":8,"timestamp":"2026-03-02T09:00:00Z","event_type":"gpu.release","details":{"why":"x"}}
      {"seq":9,"timestamp":"2026-03-02T10:00:00Z","event_type":"container.stop","user":null}
      """;
  private static final String SUMMARY =
      "from 2026-03-02T08:00:00Z to 2026-03-02T10:00:00Z: container.stop 2, gpu.release 1";

  @TempDir Path folder;

  @Test
  void it_says_what_is_in_a_file_compressed_or_not() throws IOException {
    assertThat(FileSummary.of(Files.writeString(folder.resolve("a"), LINES))).isEqualTo(SUMMARY);
    assertThat(FileSummary.of(Files.write(folder.resolve("a.gz"), zipped()))).isEqualTo(SUMMARY);
    assertThat(FileSummary.of(Files.writeString(folder.resolve("b"), "x"))).isEqualTo("no events");
  }

  @Test
  void of_one_that_is_damaged_it_says_that() throws IOException {
    byte[] half = Arrays.copyOf(zipped(), 60);

    assertThat(FileSummary.of(Files.write(folder.resolve("a.gz"), half)))
        .contains("it can't be read to its end");
  }

  @Test
  void what_is_deleted_is_summed_up_first() throws IOException {
    Path old = folder.resolve("events.jsonl.20260302T110000.000Z.gz");
    Files.write(old, zipped());
    ListAppender<ILoggingEvent> said = new ListAppender<>();
    said.start();
    Logger logger = (Logger) LoggerFactory.getLogger(RotatedFiles.class);
    logger.addAppender(said);
    try {
      new RotatedFiles(folder.resolve("events.jsonl"))
          .tidy(
              Instant.parse("2026-05-02T08:00:00Z"),
              TimeLimit.of(Duration.ofDays(30)),
              Long.MAX_VALUE);
    } finally {
      logger.detachAppender(said);
    }

    assertThat(old).doesNotExist();
    assertThat(said.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .singleElement()
        .asString()
        .contains(old.toString(), "events_keep", SUMMARY);
  }

  private static byte[] zipped() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
      zip.write(LINES.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }
}
