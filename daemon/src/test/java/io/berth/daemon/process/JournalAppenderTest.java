package io.berth.daemon.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.event.KeyValuePair;

/** Its receiver reads the protocol as the journal does. */
class JournalAppenderTest {

  private final LoggerContext context = new LoggerContext();
  private final ListAppender<ILoggingEvent> stderr = new ListAppender<>();

  @TempDir private Path folder;

  @BeforeEach
  void start() {
    stderr.setContext(context);
    stderr.start();
  }

  @Test
  void a_line_has_its_pairs_and_its_mdc_as_fields() {
    try (UnixReceiver journal = new UnixReceiver(socket())) {
      LoggingEvent event = event(Level.WARN, "stop train of ada", null, Map.of("job", "idle-stop"));
      event.addKeyValuePair(new KeyValuePair("container", "train"));
      event.addKeyValuePair(new KeyValuePair("container_id", "0123456789ab"));

      appender().doAppend(event);

      assertThat(read(journal.nextBytes()))
          .containsExactlyInAnyOrderEntriesOf(
              Map.of(
                  "MESSAGE", "stop train of ada",
                  "PRIORITY", "4",
                  "SYSLOG_IDENTIFIER", "berthd",
                  "LOGGER", "io.berth.Some",
                  "JOB", "idle-stop",
                  "CONTAINER", "train",
                  "CONTAINER_ID", "0123456789ab"));
      assertThat(stderr.list).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"ERROR, 3", "WARN, 4", "INFO, 6", "DEBUG, 7", "TRACE, 7"})
  void the_level_is_the_priority(String level, String priority) {
    try (UnixReceiver journal = new UnixReceiver(socket())) {
      appender().doAppend(event(Level.valueOf(level), "text", null));

      assertThat(read(journal.nextBytes())).containsEntry("PRIORITY", priority);
    }
  }

  @Test
  void a_value_of_several_lines_arrives_whole_and_forges_no_field() {
    try (UnixReceiver journal = new UnixReceiver(socket())) {
      LoggingEvent event = event(Level.INFO, "text\nPRIORITY=0", null);
      event.addKeyValuePair(new KeyValuePair("owner", "ada\n_UID=0\n"));

      appender().doAppend(event);

      assertThat(read(journal.nextBytes()))
          .containsEntry("MESSAGE", "text PRIORITY=0")
          .containsEntry("PRIORITY", "6")
          .containsEntry("OWNER", "ada\n_UID=0\n")
          .doesNotContainKey("_UID");
    }
  }

  @Test
  void an_exception_brings_its_stack_trace() {
    try (UnixReceiver journal = new UnixReceiver(socket())) {
      appender().doAppend(event(Level.ERROR, "no act", new IllegalStateException("no ledger")));

      Map<String, String> entry = read(journal.nextBytes());
      assertThat(entry.get("MESSAGE")).startsWith("no act (IllegalStateException: no ledger at ");
      assertThat(entry.get("STACK_TRACE")).contains("\tat io.berth.daemon.process.").contains("\n");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "container,  CONTAINER",
    "job name,   JOB_NAME",
    "_pid,       X_PID",
    "9lives,     X9LIVES",
    "'',         X",
  })
  void a_field_has_a_name_that_the_journal_takes(String name, String spelled) {
    assertThat(read(new JournalMessage().field(name, "value", 10).bytes()))
        .containsExactly(Map.entry(spelled, "value"));
  }

  @Test
  void a_name_is_not_longer_than_the_journal_takes() {
    byte[] message = new JournalMessage().field("n".repeat(100), "value", 10).bytes();

    assertThat(read(message)).containsOnlyKeys("N".repeat(64));
  }

  @Test
  void what_is_too_long_is_cut_and_still_one_datagram() {
    try (UnixReceiver journal = new UnixReceiver(socket())) {
      LoggingEvent event = event(Level.INFO, "\u20ac".repeat(1_000_000), null);
      event.addKeyValuePair(new KeyValuePair("owner", "\u20ac".repeat(1_000_000)));

      appender().doAppend(event);

      Map<String, String> entry = read(journal.nextBytes());
      assertThat(entry.get("MESSAGE")).startsWith("\u20ac\u20ac").endsWith("(cut)");
      assertThat(entry.get("OWNER")).hasSizeLessThan(1_100).endsWith("(cut)");
      assertThat(stderr.list).isEmpty();
    }
  }

  @Test
  void without_a_journal_lines_go_to_stderr_until_it_is_there() {
    JournalAppender appender = appender();
    appender.doAppend(event(Level.INFO, "early", null));

    try (UnixReceiver journal = new UnixReceiver(socket())) {
      appender.doAppend(event(Level.INFO, "later", null));

      assertThat(read(journal.nextBytes())).containsEntry("MESSAGE", "later");
      assertThat(stderr.list).singleElement().hasToString("[INFO] early");
    }
  }

  @Test
  void a_journal_that_is_stuck_holds_nobody_up_and_is_told_what_it_missed() {
    try (UnixReceiver journal = new UnixReceiver(socket())) {
      JournalAppender appender = appender();
      int queue = fill();

      appender.doAppend(event(Level.INFO, "lost", null));
      appender.doAppend(event(Level.INFO, "lost too", null));
      for (int i = 0; i < queue; i++) {
        journal.nextBytes();
      }
      appender.doAppend(event(Level.INFO, "goes on", null));

      assertThat(read(journal.nextBytes()))
          .containsEntry("MESSAGE", "2 lines of the log are lost: the journal did not take them")
          .containsEntry("PRIORITY", "4");
      assertThat(read(journal.nextBytes())).containsEntry("MESSAGE", "goes on");
      assertThat(stderr.list).isEmpty();
    }
  }

  /** Sends until no more is taken; how many were. */
  private int fill() {
    UnixDatagrams datagrams = new UnixDatagrams(socket());
    for (int sent = 0; sent < 100_000; sent++) {
      try {
        datagrams.send("x");
      } catch (UnixDatagrams.QueueFullException e) {
        return sent;
      } catch (IOException e) {
        throw new AssertionError("nobody receives", e);
      }
    }
    throw new AssertionError("the queue has no end");
  }

  private JournalAppender appender() {
    JournalAppender appender = new JournalAppender(new UnixDatagrams(socket()), stderr);
    appender.setContext(context);
    appender.start();
    return appender;
  }

  private String socket() {
    return folder.resolve("journal").toString();
  }

  private LoggingEvent event(Level level, String message, @Nullable Throwable thrown) {
    return event(level, message, thrown, Map.of());
  }

  private LoggingEvent event(
      Level level, String message, @Nullable Throwable thrown, Map<String, String> mdc) {
    LoggingEvent event =
        new LoggingEvent("here", context.getLogger("io.berth.Some"), level, message, thrown, null);
    event.setMDCPropertyMap(mdc);
    return event;
  }

  /** Fields as the journal reads them: NAME=VALUE, or NAME, a length and a value of any bytes. */
  private static Map<String, String> read(byte[] message) {
    Map<String, String> fields = new LinkedHashMap<>();
    ByteBuffer rest = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    while (rest.hasRemaining()) {
      String line = line(rest);
      int equals = line.indexOf('=');
      if (equals >= 0) {
        fields.put(line.substring(0, equals), line.substring(equals + 1));
      } else {
        byte[] value = new byte[(int) rest.getLong()];
        rest.get(value);
        assertThat(rest.get()).isEqualTo((byte) '\n');
        fields.put(line, new String(value, UTF_8));
      }
    }
    return fields;
  }

  private static String line(ByteBuffer rest) {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (byte next = rest.get(); next != '\n'; next = rest.get()) {
      line.write(next);
    }
    return line.toString(UTF_8);
  }
}
