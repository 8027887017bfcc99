package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.policies.Durations;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code berth events}. */
@Command(
    name = "events",
    description = {
      "Prints what happened: the last 20 events, or all --since then. Times are in UTC.",
      "",
      "Where the daemon does not run, it reads the event log, and says so.",
      ""
    })
final class EventsCommand extends Asking {

  private static final int USUAL = 20;
  private static final int PAGE = 500;
  private static final long POLL_MILLIS = 1_000;

  private final GlobalOptions global;

  /** The number of the last event that was asked for and told, whether or not it was printed. */
  private long last;

  @Option(names = "--since", paramLabel = "DURATION", description = "Such as 2h: from then on.")
  private @Nullable String since;

  @Option(names = "--follow", description = "Go on with what happens from now on.")
  private boolean follow;

  @Option(names = "--user", paramLabel = "USER", description = "Those about this user's matters.")
  private String user = "";

  @Option(
      names = "--container",
      paramLabel = "CONTAINER",
      description = "Its name, or how its id begins.")
  private String container = "";

  @Option(names = "--type", paramLabel = "EVENT", description = "container.stop, or container.")
  private String type = "";

  EventsCommand(GlobalOptions global) {
    super(global);
    this.global = global;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Instant from = since == null ? null : Instant.now().minus(Durations.parse(sinceChecked()));
    try {
      askAll(from);
    } catch (ControlClient.NoDaemon e) {
      last = readFiles(from);
    }
    while (follow) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      goOn();
    }
    return ExitCode.DONE;
  }

  private String sinceChecked() {
    String text = String.valueOf(since);
    try {
      Durations.parse(text);
      return text;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec().commandLine(), "--since: " + e.getMessage());
    }
  }

  /** A daemon that is restarted, or has too much to do, is waited for. */
  private void goOn() {
    try {
      ask(null);
    } catch (ControlClient.NoDaemon e) {
      return;
    } catch (ControlClient.Refused e) {
      if (!e.isPassing()) {
        throw e;
      }
    }
  }

  private void askAll(@Nullable Instant from) {
    if (from != null) {
      ask(from);
      return;
    }
    JsonNode answer = daemon().get("/v1/events", query(USUAL));
    answer.path("events").forEach(this::printEvent);
    out().flush();
    // Where none fits, what comes next is what is recorded after now.
    last = answer.path("last").asLong();
    if (last == 0 && follow) {
      last = daemon().get("/v1/events", Map.of("limit", "1")).path("last").asLong();
    }
  }

  private void ask(@Nullable Instant from) {
    JsonNode answer;
    do {
      Map<String, String> query = query(PAGE);
      query.put("after", Long.toString(last));
      query.put("since", from == null ? "" : from.toString());
      answer = daemon().get("/v1/events", query);
      answer.path("events").forEach(this::printEvent);
      last = answer.path("last").asLong();
      out().flush();
    } while (answer.path("more").asBoolean());
  }

  private Map<String, String> query(int limit) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("user", user);
    query.put("container", container);
    query.put("type", type);
    query.put("limit", Integer.toString(limit));
    return query;
  }

  // --- without the daemon

  private long readFiles(@Nullable Instant from) throws IOException {
    PolicyLoader.Loaded loaded = PolicyLoader.load(global.config());
    PolicyBook book = loaded.book();
    if (book == null) {
      throw new LedgerPlace.NoConfiguration(
          "the daemon is not reachable, and where its event log is can't be told: "
              + loaded.errors().get(0));
    }
    err().println("berth: the daemon is not reachable; this is from " + book.daemon().events());
    EventFiles files = new EventFiles(book.daemon().events());
    // It may have been lost after it told some of them.
    List<JsonNode> events =
        files.read(event -> event.path("seq").asLong() > last && fits(event, from));
    if (files.damaged() > 0) {
      err().println("berth: lines that are no events, and left out: " + files.damaged());
    }
    int first = from == null ? Math.max(0, events.size() - USUAL) : 0;
    events.subList(first, events.size()).forEach(this::printEvent);
    out().flush();
    return Math.max(last, files.last());
  }

  private boolean fits(JsonNode event, @Nullable Instant from) {
    JsonNode details = event.path("details");
    String kind = event.path("event_type").asText();
    String id = details.path("id").asText();
    return (from == null || !Instant.parse(event.path("timestamp").asText()).isBefore(from))
        && (user.isEmpty() || user.equals(event.path("user").asText()))
        && (type.isEmpty() || kind.equals(type) || kind.startsWith(type + "."))
        && (container.isEmpty()
            || container.equals(details.path("container").asText())
            || (container.length() > 3 && id.startsWith(container)));
  }

  // --- printing

  /** With {@code -o json} one object a line, as in the log. */
  private void printEvent(JsonNode event) {
    out().println(json() ? event.toString() : line(event));
  }

  static String line(JsonNode event) {
    JsonNode details = event.path("details");
    StringBuilder words = new StringBuilder();
    for (String name :
        List.of("outcome", "reason", "at", "channels", "who", "why", "detail", "message")) {
      String value = words(details, name);
      boolean says = !value.isEmpty() && !value.equals("done");
      words.append(says ? (words.isEmpty() ? "" : "; ") + value : "");
    }
    return String.format(
            Locale.ROOT,
            "%s  %-20s %-12s %-20s %s",
            Moments.shown(Instant.parse(event.path("timestamp").asText())),
            event.path("event_type").asText(),
            event.path("user").asText("-").replace("null", "-"),
            TextTable.cut(details.path("container").asText("-"), 20),
            words)
        .stripTrailing();
  }

  /** Empty where it is not there, or is said otherwise. */
  private static String words(JsonNode details, String name) {
    JsonNode value = details.path(name);
    return switch (name) {
      case "at" ->
          value.isTextual() && details.has("action")
              ? details.path("action").asText() + " at " + Moments.shown(value)
              : "";
      case "channels" -> details.path("notice").asText("") + told(value);
      case "message" -> details.has("notice") ? "" : value.asText(""); // of several lines
      default -> value.isNull() ? "" : value.asText("").replace('\n', ' ');
    };
  }

  /** What came of a notice on each channel; of a failure with the reason. */
  private static String told(JsonNode channels) {
    StringBuilder told = new StringBuilder();
    for (JsonNode each : channels) {
      boolean failed = each.path("result").asText().equals("failed");
      String why = each.path("detail").asText("");
      told.append(told.isEmpty() ? ": " : ", ")
          .append(each.path("channel").asText())
          .append(' ')
          .append(each.path("result").asText())
          .append(failed && !why.isEmpty() ? " (" + why + ")" : "");
    }
    return told.toString();
  }
}
