package io.berth.jobs.notify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.container.Container;
import io.berth.policies.Mode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Composes what a notice says: a few lines for people, and JSON for programs. */
final class Messages {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SCHEMA_VERSION = "1";

  /** Of Berth's own words; what is in them of others may be long. */
  private static final int MAX_SENTENCE = 2 * Plain.MAX_LENGTH;

  private Messages() {}

  /** A few lines, none of them with an end; safe to show anywhere. */
  static String text(Notice notice) {
    StringBuilder text = new StringBuilder("Berth: ").append(headline(notice));
    when(notice).ifPresent(when -> line(text, "When", when));
    Notice.Why why = notice.why();
    if (why != null) {
      line(text, "Why", why(why));
    }
    Notice.About about = notice.about();
    if (about != null) {
      Advice.prevention(notice, about).ifPresent(advice -> line(text, "To prevent it", advice));
      Advice.next(notice, about).ifPresent(advice -> line(text, "To go on", advice));
      Advice.safe(notice, about).ifPresent(advice -> line(text, "Safe", advice));
      Advice.lost(notice, about).ifPresent(advice -> line(text, "NOT safe", advice));
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String label, String content) {
    text.append("\n  ").append(label).append(": ").append(content);
  }

  private static String headline(Notice notice) {
    Notice.About about = notice.about();
    if (about == null) {
      return "this is a test. Warnings about your containers will come this way.";
    }
    Container container = about.container();
    return "your container "
        + Plain.line(container.name())
        + " ("
        + Plain.line(container.shortId())
        + ") "
        + what(notice.kind(), notice.plan());
  }

  private static String what(Notice.Kind kind, Notice.@Nullable Plan plan) {
    Notice.Act act = plan == null ? Notice.Act.WARN : plan.act();
    return switch (kind) {
      case WARNED, REMOVAL_ANNOUNCED -> "will " + act.coming();
      case WARNED_LAST -> "will " + act.coming() + "; this is the last warning";
      case STOPPED -> Notice.Act.STOP.done();
      case PAUSED -> Notice.Act.PAUSE.done() + ", not stopped";
      case EXEMPT -> "would " + act.coming() + ", but you are exempt: nothing is done";
      case CONFLICT -> "uses a GPU that another container has";
      case TEST -> "is well";
    };
  }

  private static Optional<String> when(Notice notice) {
    Notice.Plan plan = notice.plan();
    if (plan == null) {
      return Optional.empty();
    }
    String exact = Moments.exact(plan.due(), notice.zone());
    return Optional.of(
        switch (notice.kind()) {
          case STOPPED, PAUSED -> exact;
          default -> exact + " (" + Moments.left(notice.at(), plan.due()) + ")";
        });
  }

  /** The sentence says what counts; all the numbers are in the JSON. */
  private static String why(Notice.Why why) {
    return Plain.line(why.sentence(), MAX_SENTENCE);
  }

  /**
   * One object: shaped like a line of the event log, with {@code message}, the lines for people.
   */
  static String json(Notice notice) {
    Map<String, Object> details = new LinkedHashMap<>();
    Notice.Why why = notice.why();
    details.put("by", "berth");
    if (why != null) {
      details.put("reason", why.reason());
    }
    details.put("mode", Mode.ENFORCE.word());
    details.put("notice", notice.kind().name().toLowerCase(Locale.ROOT));
    details.putAll(about(notice));
    if (why != null) {
      details.put("why", why.sentence());
      details.putAll(why.numbers());
    }
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("timestamp", notice.at().toString());
    event.put("event_type", notice.kind().eventType());
    event.put("user", notice.owner().name());
    event.put("source", notice.source());
    event.put("details", details);
    event.put("schema_version", SCHEMA_VERSION);
    event.put("message", text(notice));
    return write(event);
  }

  private static Map<String, Object> about(Notice notice) {
    Map<String, Object> details = new LinkedHashMap<>();
    Notice.About about = notice.about();
    if (about != null) {
      details.put("container", about.container().name());
      details.put("id", about.container().id());
      details.put("container_type", about.type().word());
      details.put("auto_remove", about.container().autoRemove());
    }
    details.put("owner_source", notice.owner().source());
    Notice.Plan plan = notice.plan();
    if (plan != null) {
      details.put("action", plan.act().word());
      details.put("at", plan.due().toString());
    }
    return details;
  }

  private static String write(Map<String, Object> event) {
    try {
      return JSON.writeValueAsString(event);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a notice that is no JSON: " + event, e);
    }
  }
}
