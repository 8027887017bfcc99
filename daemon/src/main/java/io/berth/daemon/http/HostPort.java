package io.berth.daemon.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a listener listens: {@code 127.0.0.1:9470}, {@code localhost:9470}, {@code [::1]:9470},
 * {@code :9470} or {@code *:9470} for all addresses. Port 0: any that is free.
 *
 * @param host empty for all addresses
 */
record HostPort(String host, int port) {

  private static final Pattern WRITTEN =
      Pattern.compile("(?:\\[(?<six>[0-9a-fA-F:.%]+)]|(?<host>[^:\\[\\]\\s]*)):(?<port>\\d{1,5})");

  /**
   * @throws IllegalArgumentException for what is no host and port; the message says what is
   */
  static HostPort parse(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    int port = matcher.matches() ? Integer.parseInt(matcher.group("port")) : -1;
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "'" + text + "' is no host:port; write 127.0.0.1:9470, or [::1]:9470 for IPv6");
    }
    String six = matcher.group("six");
    String host = six != null ? six : String.valueOf(matcher.group("host"));
    return new HostPort(host.equals("*") ? "" : host, port);
  }

  /** Asks the resolver where the host is a name. */
  InetSocketAddress resolve() throws UnknownHostException {
    return host.isEmpty()
        ? new InetSocketAddress(port)
        : new InetSocketAddress(InetAddress.getByName(host), port);
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host.isEmpty() ? "*" : host) + ":" + port;
  }
}
