package io.berth.daemon.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The event log as it stood at one moment. */
public record Chronicle(List<Entry> entries) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** One event. */
  public record Entry(JsonNode json) {

    public long seq() {
      return json.path("seq").asLong();
    }

    public Instant at() {
      return Instant.parse(json.path("timestamp").asText());
    }

    public String type() {
      return json.path("event_type").asText();
    }

    /** Empty for the daemon's own. */
    public String user() {
      return json.path("user").asText("");
    }

    public String source() {
      return json.path("source").asText();
    }

    /** The container's name; empty for the daemon's own. */
    public String container() {
      return detail("container");
    }

    /** One of the details as text; empty where it has none of that name. */
    public String detail(String name) {
      return json.path("details").path(name).asText("");
    }

    /** Whether it tells of something that Berth did, or would do, to a container. */
    public boolean isAct() {
      return detail("by").equals("berth")
          && type().startsWith("container.")
          && !type().equals("container.warn");
    }
  }

  public static Chronicle read(Path file) throws IOException {
    List<Entry> entries = new ArrayList<>();
    if (Files.exists(file)) {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      String complete = text.substring(0, text.lastIndexOf('\n') + 1);
      for (String line : complete.lines().toList()) {
        entries.add(new Entry(JSON.readTree(line)));
      }
    }
    return new Chronicle(List.copyOf(entries));
  }

  /** The events about the container of that name, in order. */
  public List<Entry> of(String container) {
    return matching(entry -> entry.container().equals(container));
  }

  /** Those of that type, in order. */
  public List<Entry> of(String container, String type) {
    return of(container).stream().filter(entry -> entry.type().equals(type)).toList();
  }

  /** The last event of that type about that container. */
  public Optional<Entry> last(String container, String type) {
    return of(container, type).stream().reduce((first, second) -> second);
  }

  public List<Entry> matching(Predicate<Entry> condition) {
    return entries.stream().filter(condition).toList();
  }
}
