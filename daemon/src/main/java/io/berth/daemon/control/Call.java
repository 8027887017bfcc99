package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.daemon.control.Refusal.Code;
import io.berth.policies.Durations;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request, taken apart. What is asked for and makes no sense is a {@link Refusal} that says so.
 */
final class Call {

  private static final int LONGEST_TEXT = 1_000;

  private final Peer peer;
  private final Supplier<Boolean> inAdminGroup;
  private final Map<String, String> path;
  private final Map<String, String> query;
  private final JsonNode body;

  /**
   * @param inAdminGroup whether the peer's user is in the admin group; asked where it matters
   * @param path the values of the names in the route's path
   * @param body an object; empty where none was sent
   */
  Call(
      Peer peer,
      Supplier<Boolean> inAdminGroup,
      Map<String, String> path,
      Map<String, String> query,
      JsonNode body) {
    this.peer = peer;
    this.inAdminGroup = inAdminGroup;
    this.path = path;
    this.query = query;
    this.body = body;
  }

  // --- who asks

  /** Who is to be named in the journal. */
  String who() {
    return peer.user().isEmpty() ? "root" : peer.user();
  }

  boolean isAdmin() {
    return peer.superuser() || inAdminGroup.get();
  }

  boolean is(String user) {
    return !user.isEmpty() && user.equals(peer.user());
  }

  void requireAdmin(String what) {
    if (!isAdmin()) {
      throw new Refusal(Code.FORBIDDEN, what + " is for root and the members of the admin group");
    }
  }

  // --- what is asked for

  String inPath(String name) {
    String value = path.get(name);
    if (value == null) {
      throw new IllegalStateException("no " + name + " in the route's path");
    }
    return value;
  }

  Optional<String> inQuery(String name) {
    return Optional.ofNullable(query.get(name)).filter(value -> !value.isEmpty());
  }

  int number(String name, int otherwise, int from, int to) {
    JsonNode inBody = body.path(name);
    String text = inBody.isMissingNode() ? query.get(name) : inBody.asText();
    if (text == null) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= from && value <= to) {
        return value;
      }
    } catch (NumberFormatException e) {
      // falls through to the one message there is
    }
    throw bad(name + ": '" + shown(text) + "' is no number from " + from + " to " + to);
  }

  long position(String name) {
    String text = query.get(name);
    if (text == null) {
      return 0;
    }
    try {
      return Math.max(0, Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw bad(name + ": '" + shown(text) + "' is no number");
    }
  }

  @Nullable Instant moment(String name) {
    String text = query.get(name);
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      throw bad(name + ": '" + shown(text) + "' is no moment such as 2026-11-20T03:12:00Z");
    }
  }

  /** As it was sent; a missing node where it was not. */
  JsonNode json(String name) {
    return body.path(name);
  }

  /** Text of one line; null where it is absent. */
  @Nullable String text(String name) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isTextual() || value.asText().length() > LONGEST_TEXT) {
      throw bad(name + ": text of at most " + LONGEST_TEXT + " characters is wanted");
    }
    if (value.asText().chars().anyMatch(Character::isISOControl)) {
      throw bad(name + ": it has a character that can't be seen");
    }
    return value.asText();
  }

  String requiredText(String name) {
    String text = text(name);
    if (text == null || text.isBlank()) {
      throw bad(name + " is missing");
    }
    return text.strip();
  }

  boolean flag(String name) {
    JsonNode value = body.path(name);
    String text = value.isBoolean() ? value.asText() : query.get(name);
    if (text == null && value.isMissingNode()) {
      return false;
    }
    if (!"true".equals(text) && !"false".equals(text)) {
      throw bad(name + ": true or false is wanted");
    }
    return "true".equals(text);
  }

  /** Null where it is absent. */
  @Nullable Duration duration(String name) {
    String text = text(name);
    try {
      return text == null ? null : Durations.parse(text);
    } catch (IllegalArgumentException e) {
      throw bad(name + ": " + e.getMessage());
    }
  }

  static Refusal bad(String words) {
    return new Refusal(Code.BAD_REQUEST, words);
  }

  static String shown(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "...";
  }
}
