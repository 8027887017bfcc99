package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.policies.Durations;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** {@code berth plan}. */
@Command(
    name = "plan",
    description = {
      "Lists what every job would do now, or later if nothing changed until then; does nothing.",
      ""
    })
final class PlanCommand extends Asking {

  @Option(
      names = "--at",
      paramLabel = "MOMENT",
      description = "Such as +2h, or 2026-12-01T08:00; without a Z it is local time.")
  private String at = "";

  @Option(
      names = "--enforce",
      description =
          "If the mode were switched to enforce now: everything begins anew then. Without --at, each"
              + " act at its earliest time.")
  private boolean enforce;

  PlanCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() {
    Map<String, String> query = new HashMap<>();
    if (!at.isEmpty()) {
      query.put("at", moment().toString());
    }
    if (enforce) {
      query.put("enforce", "true");
    }
    JsonNode answer = daemon().get("/v1/plan", query);
    return print(answer, () -> print(answer));
  }

  private Instant moment() {
    try {
      return at.startsWith("+")
          ? Instant.now().plus(Durations.parse(at.substring(1)))
          : Moments.parse(at, ZoneId.systemDefault());
    } catch (IllegalArgumentException | TypeConversionException e) {
      throw new ParameterException(spec().commandLine(), "--at: " + e.getMessage(), e);
    }
  }

  private void print(JsonNode answer) {
    Instant now = Instant.parse(answer.path("now").asText());
    TextTable table =
        new TextTable("WHEN", "JOB", "ACTION", "CONTAINER", "OWNER", "REASON")
            .whole("WHEN", "ACTION")
            .spare("JOB");
    for (JsonNode each : answer.path("acts")) {
      table.add(
          Spans.relative(each.path("due"), now),
          each.path("job").asText(),
          each.path("action").asText(),
          each.path("container").asText(),
          each.path("owner").asText(),
          each.path("reason").asText());
    }
    boolean ends = answer.path("at").isNull();
    if (table.isEmpty()) {
      String until = ends ? "" : " until " + answer.path("at").asText();
      out().println("nothing would be stopped, removed or released" + until);
    } else {
      table.print(out(), terminal());
      out().println();
      out().println("by owner: " + counts(answer.path("by_owner")));
      out().println("by group: " + counts(answer.path("by_group")));
    }
    if (ends && !table.isEmpty()) {
      out().println("these are the earliest times: all warnings are sent before");
    }
    warnings(answer.path("warnings"), now);
    if (answer.path("supposed_mode").asText().equals("observe")) {
      out()
          .println(
              terminal()
                  .warning("the mode is observe: no container is touched, and nobody is warned"));
    }
    ConfigChanges.rushes(answer.path("rushes"), now, out(), terminal());
  }

  private void warnings(JsonNode warnings, Instant now) {
    TextTable table =
        new TextTable("WARNED", "JOB", "OF", "CONTAINER", "OWNER")
            .whole("WARNED", "OF")
            .spare("JOB");
    for (JsonNode each : warnings) {
      String of = each.path("warn_of").asText();
      table.add(
          Spans.relative(each.path("warn_at"), now),
          each.path("job").asText(),
          of.equals("warn") ? "its limit only" : of + " " + Spans.relative(each.path("due"), now),
          each.path("container").asText(),
          each.path("owner").asText());
    }
    if (!table.isEmpty()) {
      out().println();
      table.print(out(), terminal());
    }
  }

  private static String counts(JsonNode counts) {
    List<String> words = new ArrayList<>();
    counts.fieldNames().forEachRemaining(name -> words.add(name + " " + counts.path(name).asInt()));
    return String.join(", ", words);
  }
}
