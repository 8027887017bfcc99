package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What another configuration changes, in words: of a reload, and of one that is only compared. */
final class ConfigChanges {

  private static final int ALL_TYPES = 7;
  private static final int MOST_USERS = 8;

  private final JsonNode answer;
  private final Instant now;

  ConfigChanges(JsonNode answer) {
    this.answer = answer;
    this.now = Instant.parse(answer.path("now").asText());
  }

  void print(PrintWriter out, Terminal terminal) {
    answer.path("problems").forEach(each -> out.println(each.asText()));
    if (!answer.path("accepted").asBoolean()) {
      return;
    }
    boolean loaded = answer.path("loaded").asBoolean();
    out.println(loaded ? "it is in force" : "it is good; it was not loaded");
    String before = answer.path("mode").path("before").asText();
    String after = answer.path("mode").path("after").asText();
    if (!before.equals(after)) {
      out.println(terminal.warning("the mode changes from " + before + " to " + after));
    }
    answer
        .path("at_next_start")
        .forEach(each -> out.println("only from the next start on: " + each.asText()));
    limits(out, terminal);
    if (answer.path("foreseen").asBoolean()) {
      times(out, terminal);
      rushes(answer.path("rushes"), now, out, terminal);
    } else {
      out.println(
          terminal.warning(
              "which containers get another time can't be told: the Docker Engine does not answer"));
    }
    if (after.equals("observe")) {
      out.println(terminal.warning("the mode is observe: no container is touched"));
    }
  }

  private void limits(PrintWriter out, Terminal terminal) {
    TextTable table =
        new TextTable("LIMIT", "BEFORE", "AFTER", "USERS", "TYPES").whole("BEFORE", "AFTER");
    for (JsonNode each : answer.path("changes")) {
      List<String> types = words(each.path("types"));
      table.add(
          each.path("limit").asText(),
          each.path("before").asText(),
          each.path("after").asText(),
          capped(words(each.path("users"))),
          types.size() == ALL_TYPES ? "all" : String.join(",", types));
    }
    if (table.isEmpty()) {
      out.println("no limit of anybody changes");
      return;
    }
    table.print(out, terminal);
    out.println();
  }

  private void times(PrintWriter out, Terminal terminal) {
    TextTable table =
        new TextTable("CONTAINER", "OWNER", "JOB", "BEFORE", "AFTER")
            .whole("BEFORE", "AFTER")
            .spare("JOB");
    for (JsonNode each : answer.path("times")) {
      table.add(
          each.path("container").asText(),
          each.path("owner").asText(),
          each.path("job").asText(),
          act(each.path("before")),
          act(each.path("after")));
    }
    if (table.isEmpty()) {
      out.println("no container gets another time");
      return;
    }
    table.print(out, terminal);
    out.println("who is to be stopped sooner is warned anew first; the times have that notice");
  }

  private String act(JsonNode act) {
    return act.isObject()
        ? act.path("action").asText() + " " + Spans.relative(act.path("at"), now)
        : "";
  }

  /** Also for {@code berth plan}: where more is due at once than the guards let pass. */
  static void rushes(JsonNode rushes, Instant now, PrintWriter out, Terminal terminal) {
    for (JsonNode each : rushes) {
      String when =
          Spans.relative(each.path("from"), now)
              + ", within ten minutes: "
              + each.path("stops").asInt()
              + " stops, "
              + each.path("removals").asInt()
              + " removals; ";
      if (each.path("breaker_would_trip").asBoolean()) {
        out.println(terminal.bad(when + "the breaker would trip, and hold all of them back"));
      } else {
        out.println(terminal.warning(when + "left for later sweeps: " + counts(each)));
      }
    }
  }

  private static String counts(JsonNode rush) {
    JsonNode heldBack = rush.path("held_back");
    List<String> words = new ArrayList<>();
    heldBack
        .fieldNames()
        .forEachRemaining(cap -> words.add(heldBack.path(cap).asInt() + " by " + cap));
    return String.join(", ", words);
  }

  private static List<String> words(JsonNode array) {
    List<String> words = new ArrayList<>();
    array.forEach(each -> words.add(each.asText()));
    return words;
  }

  private static String capped(List<String> users) {
    int more = users.size() - MOST_USERS;
    String shown = String.join(",", users.subList(0, Math.min(MOST_USERS, users.size())));
    return more > 0 ? shown + " and " + more + " more" : shown;
  }
}
