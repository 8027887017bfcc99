package io.berth.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.ContainerType;
import io.berth.policies.Mode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Spells the lines of the event log (DESIGN section 7, "Events"). */
final class Events {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SCHEMA_VERSION = "1";

  private Events() {}

  /**
   * One line, without its end.
   *
   * @param user null for the daemon's own
   * @param by {@code berth}, {@code engine} or {@code user}
   * @param more further details; one with a null value is left out
   */
  static String line(
      Instant at,
      String type,
      @Nullable String user,
      String source,
      String by,
      @Nullable String reason,
      Mode mode,
      Map<String, ? extends @Nullable Object> more) {
    Map<String, @Nullable Object> details = new LinkedHashMap<>();
    details.put("by", by);
    details.put("reason", reason);
    details.put("mode", mode.word());
    more.forEach(
        (name, value) -> {
          if (value != null) {
            details.put(name, value);
          }
        });
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("timestamp", at.toString());
    line.put("event_type", type);
    line.put("user", user);
    line.put("source", source);
    line.put("details", details);
    line.put("schema_version", SCHEMA_VERSION);
    try {
      return JSON.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an event that is no JSON: " + line, e);
    }
  }

  /** The journal's row about something of the daemon's own, with its event. */
  static JournalEntry ofDaemon(
      Instant at,
      String type,
      String source,
      @Nullable String reason,
      Mode mode,
      Map<String, ? extends @Nullable Object> details) {
    return ofDaemon(at, type, source, "berth", reason, mode, details);
  }

  /** The same where somebody asked for it. */
  static JournalEntry ofDaemon(
      Instant at,
      String type,
      String source,
      String by,
      @Nullable String reason,
      Mode mode,
      Map<String, ? extends @Nullable Object> details) {
    String event = line(at, type, null, source, by, reason, mode, details);
    return new JournalEntry(
        0,
        at,
        JournalEntry.Kind.FACT,
        null,
        null,
        null,
        type,
        reason,
        source,
        mode.word(),
        null,
        null,
        event);
  }

  /** What every event of a container says of it. */
  static Map<String, Object> of(String name, String id, ContainerType type, Owner owner) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("container", name);
    details.put("id", id);
    details.put("container_type", type.word());
    details.put("owner_source", owner.source());
    return details;
  }

  static Map<String, Object> of(Subject subject) {
    Container container = subject.container();
    return of(container.name(), container.id(), subject.type(), subject.owner());
  }

  /** What a removal leaves behind: its mounts, so that nobody looks for data in vain. */
  static List<Map<String, Object>> mounts(Container container) {
    return container.mounts().stream()
        .map(
            mount ->
                Map.<String, Object>of(
                    "type",
                    mount.type(),
                    "source",
                    mount.source(),
                    "destination",
                    mount.destination()))
        .toList();
  }
}
