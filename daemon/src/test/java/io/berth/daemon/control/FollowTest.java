package io.berth.daemon.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.events.Backlog;
import io.berth.daemon.events.EventLog;
import io.berth.policies.Mode;
import io.berth.policies.TimeLimit;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code berth events}, following and not, while the log is rotated and the daemon restarted. */
class FollowTest {

  private static final Pattern WHO = Pattern.compile("\"who\":\"([^\"]+)\"");

  @TempDir private Path folder;
  private final StringWriter printed = new StringWriter();
  private Harbour harbour;
  private EventLog log;
  private Thread follower = new Thread(() -> {});

  @BeforeEach
  void open() throws IOException {
    begin();
  }

  private void begin() throws IOException {
    harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 0);
    Files.writeString(
        harbour.config(), "daemon: {events: " + file() + ", socket: " + harbour.socket() + "}\n");
    log =
        new EventLog(
            file(),
            () -> new EventLog.Retention(1 << 20, TimeLimit.NONE, Long.MAX_VALUE),
            (seq, limit) ->
                harbour.ledger().read(tables -> tables.eventsAfter(seq, limit)).stream()
                    .map(each -> new Backlog.Row(each.seq(), Objects.requireNonNull(each.event())))
                    .toList(),
            Clock.systemUTC());
    long end = log.findEnd();
    harbour.ledger().update(tables -> tables.goOnAfter(end));
    log.pump();
  }

  @AfterEach
  void close() throws InterruptedException {
    follower.interrupt();
    follower.join(10_000);
    log.close();
    harbour.close();
  }

  @Test
  void following_goes_on_across_renamed_and_truncated_logs_and_a_restart() throws Exception {
    follow();
    happens("one");
    awaitSeen("one");

    Files.move(file(), folder.resolve("events.jsonl.1"));
    happens("two");
    awaitSeen("one", "two");
    assertThat(Files.readString(file())).contains("two").doesNotContain("one");

    Files.write(file(), new byte[0]);
    happens("three");
    awaitSeen("one", "two", "three");

    harbour.close();
    begin();
    happens("four");
    awaitSeen("one", "two", "three", "four");
  }

  @ParameterizedTest
  @CsvSource({"429, too_many", "503, unavailable"})
  void following_goes_on_after_a_refusal_that_passes(int status, String code) throws Exception {
    follow();
    happens("one");
    awaitSeen("one");
    harbour.close();

    try (ServerSocketChannel server = standIn()) {
      answer(server, status, "{\"code\":\"" + code + "\",\"detail\":\"try again\"}");
    }
    Files.delete(harbour.socket());
    begin();
    happens("two");

    awaitSeen("one", "two");
  }

  /** What listens where the daemon did. */
  private ServerSocketChannel standIn() throws IOException {
    Files.deleteIfExists(harbour.socket());
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(harbour.socket()));
  }

  private static void answer(ServerSocketChannel server, int status, String body)
      throws IOException {
    String answer =
        "HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s".formatted(status, body.length(), body);
    try (SocketChannel client = server.accept()) {
      client.read(ByteBuffer.allocate(4096));
      client.write(ByteBuffer.wrap(answer.getBytes(UTF_8)));
    }
  }

  @Test
  void following_goes_on_when_the_ledger_had_to_be_begun_anew() throws Exception {
    for (int i = 0; i < 20; i++) {
      happens("before" + i);
    }
    follow();
    happens("one");
    await().until(() -> seen(printed.toString()).contains("one"));

    harbour.close();
    Files.write(harbour.ledgerFile(), new byte[5000]);
    Files.deleteIfExists(Path.of(harbour.ledgerFile() + "-wal"));
    begin();
    assertThat(harbour.ledger().setAside()).isPresent();
    happens("two");

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(seen(printed.toString())).endsWith("one", "two"));
    assertThat(Files.readString(file())).contains("\"two\"");
  }

  @Test
  void without_a_daemon_all_of_the_log_is_read_whoever_rotated_it() throws Exception {
    happens("one");
    Files.move(file(), folder.resolve("events.jsonl.1"));
    happens("two");
    Files.write(file(), new byte[0]);
    happens("three");
    harbour.close();

    assertThat(seen(events())).containsExactly("one", "three");

    Files.move(file(), folder.resolve("events.jsonl.2"));
    assertThat(seen(events())).containsExactly("one", "three");
  }

  @Test
  void a_daemon_that_is_lost_between_two_pages_has_nothing_told_twice() throws Exception {
    happens("one");
    happens("two");
    String one =
        Files.readAllLines(file()).stream()
            .filter(line -> line.contains("\"one\""))
            .findFirst()
            .orElseThrow();
    long seq = new ObjectMapper().readTree(one).path("seq").asLong();
    String page = "{\"events\":[" + one + "],\"last\":" + seq + ",\"more\":true}";
    harbour.close();

    try (ServerSocketChannel server = standIn()) {
      follow();
      answer(server, 200, page);
    }

    awaitSeen("one", "two");
  }

  @Test
  void following_begins_without_a_daemon_and_repeats_nothing_when_it_comes() throws Exception {
    happens("one");
    harbour.close();
    follow("--user", "nobody");
    awaitSeen();
    follower.interrupt();
    follower.join(10_000);
    follow();
    awaitSeen("one");

    begin();
    happens("two");

    awaitSeen("one", "two");
  }

  private Path file() {
    return folder.resolve("events.jsonl");
  }

  /** Somebody of that name sets the mode. */
  private void happens(String who) {
    harbour.modes().set(Mode.OBSERVE, who, harbour.book(), Instant.now());
    log.pump();
  }

  private void awaitSeen(String... names) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(seen(printed.toString())).containsExactly(names));
  }

  private static List<String> seen(String output) {
    return WHO.matcher(output).results().map((MatchResult it) -> it.group(1)).toList();
  }

  private void follow(String... more) {
    follower =
        new Thread(
            () -> {
              int unused = run(printed, true, more);
            });
    follower.start();
  }

  private String events() {
    StringWriter out = new StringWriter();
    assertThat(run(out, false)).isZero();
    return out.toString();
  }

  private int run(StringWriter out, boolean follows, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "--config",
                harbour.config().toString(),
                "-o",
                "json",
                "events",
                "--since",
                "1h",
                "--type",
                "daemon.mode"));
    if (follows) {
      args.add("--follow");
    }
    args.addAll(List.of(more));
    return new BerthCli(
            options -> 99, new PrintWriter(out, true), new PrintWriter(new StringWriter(), true))
        .run(args.toArray(String[]::new));
  }
}
