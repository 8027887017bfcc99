package io.berth.daemon.control;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.LedgerReader;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a client sends, the daemon goes on serving, and the ledger stays whole. */
class ControlFuzzTest {

  private static final List<String> PATHS =
      List.of(
          "/v1/status",
          "/v1/containers",
          "/v1/containers/train",
          "/v1/containers/train/keep-alive",
          "/v1/containers/train/protect",
          "/v1/containers/train/pause",
          "/v1/containers/train/resume",
          "/v1/devices",
          "/v1/limits?user=ada",
          "/v1/events?limit=3&since=2026-01-01T00:00:00Z",
          "/v1/allocate",
          "/v1/release",
          "/v1/mode",
          "/v1/jobs/stale-cleanup/pause",
          "/v1/jobs/stale-cleanup/resume",
          "/v1/jobs/stale-cleanup/sweep",
          "/v1/breaker/approve",
          "/v1/notify/test",
          "/v1/containers/train/unprotect",
          "/v1/containers/train/look",
          "/v1/breaker",
          "/v1/plan?at=2026-01-01T00:00:00Z&enforce=true",
          "/v1/containers/train/explain",
          "/v1/reload",
          "/v1/config/compare");
  private static final List<String> BODIES =
      List.of(
          "",
          "{}",
          "{\"mode\":\"enforce\"}",
          "{\"user\":\"ada\",\"container\":\"x\",\"gpus\":1}",
          "{\"container\":\"x\"}",
          "{\"user\":\"ada\"}",
          "{\"why\":\"because\"}",
          "{\"for\":\"2h\"}",
          "{\"for\":\"2h\",\"why\":\"because\"}",
          "{\"dry_run\":true}",
          "{\"main\":\"safety: {mode: observe}\",\"beside\":{\"groups/a.members\":\"ada\"}}",
          "[[[[[[[[",
          "{\"user\":{\"a\":[1,2,3]},\"gpus\":-1e999}");

  private static final Pattern ANSWER = Pattern.compile("(^|\\})HTTP/1\\.1 ");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void random_and_mutated_requests_leave_it_serving(long seed) throws IOException {
    storm(seed, 7_000);
  }

  @Test
  void those_of_a_stranger_leave_it_serving_and_change_nothing() throws IOException {
    As.requireTools();
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "needs perl");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    storm(5, 7_000, As.STRANGER);
  }

  @Test
  @Tag("slow")
  void a_million_of_them_leave_it_serving() throws IOException {
    storm(4, 1_000_000);
  }

  private void storm(long seed, int requests) throws IOException {
    storm(seed, requests, As.ROOT);
  }

  private void storm(long seed, int requests, As peer) throws IOException {
    Random random = new Random(seed);
    try (Harbour harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 4)) {
      Instant now = Instant.now();
      harbour.engine().has(Containers.running("train").owner("ada").createdAt(now).startedAt(now));
      harbour.look();
      List<String> events = harbour.eventTypes();
      Set<String> statuses = new HashSet<>();
      try (Sender sender = new Sender(harbour.socket(), peer)) {
        for (long answered = 0; answered < requests; ) {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          int pipelined = 1 + random.nextInt(20);
          for (int i = 0; i < pipelined; i++) {
            bytes.writeBytes(request(random));
          }
          String answer = sender.send(bytes.toByteArray());
          answered += ANSWER.matcher(answer).results().count();
          assertThat(answer).matches(it -> it.isEmpty() || it.startsWith("HTTP/1.1 "));
          // Ours; Jetty says 500 itself of what comes behind a request that it gave up.
          assertThat(answer).doesNotContain("nobody expected");
          statuses.add(answer.substring(0, Math.min(12, answer.length())));
        }
      }
      assertThat(statuses).contains("HTTP/1.1 200", "HTTP/1.1 400");
      if (peer.equals(As.STRANGER)) {
        assertThat(statuses).contains("HTTP/1.1 403");
        assertThat(harbour.eventTypes()).isEqualTo(events);
      }
      assertServes(harbour);
    }
  }

  private static void assertServes(Harbour harbour) throws IOException {
    String answer =
        send(
            harbour.socket(),
            "GET /v1/status HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n".getBytes(ISO_8859_1));
    assertThat(answer).startsWith("HTTP/1.1 200");
    assertThat(
            new ObjectMapper()
                .readTree(answer.substring(answer.indexOf('{')))
                .path("mode")
                .asText())
        .isNotEmpty();
    assertThat(new LedgerReader(harbour.ledgerFile()).check().differences()).isEmpty();
  }

  private static byte[] request(Random random) {
    if (random.nextInt(10) == 0) {
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      return noise;
    }
    String body = pick(random, BODIES);
    String text =
        (random.nextBoolean() ? "POST " : "GET ")
            + pick(random, PATHS)
            + " HTTP/1.1\r\nHost: b\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    byte[] bytes = text.getBytes(ISO_8859_1);
    int changes = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 0;
    for (int i = 0; i < changes; i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private static String pick(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** Sends all of it, says that this was all, and reads what comes until the daemon hangs up. */
  private static String send(Path socket, byte[] bytes) throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
      try {
        channel.write(ByteBuffer.wrap(bytes));
        channel.shutdownOutput();
        while (channel.read(buffer) >= 0) {
          answer.write(buffer.array(), 0, buffer.position());
          buffer.clear();
        }
      } catch (IOException e) {
        // It hung up in the middle of what makes no sense: that is an answer, too.
        answer.writeBytes(new byte[0]);
      }
    }
    return answer.toString(ISO_8859_1);
  }

  /** Sends as root, which this process is, or through a process of that user's. */
  private static final class Sender implements AutoCloseable {

    private static final String SCRIPT =
        """
        use IO::Socket::UNIX;
        $SIG{PIPE} = 'IGNORE';
        binmode STDIN; binmode STDOUT; $| = 1;
        while (read(STDIN, my $length, 4) == 4) {
          read(STDIN, my $bytes, unpack('N', $length));
          my $answer = '';
          my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "it does not connect: $!";
          syswrite($socket, $bytes);
          shutdown($socket, 1);
          while (sysread($socket, $answer, 65536, length $answer)) {}
          print pack('N', length $answer), $answer;
        }
        """;

    private final Path socket;
    private final @Nullable Process other;

    Sender(Path socket, As peer) throws IOException {
      this.socket = socket;
      this.other =
          peer.equals(As.ROOT)
              ? null
              : new ProcessBuilder(peer.command("perl", "-e", SCRIPT, socket.toString()))
                  .directory(new File("/"))
                  .redirectError(ProcessBuilder.Redirect.INHERIT)
                  .start();
    }

    String send(byte[] bytes) throws IOException {
      if (other == null) {
        return ControlFuzzTest.send(socket, bytes);
      }
      DataOutputStream to = new DataOutputStream(other.getOutputStream());
      to.writeInt(bytes.length);
      to.write(bytes);
      to.flush();
      DataInputStream from = new DataInputStream(other.getInputStream());
      return new String(from.readNBytes(from.readInt()), ISO_8859_1);
    }

    @Override
    public void close() {
      if (other != null) {
        other.destroyForcibly();
      }
    }
  }
}
