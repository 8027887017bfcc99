package io.berth.daemon.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * One request and its answer over a Unix socket: as much of HTTP/1.1 as the control socket speaks.
 * Each has a connection of its own, which ends with the answer. A client library would take longer
 * to load than the daemon to answer.
 */
final class UnixHttp {

  private static final int LARGEST_ANSWER = 256 * 1024 * 1024;
  private static final String HEAD_END = "\r\n\r\n";

  /** An answer. */
  record Answer(int status, String body) {}

  private UnixHttp() {}

  /**
   * Sends and receives.
   *
   * @param path with its query, encoded
   * @param patience the longest silence that is waited for
   * @throws IOException if nobody listens, the answer does not come, or it is cut off
   */
  static Answer exchange(Path socket, String method, String path, String body, Duration patience)
      throws IOException {
    byte[] content = body.getBytes(UTF_8);
    String head =
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: berth\r\nConnection: close\r\nContent-Type: application/json"
            + "\r\nContent-Length: "
            + content.length
            + HEAD_END;
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.getBytes(ISO_8859_1));
    request.writeBytes(content);
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = Selector.open()) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
      send(channel, selector, ByteBuffer.wrap(request.toByteArray()), patience);
      key.interestOps(SelectionKey.OP_READ);
      return parse(receive(channel, selector, patience));
    }
  }

  /** The kernel takes some of it at once; a peer that gave up reading may have answered before. */
  private static void send(
      SocketChannel channel, Selector selector, ByteBuffer request, Duration patience)
      throws IOException {
    while (request.hasRemaining()) {
      if (selector.select(patience.toMillis()) == 0) {
        throw new IOException("the daemon takes no request");
      }
      selector.selectedKeys().clear();
      try {
        channel.write(request);
      } catch (IOException e) {
        return; // what it answered, or that it did not, is found when reading
      }
    }
  }

  private static byte[] receive(SocketChannel channel, Selector selector, Duration patience)
      throws IOException {
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    while (received.size() <= LARGEST_ANSWER) {
      if (selector.select(patience.toMillis()) == 0) {
        throw new IOException("no answer within " + patience.toSeconds() + " s");
      }
      selector.selectedKeys().clear();
      int count = channel.read(buffer);
      if (count < 0) {
        return received.toByteArray();
      }
      received.write(buffer.array(), 0, count);
      buffer.clear();
    }
    throw new IOException("the answer is too long");
  }

  static Answer parse(byte[] received) throws IOException {
    String text = new String(received, ISO_8859_1); // a byte a character, so that lengths count
    int end = text.indexOf(HEAD_END);
    String[] lines = end < 0 ? new String[0] : text.substring(0, end).split("\r\n", -1);
    if (lines.length == 0 || !lines[0].matches("HTTP/1\\.1 [0-9]{3}( .*)?")) {
      throw new IOException("the answer is no HTTP; does something else listen there?");
    }
    byte[] body = text.substring(end + HEAD_END.length()).getBytes(ISO_8859_1);
    for (String line : lines) {
      String lower = line.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")
          && body.length != Long.parseLong(lower.substring(15).strip())) {
        throw new IOException("the answer was cut off");
      }
      if (lower.startsWith("transfer-encoding:")) {
        throw new IOException("the answer is encoded in a way that the daemon never uses");
      }
    }
    return new Answer(Integer.parseInt(lines[0].substring(9, 12)), new String(body, UTF_8));
  }
}
