package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.control.Past;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.LedgerException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code berth explain}. */
@Command(
    name = "explain",
    description = {
      "Says of one container whose it is, what will be done to it, when and why, what prevents that,",
      "and what was done to it before; also of one that is gone.",
      "",
      "Where the daemon does not run, or with --ledger, it reads the ledger's file, which knows what was",
      "done, and not what will be.",
      ""
    })
final class ExplainCommand extends Asking {

  /** Of the words, behind their title. */
  private static final int INDENT = 16;

  /** The title before them, and the words behind them. */
  private static final int AROUND_THE_BARS = 36;

  private static final String BARS = "▁▂▃▄▅▆▇█";
  private static final String NOT_KNOWN = "·";
  private static final Set<String> STOPPED = Set.of("exited", "dead", "removing");

  @Mixin private final LedgerPlace place;

  @Parameters(paramLabel = "CONTAINER", description = "Its name, its id, or the beginning of it.")
  private String container = "";

  ExplainCommand(GlobalOptions global) {
    super(global);
    this.place = new LedgerPlace(global);
  }

  @Override
  public Integer call() {
    JsonNode answer = answer();
    return print(answer, () -> print(answer));
  }

  private JsonNode answer() {
    if (!place.isNamed()) {
      try {
        return daemon().get(containerPath(container) + "/explain", Map.of());
      } catch (ControlClient.NoDaemon e) {
        err().println("berth: the daemon is not reachable; this is from the ledger's file");
      }
    }
    return past();
  }

  private JsonNode past() {
    Past past = Past.of(place.reader(null), container);
    if (past.events().isEmpty()) {
      throw new LedgerException("the ledger has no event of a container " + container);
    }
    ObjectNode json = body(Map.of("now", Instant.now())).putNull("mode").put("gone", past.isGone());
    ArrayNode events = json.putArray("events");
    for (JournalEntry each : past.events()) {
      try {
        JsonNode event = JsonTree.read(Objects.requireNonNull(each.event()));
        events.add(((ObjectNode) event).put("seq", each.seq()));
      } catch (JsonProcessingException e) {
        throw new LedgerException("event " + each.seq() + " is no JSON", e);
      }
    }
    past.others().forEach(json.putArray("others")::add);
    return json;
  }

  private void print(JsonNode answer) {
    Instant now = Instant.parse(answer.path("now").asText());
    if (!answer.path("container").isObject()) {
      was(answer);
    } else {
      who(answer.path("container"), now);
      done(answer, answer.path("container").path("state").asText());
      limits(answer.path("limits"));
    }
    events(answer.path("events"));
    if (answer.path("container").isObject()) {
      samples(answer.path("samples"));
      verdicts(answer, now); // last: what is asked for is not to scroll away
    }
  }

  private void who(JsonNode it, Instant now) {
    out().println(terminal().bold(it.path("name").asText()) + "  " + it.path("id").asText());
    line("owner", it.path("owner").asText() + toldBy(it.path("owner_source")));
    if (it.path("owner_in_doubt").isTextual()) {
      line("", terminal().warning("in doubt: " + it.path("owner_in_doubt").asText()));
    }
    line("type", it.path("type").asText() + toldBy(it.path("type_source")));
    line("state", it.path("state").asText() + started(it));
    List<String> devices = new ArrayList<>();
    for (JsonNode each : it.path("devices")) {
      String end = each.path("until").isTextual() ? ", " + Spans.end(each.path("until"), now) : "";
      devices.add(each.path("device").asText() + " " + each.path("claim").asText() + end);
    }
    line("gpus", devices.isEmpty() ? "none" : String.join(", ", devices));
    if (it.path("protected_by").isTextual()) {
      line("protected", it.path("protected_by").asText());
    }
    if (it.path("keep_alive_until").isTextual()) {
      line("kept alive", Spans.end(it.path("keep_alive_until"), now));
    }
  }

  /** What its events say of it, the last one first. */
  private void was(JsonNode answer) {
    boolean gone = answer.path("gone").asBoolean();
    String how = gone ? " is gone" : " was there when the daemon last looked";
    out().println(container + how + "; this is what the journal knows of it");
    JsonNode last = newest(answer, each -> each.path("details").has("owner_source"));
    JsonNode details = last.path("details");
    if (last.isObject()) {
      line("id", details.path("id").asText());
      line("owner", last.path("user").asText() + toldBy(details.path("owner_source")));
      line("type", details.path("container_type").asText());
    }
    done(answer, "exited");
    JsonNode removal = newest(answer, each -> isDone(each, "container.remove"));
    if (removal.isObject()) {
      done("removed", removal);
    }
    answer.path("others").forEach(each -> line("another of it", "berth explain " + each.asText()));
  }

  /** What Berth did that it is in that state, and why; nothing where it was not Berth. */
  private void done(JsonNode answer, String state) {
    boolean paused = state.equals("paused");
    String type = paused ? "container.pause" : "container.stop";
    JsonNode act = newest(answer, each -> isDone(each, type));
    boolean isOurs = act.path("details").path("by").asText().equals("berth");
    if (isOurs && (paused || STOPPED.contains(state))) {
      done(paused ? "paused" : "stopped", act);
    }
  }

  private void done(String title, JsonNode act) {
    JsonNode details = act.path("details");
    String reason =
        details.path("reason").isTextual() ? ", " + details.path("reason").asText() : "";
    line(
        title,
        Moments.shown(act.path("timestamp")) + " by " + details.path("by").asText() + reason);
    if (details.path("why").isTextual()) {
      prose("", details.path("why").asText());
    }
  }

  private static boolean isDone(JsonNode event, String type) {
    return event.path("event_type").asText().equals(type)
        && event.path("details").path("outcome").asText().equals("done");
  }

  private static JsonNode newest(JsonNode answer, Predicate<JsonNode> wanted) {
    JsonNode found = MissingNode.getInstance();
    for (JsonNode each : answer.path("events")) {
      found = wanted.test(each) ? each : found;
    }
    return found;
  }

  private static String toldBy(JsonNode step) {
    return step.isTextual() ? " (told by " + step.asText() + ")" : "";
  }

  private static String started(JsonNode it) {
    String state = it.path("state").asText();
    JsonNode started = it.path("started_at");
    // Of one that lives it is the end of its life before.
    JsonNode finished =
        STOPPED.contains(state) ? it.path("finished_at") : MissingNode.getInstance();
    if (finished.isTextual()) {
      return " since " + Moments.shown(finished);
    }
    String since = state.equals("running") ? " since " : ", started ";
    return started.isTextual() ? since + Moments.shown(started) : "";
  }

  private void verdicts(JsonNode answer, Instant now) {
    boolean observe = answer.path("mode").asText().equals("observe");
    out().println();
    if (answer.path("verdicts_unknown").isTextual()) {
      String why = answer.path("verdicts_unknown").asText();
      line("verdicts", terminal().warning("not known: " + why));
    }
    for (JsonNode each : answer.path("verdicts")) {
      prose(each.path("job").asText(), word(each, observe) + when(each, now));
      prose("", each.path("why").asText());
    }
    int number = 1;
    for (JsonNode each : answer.path("prevents")) {
      prose(number == 1 ? "to prevent" : "", number++ + ". " + each.asText());
    }
  }

  private String word(JsonNode verdict, boolean observe) {
    String action = verdict.path("action").asText("");
    return switch (verdict.path("verdict").asText()) {
      case "act" -> terminal().bad((observe ? "would " : "") + action + " now");
      case "warn" -> terminal().warning("warned: " + action);
      case "spare" -> terminal().good("exempt");
      default -> "keep";
    };
  }

  /** Since when its clock runs, when its owner is warned next, and when it is due. */
  private static String when(JsonNode verdict, Instant now) {
    if (!verdict.path("due").isTextual()) {
      return "";
    }
    String word = verdict.path("verdict").asText();
    boolean toCome = word.equals("keep") && verdict.path("warn_at").isTextual();
    return ", since "
        + Moments.shown(verdict.path("since"))
        + (toCome ? ", warning " + Spans.relative(verdict.path("warn_at"), now) : "")
        + (word.equals("act")
            ? ""
            : ", due "
                + Spans.relative(verdict.path("due"), now)
                + " ("
                + Moments.shown(verdict.path("due"))
                + ")");
  }

  /**
   * Each signal as a line of bars, the newest that the line has room for; the full one is the
   * highest that is shown, or what is busy.
   */
  private void samples(JsonNode all) {
    if (all.isEmpty()) {
      return;
    }
    int room = Math.max(1, Math.min(terminal().width() - AROUND_THE_BARS, all.size()));
    List<JsonNode> samples = new ArrayList<>();
    for (int i = all.size() - room; i < all.size(); i++) {
      samples.add(all.get(i));
    }
    out().println();
    chart("gpu %", samples, "gpu_percent", 10);
    chart("cpu %", samples, "cpu_percent", 10);
    chart("net B/30s", samples, "network_bytes_30s", 1 << 20);
    JsonNode newest = samples.get(room - 1);
    line(
        "", Moments.shown(samples.get(0).path("from")) + " to " + Moments.shown(newest.path("at")));
  }

  private void chart(String title, List<JsonNode> samples, String name, double least) {
    double highest = 0;
    for (JsonNode each : samples) {
      highest = Math.max(highest, each.path(name).asDouble());
    }
    StringBuilder bars = new StringBuilder();
    for (JsonNode each : samples) {
      double share = each.path(name).asDouble() / Math.max(highest, least);
      int height = (int) (share * (BARS.length() - 1));
      bars.append(each.path(name).isNumber() ? BARS.substring(height, height + 1) : NOT_KNOWN);
    }
    String why = samples.get(samples.size() - 1).path("not_known").path(name).asText("");
    line(
        title,
        bars + "  " + (why.isEmpty() ? String.format(Locale.ROOT, "at most %.1f", highest) : why));
  }

  private void limits(JsonNode limits) {
    out().println();
    TextTable table = new TextTable("LIMIT", "VALUE", "FROM").ends("FROM");
    for (JsonNode each : limits) {
      table.add(each.path("limit").asText(), each.path("value").asText(), LimitsCommand.from(each));
    }
    table.print(out(), terminal());
  }

  private void events(JsonNode events) {
    TextTable table = new TextTable("WHEN", "EVENT", "BY", "REASON", "OUTCOME").whole("WHEN");
    for (JsonNode each : events) {
      JsonNode details = each.path("details");
      table.add(
          Moments.shown(each.path("timestamp")),
          each.path("event_type").asText(),
          details.path("by").asText(""),
          details.path("reason").asText(""),
          details.path("outcome").asText(""));
    }
    if (!table.isEmpty()) {
      out().println();
      table.print(out(), terminal());
    }
  }

  private void line(String title, String words) {
    out().println(String.format(Locale.ROOT, "%-" + INDENT + "s%s", title, words));
  }

  /** As {@link #line}, of words that may be many, in as many lines as they need. */
  private void prose(String title, String words) {
    String first = title;
    for (String each : terminal().wrapped(words, INDENT)) {
      line(first, each);
      first = "";
    }
  }
}
