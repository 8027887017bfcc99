package io.berth.daemon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Asks a running daemon. */
final class ControlClient {

  /** As long as a sweep or an Engine that hangs may take, and then some. */
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  /** Nobody answers. */
  static final class NoDaemon extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoDaemon(Path socket, IOException why) {
      super(
          "berthd is not reachable at %s: %s. Start it with 'systemctl start berthd' or 'berth daemon', or name its socket with --socket"
              .formatted(socket, why.getMessage()),
          why);
    }
  }

  /** The daemon refused, or failed. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String code;

    Refused(String code, String detail) {
      super(detail);
      this.code = code;
    }

    String code() {
      return code;
    }

    /** Whether the same request may be answered a moment later. */
    boolean isPassing() {
      return code.equals("too_many") || code.equals("unavailable");
    }

    int exitCode() {
      return switch (code) {
        case "bad_request" -> ExitCode.USAGE;
        case "forbidden", "refused" -> ExitCode.REFUSED;
        case "nothing_free" -> ExitCode.NOTHING_FREE;
        default -> ExitCode.FAILED;
      };
    }
  }

  private final Path socket;
  private final Duration patience;

  ControlClient(Path socket) {
    this(socket, PATIENCE);
  }

  ControlClient(Path socket, Duration patience) {
    this.socket = socket;
    this.patience = patience;
  }

  /**
   * Reads.
   *
   * @param query empty values are left out
   */
  JsonNode get(String path, Map<String, String> query) {
    StringBuilder line = new StringBuilder(path);
    char separator = '?';
    for (Map.Entry<String, String> each : query.entrySet()) {
      if (!each.getValue().isEmpty()) {
        line.append(separator).append(each.getKey()).append('=').append(encoded(each.getValue()));
        separator = '&';
      }
    }
    return send("GET", line.toString(), "");
  }

  JsonNode post(String path, ObjectNode body) {
    return send("POST", path, body.toString());
  }

  /** One segment of a path, or a value of a query. */
  static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  private JsonNode send(String method, String path, String body) {
    UnixHttp.Answer answer;
    try {
      answer = UnixHttp.exchange(socket, method, path, body, patience);
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      throw new NoDaemon(socket, e instanceof IOException io ? io : new IOException(e));
    }
    try {
      JsonNode json = JsonTree.read(answer.body());
      if (answer.status() == 200) {
        return json;
      }
      throw new Refused(
          json.path("code").asText(""), json.path("detail").asText("status " + answer.status()));
    } catch (JsonProcessingException e) {
      throw new Refused("", "the answer is no JSON; does something else listen at " + socket + "?");
    }
  }
}
