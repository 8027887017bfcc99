package io.berth.daemon.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.ledger.EventQuery;
import io.berth.jobs.ledger.JournalEntry;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What happened, from the journal: the event log is written from it, so that this is the same, and
 * no rotation of files comes in between. Whoever follows it asks again for what came after.
 */
final class EventRoutes {

  private static final int MOST = 1_000;
  private static final int USUAL = 100;

  /** Of the events in one answer, in characters; one alone may be longer. */
  private static final int LARGEST = 512 * 1024;

  /**
   * Details that are their owner's own matter: where data lies, what people wrote, why he is
   * exempt, and what his channels answered.
   */
  private static final Set<String> PRIVATE =
      Set.of("mounts", "message", "environment", "command", "exemption", "channels");

  private final ControlParts parts;

  EventRoutes(ControlParts parts) {
    this.parts = parts;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/events", this::events)
            .with("since", "after", "user", "container", "type", "limit"));
  }

  private JsonNode events(Call call) {
    boolean goesOn = call.inQuery("after").isPresent() || call.inQuery("since").isPresent();
    EventQuery query =
        new EventQuery(
            call.position("after"),
            call.moment("since"),
            call.inQuery("user").orElse(null),
            call.inQuery("container").orElse(null),
            call.inQuery("type").orElse(null),
            call.number("limit", USUAL, 1, MOST),
            !goesOn);
    ObjectNode json = Answer.JSON.createObjectNode();
    ArrayNode events = json.putArray("events");
    long last = query.after();
    List<JournalEntry> found = parts.reader().events(query);
    List<JournalEntry> fit = fitting(found, goesOn);
    for (JournalEntry entry : fit) {
      events.add(event(entry, call));
      last = entry.seq();
    }
    boolean isFull = fit.size() < found.size() || fit.size() == query.limit();
    return json.put("last", last).put("more", goesOn && isFull);
  }

  /** The first of them, or the last, that are not too large for one answer. */
  private static List<JournalEntry> fitting(List<JournalEntry> found, boolean first) {
    int size = 0;
    for (int count = 0; count < found.size(); count++) {
      JournalEntry next = found.get(first ? count : found.size() - 1 - count);
      size += Objects.requireNonNull(next.event()).length();
      if (size > LARGEST && count > 0) {
        return first ? found.subList(0, count) : found.subList(found.size() - count, found.size());
      }
    }
    return found;
  }

  static ObjectNode event(JournalEntry entry, Call call) {
    try {
      JsonNode parsed = Answer.JSON.readTree(Objects.requireNonNull(entry.event()));
      if (!(parsed instanceof ObjectNode event)) {
        throw new IllegalStateException("event " + entry.seq() + " is no object");
      }
      event.put("seq", entry.seq());
      boolean others = entry.owner() != null && !call.is(entry.owner());
      if (others && !call.isAdmin() && event.get("details") instanceof ObjectNode details) {
        details.remove(PRIVATE);
      }
      return event;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("event " + entry.seq() + " is no JSON", e);
    }
  }
}
