package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth sweep}. */
@Command(
    name = "sweep",
    description = {
      "Runs one job now, under the mode, the caps and the breaker, like any other run. For admins.",
      ""
    })
final class SweepCommand extends Asking {

  @Parameters(
      paramLabel = "JOB",
      description = "Such as stale-cleanup; a wrong one gets a list of them.")
  private String job = "";

  @Option(
      names = "--dry-run",
      description = "Only print what is due now, before caps and other guards.")
  private boolean dryRun;

  SweepCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() {
    String path = "/v1/jobs/" + ControlClient.encoded(job) + "/sweep";
    JsonNode answer = daemon().post(path, body(Map.of("dry_run", dryRun)));
    return print(answer, () -> print(answer));
  }

  private void print(JsonNode answer) {
    if (dryRun) {
      printDue(answer);
      return;
    }
    out()
        .println(
            "%s (%s): %d containers, %d changes, acts: %s"
                .formatted(
                    answer.path("job").asText(),
                    answer.path("mode").asText(),
                    answer.path("containers").asInt(),
                    answer.path("changes").asInt(),
                    words(answer.path("acts"))));
    if (!answer.path("held_back").isEmpty()) {
      out().println("held back: " + words(answer.path("held_back")));
    }
  }

  private static String words(JsonNode counts) {
    List<String> words = new ArrayList<>();
    counts.fieldNames().forEachRemaining(name -> words.add(counts.path(name).asInt() + " " + name));
    return words.isEmpty() ? "none" : String.join(", ", words);
  }

  private void printDue(JsonNode answer) {
    Instant now = Instant.now();
    TextTable table = new TextTable("DUE", "ACTION", "CONTAINER", "REASON").whole("DUE", "ACTION");
    for (JsonNode each : answer.path("due")) {
      table.add(
          Spans.relative(each.path("due"), now),
          each.path("action").asText(),
          each.path("container").asText(),
          each.path("reason").asText());
    }
    if (table.isEmpty()) {
      out().println("nothing is due");
    } else {
      table.print(out(), terminal());
    }
  }
}
