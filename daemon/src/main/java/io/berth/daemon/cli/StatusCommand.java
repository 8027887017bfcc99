package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;

/** {@code berth status}: one screen. */
@Command(
    name = "status",
    description = {
      "Shows the daemon at a glance: mode, health, containers, GPUs, and what it does next.",
      ""
    })
final class StatusCommand extends Asking {

  private static final int NEXT = 8;

  StatusCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() {
    JsonNode status = daemon().get("/v1/status", Map.of());
    return print(status, () -> print(status));
  }

  private void print(JsonNode status) {
    Instant now = Instant.parse(status.path("now").asText());
    Terminal terminal = terminal();
    line("berthd", status.path("version").asText() + ", started " + ago(status, "started", now));
    line("mode", mode(status, terminal));
    line("health", health(status, terminal));
    line("containers", containers(status));
    line("gpus", devices(status));
    status.path("blind_spots").forEach(each -> line("not seen", terminal.warning(each.asText())));
    if (status.path("high_demand").asBoolean()) {
      line("demand", terminal.warning("high: idle containers are stopped sooner"));
    }
    for (JsonNode job : status.path("jobs")) {
      JsonNode paused = job.path("paused");
      if (paused.isObject()) {
        String words =
            "%s paused by %s, ends %s: %s"
                .formatted(
                    job.path("job").asText(),
                    paused.path("who").asText(),
                    Spans.relative(paused.path("until"), now),
                    paused.path("why").asText());
        line("job", terminal.warning(words));
      }
    }
    next(status, now, terminal);
  }

  private void line(String title, String words) {
    out().println(String.format(Locale.ROOT, "%-12s%s", title, words));
  }

  private static String ago(JsonNode json, String name, Instant now) {
    return Spans.relative(json.path(name), now);
  }

  private static String mode(JsonNode status, Terminal terminal) {
    String mode = status.path("mode").asText();
    String set = status.path("mode_set").isTextual() ? ", set by berth mode" : "";
    return mode.equals("observe")
        ? terminal.warning(mode) + ": no container is touched" + set
        : terminal.good(mode) + set;
  }

  private static String health(JsonNode status, Terminal terminal) {
    List<String> troubles = new ArrayList<>();
    status.path("health").path("hindrances").forEach(each -> troubles.add(each.asText()));
    if (!status.path("health").path("nvml_up").asBoolean()) {
      troubles.add("NVML does not answer: " + status.path("health").path("nvml_trouble").asText());
    }
    if (!status.path("health").path("event_log_up").asBoolean()) {
      troubles.add("the event log can't be written");
    }
    if (!status.path("config").path("valid").asBoolean()) {
      troubles.add(
          status.path("config").path("file").asText() + " is refused; see berth check-config");
    }
    if (status.path("breaker").path("tripped").asBoolean()) {
      troubles.add("the breaker is tripped; see berth breaker show");
    }
    return troubles.isEmpty() ? terminal.good("ok") : terminal.bad(String.join("; ", troubles));
  }

  private static String containers(JsonNode status) {
    Map<String, Integer> byState = new TreeMap<>();
    Map<String, Integer> byType = new TreeMap<>();
    int total = 0;
    for (JsonNode each : status.path("containers")) {
      int count = each.path("count").asInt();
      byState.merge(each.path("state").asText(), count, Integer::sum);
      byType.merge(each.path("type").asText(), count, Integer::sum);
      total += count;
    }
    return total == 0 ? "none" : total + ": " + words(byState) + " (" + words(byType) + ")";
  }

  private static String devices(JsonNode status) {
    Map<String, Integer> byState = new TreeMap<>();
    status
        .path("devices")
        .forEach(each -> byState.put(each.path("state").asText(), each.path("count").asInt()));
    return byState.isEmpty() ? "none" : words(byState);
  }

  private static String words(Map<String, Integer> counts) {
    List<String> words = new ArrayList<>();
    counts.forEach((word, count) -> words.add(count + " " + word));
    return String.join(", ", words);
  }

  private void next(JsonNode status, Instant now, Terminal terminal) {
    boolean observe = status.path("mode").asText().equals("observe");
    TextTable table = new TextTable("NEXT", "WHEN", "CONTAINER", "OWNER").whole("NEXT", "WHEN");
    int shown = 0;
    for (JsonNode each : status.path("next")) {
      if (shown++ < NEXT) {
        table.add(
            PsCommand.action(each, observe),
            Spans.relative(each.path("at"), now),
            each.path("container").asText(),
            each.path("owner").asText());
      }
    }
    if (!table.isEmpty()) {
      out().println();
      table.print(out(), terminal);
    }
  }
}
