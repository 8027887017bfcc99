package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code berth limits}. */
@Command(
    name = "limits",
    description = {
      "Prints what a user may, where each limit is written, and what the user has of it.",
      ""
    })
final class LimitsCommand extends Asking {

  @Parameters(arity = "0..1", paramLabel = "USER", description = "Whose; yours if not given.")
  private String user = "";

  LimitsCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() {
    JsonNode answer = daemon().get("/v1/limits", Map.of("user", user));
    return print(answer, () -> print(answer));
  }

  private void print(JsonNode answer) {
    String group = answer.path("group").asText("");
    line("user", answer.path("user").asText() + (group.isEmpty() ? "" : ", group " + group));
    JsonNode usage = answer.path("usage");
    String quota = own(answer, "max_gpu_equivalents");
    line(
        "has",
        String.format(
            Locale.ROOT,
            "%.2f %s, in %d of %s containers",
            usage.path("gpueq").asDouble(),
            quota.equals("none") ? "GPUs, without a quota" : "of " + quota + " GPUs",
            usage.path("containers").asInt(),
            own(answer, "max_containers_per_user")));
    JsonNode demand = answer.path("demand");
    line(
        "demand",
        String.format(
            Locale.ROOT,
            "%.2f of %.2f GPUs of this host are taken: %s",
            demand.path("allocated_gpueq").asDouble(),
            demand.path("total_gpueq").asDouble(),
            demand.path("high").asBoolean()
                ? terminal().warning("high, idle containers are stopped sooner")
                : "not high"));
    Instant now = Instant.parse(answer.path("now").asText());
    answer.path("exemptions").forEach(each -> printExemption(each, now));
    out().println();
    TextTable limits = new TextTable("LIMIT", "VALUE", "FOR", "FROM").ends("FROM");
    for (JsonNode each : answer.path("limits")) {
      String type = each.path("type").asText("");
      limits.add(
          each.path("limit").asText(),
          each.path("value").asText(),
          type.isEmpty() || each.path("type").isNull() ? "all" : type,
          from(each));
    }
    limits.print(out(), terminal());
    TextTable containers = PsCommand.table(answer);
    if (!containers.isEmpty()) {
      out().println();
      containers.print(out(), terminal());
    }
  }

  private void line(String title, String words) {
    out().println(String.format(Locale.ROOT, "%-12s%s", title, words));
  }

  /** The user's own limit, that of no type in particular. */
  private static String own(JsonNode answer, String limit) {
    for (JsonNode each : answer.path("limits")) {
      if (each.path("limit").asText().equals(limit) && each.path("type").isNull()) {
        return each.path("value").asText();
      }
    }
    return "";
  }

  static String from(JsonNode limit) {
    return limit.path("file").isTextual()
        ? "%s:%d (%s)"
            .formatted(
                limit.path("file").asText(),
                limit.path("line").asInt(),
                limit.path("section").asText())
        : limit.path("section").asText();
  }

  private void printExemption(JsonNode each, Instant now) {
    List<String> from = new ArrayList<>();
    each.path("exempt_from").forEach(limit -> from.add(limit.asText()));
    String until = Spans.end(each.path("until"), now);
    String reason = each.path("reason").isTextual() ? ": " + each.path("reason").asText() : "";
    line("exempt", String.join(", ", from) + ", " + until + reason);
  }
}
