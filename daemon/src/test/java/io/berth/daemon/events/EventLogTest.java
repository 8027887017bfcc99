package io.berth.daemon.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.policies.TimeLimit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventLogTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  private final List<Backlog.Row> journal = new ArrayList<>();
  private final List<EventLog> opened = new ArrayList<>();
  private Path file;
  private Instant now = Instant.parse("2026-11-03T12:00:00Z");
  private EventLog.Retention retention =
      new EventLog.Retention(1_000_000, TimeLimit.of(Duration.ofDays(30)), Long.MAX_VALUE);
  private boolean journalBroken;

  @BeforeEach
  void name() {
    file = folder.resolve("log/events.jsonl");
  }

  @AfterEach
  void close() {
    opened.forEach(EventLog::close);
  }

  @Test
  void each_event_is_one_line_with_its_number_and_is_written_once() throws IOException {
    EventLog log = open();
    record(3);
    log.pump();
    record(2);
    log.pump();
    log.pump();

    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(5);
    JsonNode first = JSON.readTree(lines.get(0));
    assertThat(first.path("seq").asLong()).isEqualTo(1);
    assertThat(first.path("event_type").asText()).isEqualTo("container.remove");
    assertThat(log.isUp()).isTrue();
  }

  @Test
  void a_backlog_longer_than_a_batch_is_written_whole() throws IOException {
    record(1234);
    open().pump();

    assertThat(seqsIn(file)).isEqualTo(upTo(1234));
  }

  @Test
  void a_restart_goes_on_behind_the_last_line() throws IOException {
    record(3);
    open().pump();
    record(2);
    open().pump();

    assertThat(seqsIn(file)).isEqualTo(upTo(5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"event_type\":\"container.rem", "{", "\0\0\0\0\0\0", "{\"seq\":9"})
  void a_torn_last_line_is_written_again(String torn) throws IOException {
    record(3);
    open().pump();
    append(torn);
    record(1);
    open().pump();

    assertThat(seqsIn(file)).isEqualTo(upTo(4));
  }

  @Test
  void a_last_line_that_lost_only_its_newline_is_not_doubled() throws IOException {
    record(3);
    open().pump();
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 1));
    open().pump();

    assertThat(seqsIn(file)).isEqualTo(upTo(3));
  }

  @Test
  void lines_that_are_not_the_logs_do_not_hide_where_it_was() throws IOException {
    record(3);
    open().pump();
    append("\0\0\0\n# a note by an admin\n{\"seq\":\"x\"}\n");
    record(1);
    open().pump();

    assertThat(Files.readAllLines(file)).hasSize(7);
    assertThat(seqsIn(file)).isEqualTo(upTo(4));
  }

  @Test
  void a_line_longer_than_a_block_is_found() throws IOException {
    journal.add(new Backlog.Row(1, "{\"details\":\"" + "x".repeat(200_000) + "\"}"));
    open().pump();
    record(1);
    open().pump();

    assertThat(seqsIn(file)).isEqualTo(upTo(2));
  }

  @Test
  void a_log_that_was_deleted_is_rebuilt_from_the_journal() throws IOException {
    record(3);
    open().pump();
    Files.delete(file);
    open().pump();

    assertThat(seqsIn(file)).isEqualTo(upTo(3));
  }

  @Test
  void a_log_that_can_not_be_written_is_down_until_the_backlog_is_written() throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("log"), "in the way of the folder");
    EventLog log = open();
    record(3);
    log.pump();
    assertThat(log.isUp()).isFalse();
    record(2);
    log.pump();
    assertThat(log.isUp()).isFalse();

    Files.delete(folder.resolve("log"));
    log.pump();

    assertThat(log.isUp()).isTrue();
    assertThat(seqsIn(file)).isEqualTo(upTo(5));
  }

  @Test
  void a_folder_that_disappears_is_made_again() throws IOException {
    EventLog log = open();
    record(2);
    log.pump();
    Files.delete(file);
    Files.delete(file.getParent());
    record(2);
    log.pump();

    assertThat(log.isUp()).isTrue();
    assertThat(seqsIn(file)).containsExactly(3L, 4L);
  }

  @Test
  void a_journal_that_can_not_be_read_is_a_failure_as_well() throws IOException {
    EventLog log = open();
    record(2);
    journalBroken = true;
    log.pump();
    assertThat(log.isUp()).isFalse();

    journalBroken = false;
    log.pump();

    assertThat(log.isUp()).isTrue();
    assertThat(seqsIn(file)).isEqualTo(upTo(2));
  }

  @Test
  void a_log_that_logrotate_moved_is_opened_anew_and_goes_on() throws IOException {
    EventLog log = open();
    record(2);
    log.pump();
    Path moved = folder.resolve("log/events.jsonl.1");
    Files.move(file, moved);
    record(2);
    log.pump();

    assertThat(seqsIn(moved)).containsExactly(1L, 2L);
    assertThat(seqsIn(file)).containsExactly(3L, 4L);
  }

  @Test
  void after_logrotate_and_a_restart_it_still_goes_on() throws IOException {
    record(2);
    open().pump();
    Files.move(file, folder.resolve("log/events.jsonl.1"));
    record(2);
    open().pump();

    assertThat(seqsIn(file)).containsExactly(3L, 4L);
  }

  @Test
  void a_log_truncated_in_place_goes_on_at_its_beginning() throws IOException {
    EventLog log = open();
    record(2);
    log.pump();
    Files.write(file, new byte[0]);
    record(2);
    log.pump();

    assertThat(seqsIn(file)).containsExactly(3L, 4L);
  }

  @Test
  void a_full_log_is_rotated_between_two_lines_and_compressed_by_tidy() throws IOException {
    retention = new EventLog.Retention(250, TimeLimit.NONE, Long.MAX_VALUE);
    EventLog log = open();
    record(10);
    log.pump();
    assertThat(rotated()).isNotEmpty().noneMatch(name -> name.endsWith(".gz"));
    assertThat(Files.size(file)).isLessThanOrEqualTo(250);

    log.tidy();

    assertThat(rotated()).isNotEmpty().allMatch(name -> name.endsWith("Z.gz"));
    assertThat(rotated().get(0)).isEqualTo("events.jsonl.20261103T120000.000Z.gz");
    assertThat(everySeq()).isEqualTo(upTo(10));
  }

  @Test
  void a_log_that_never_fills_is_rotated_by_its_age_and_goes_in_the_end() throws IOException {
    record(1);
    open().pump();
    now = now.plus(Duration.ofDays(3));
    record(1);
    open().pump(); // a daemon that has been restarted since
    assertThat(rotated()).isEmpty();

    now = now.plus(Duration.ofHours(1));
    record(1);
    EventLog log = open();
    log.pump();
    assertThat(rotated()).hasSize(1);
    assertThat(seqsIn(file)).isEqualTo(List.of(3L));

    now = now.plus(Duration.ofDays(31));
    log.tidy();
    assertThat(rotated()).isEmpty();
  }

  @Test
  void rotated_files_that_are_too_much_together_go_the_oldest_first() throws IOException {
    retention = new EventLog.Retention(1, TimeLimit.NONE, Long.MAX_VALUE);
    EventLog log = open();
    record(8);
    log.pump();
    log.tidy();
    List<String> all = rotated();
    long ofTwo =
        Files.size(folder.resolve("log").resolve(all.get(5)))
            + Files.size(folder.resolve("log").resolve(all.get(6)));

    retention = new EventLog.Retention(1, TimeLimit.NONE, ofTwo);
    log.tidy();
    assertThat(rotated()).isEqualTo(all.subList(5, 7));

    retention = new EventLog.Retention(1, TimeLimit.NONE, 0);
    log.tidy();
    assertThat(rotated()).isEqualTo(all.subList(6, 7));
  }

  @Test
  void rotated_files_stay_in_order_though_the_clock_steps_back() throws IOException {
    retention = new EventLog.Retention(1, TimeLimit.NONE, Long.MAX_VALUE);
    EventLog log = open();
    for (int i = 0; i < 5; i++) {
      record(1);
      log.pump();
      now = now.minus(Duration.ofHours(1));
    }
    log.tidy();

    assertThat(everySeq()).isEqualTo(upTo(5));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_crash_right_after_a_rotation_loses_and_doubles_nothing(boolean tidied) throws IOException {
    retention = new EventLog.Retention(250, TimeLimit.NONE, Long.MAX_VALUE);
    EventLog log = open();
    record(4);
    log.pump();
    Files.move(file, folder.resolve("log/events.jsonl.20261103T120001.000Z"));
    if (tidied) {
      log.tidy();
    }
    record(2);
    open().pump();

    assertThat(everySeq()).isEqualTo(upTo(6));
  }

  @Test
  void what_a_crash_left_of_compressing_is_cleared_up() throws IOException {
    EventLog log = open();
    Files.createDirectories(file.getParent());
    Path finished = folder.resolve("log/events.jsonl.20261103T110000.000Z");
    Path unfinished = folder.resolve("log/events.jsonl.20261103T110001.000Z");
    Files.writeString(finished, "{\"seq\":1}\n");
    writeZipped(Path.of(finished + ".gz"), "{\"seq\":1}\n");
    Files.writeString(unfinished, "{\"seq\":2}\n");
    Files.writeString(Path.of(unfinished + ".gz.tmp"), "half of it");

    log.tidy();

    assertThat(rotated())
        .containsExactly(
            "events.jsonl.20261103T110000.000Z.gz", "events.jsonl.20261103T110001.000Z.gz");
    assertThat(everySeq()).isEqualTo(upTo(2));
  }

  @Test
  void a_damaged_rotated_file_does_not_stop_the_log() throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(folder.resolve("log/events.jsonl.20261103T110000.000Z.gz"), "no gzip");
    record(2);
    EventLog log = open();
    log.pump();

    assertThat(log.isUp()).isTrue();
    assertThat(seqsIn(file)).isEqualTo(upTo(2));
  }

  @Test
  void old_files_are_pruned_and_files_of_others_are_not() throws IOException {
    retention = new EventLog.Retention(1, TimeLimit.of(Duration.ofDays(30)), Long.MAX_VALUE);
    EventLog log = open();
    Files.createDirectories(file.getParent());
    Path foreign = folder.resolve("log/events.jsonl.20200101");
    Files.writeString(foreign, "kept by somebody");
    record(2);
    log.pump();
    now = now.plus(Duration.ofDays(29));
    record(1);
    log.pump();
    log.tidy();
    assertThat(rotated()).hasSize(3);

    now = now.plus(Duration.ofDays(2));
    log.tidy();

    assertThat(rotated())
        .containsExactly("events.jsonl.20200101", "events.jsonl.20261202T120000.000Z.gz");
  }

  @Test
  void a_row_that_is_no_line_is_refused() {
    for (String bad : List.of("", "{}", "[1]", "{\"a\":\n1}", "x{\"a\":1}")) {
      assertThatThrownBy(() -> new Backlog.Row(7, bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("7");
    }
  }

  private EventLog open() {
    EventLog log = new EventLog(file, () -> retention, this::after, () -> now);
    opened.add(log);
    return log;
  }

  private List<Backlog.Row> after(long seq, int limit) {
    if (journalBroken) {
      throw new IllegalStateException("the database is locked");
    }
    return journal.stream().filter(row -> row.seq() > seq).limit(limit).toList();
  }

  private void record(int count) {
    for (int i = 0; i < count; i++) {
      journal.add(
          new Backlog.Row(
              journal.size() + 1L,
              "{\"timestamp\":\"" + now + "\",\"event_type\":\"container.remove\"}"));
    }
  }

  private void append(String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }

  private List<String> rotated() throws IOException {
    try (Stream<Path> files = Files.list(file.getParent())) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> !name.equals("events.jsonl"))
          .sorted()
          .toList();
    }
  }

  /** Over all files, in the order of their names. */
  private List<Long> everySeq() throws IOException {
    List<Long> all = new ArrayList<>();
    for (String name : rotated()) {
      all.addAll(seqsIn(file.resolveSibling(name)));
    }
    if (Files.exists(file)) {
      all.addAll(seqsIn(file));
    }
    return all;
  }

  private static List<Long> seqsIn(Path path) throws IOException {
    List<Long> seqs = new ArrayList<>();
    for (String line : text(path).lines().toList()) {
      if (line.startsWith("{") && JSON.readTree(line).path("seq").isNumber()) {
        seqs.add(JSON.readTree(line).path("seq").asLong());
      }
    }
    return seqs;
  }

  private static String text(Path path) throws IOException {
    if (!path.toString().endsWith(".gz")) {
      return Files.readString(path);
    }
    try (GZIPInputStream unzipped = new GZIPInputStream(Files.newInputStream(path))) {
      return new String(unzipped.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void writeZipped(Path path, String text) throws IOException {
    try (GZIPOutputStream zipped = new GZIPOutputStream(Files.newOutputStream(path))) {
      zipped.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }
}
