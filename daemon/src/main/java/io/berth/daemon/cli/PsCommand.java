package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code berth ps}. */
@Command(
    name = "ps",
    description = {
      "Lists the containers with their owners, GPUs, and what is done to each next, and when.",
      ""
    })
final class PsCommand extends Asking {

  @Option(names = "--owner", paramLabel = "USER", description = "Those of this user only.")
  private String owner = "";

  @Option(names = "--type", paramLabel = "TYPE", description = "Such as devcontainer, compose.")
  private String type = "";

  @Option(names = "--state", paramLabel = "STATE", description = "Such as running, exited.")
  private String state = "";

  PsCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() {
    JsonNode answer =
        daemon().get("/v1/containers", Map.of("owner", owner, "type", type, "state", state));
    return print(answer, () -> table(answer).print(out(), terminal()));
  }

  /** Also for {@code berth limits}: the containers that an answer lists. */
  static TextTable table(JsonNode answer) {
    Instant now = Instant.parse(answer.path("now").asText());
    boolean observe = answer.path("mode").asText().equals("observe");
    TextTable table =
        new TextTable("CONTAINER", "OWNER", "TOLD BY", "TYPE", "STATE", "GPUS", "NEXT")
            .whole("NEXT")
            .spare("TOLD BY", "TYPE", "STATE");
    for (JsonNode each : answer.path("containers")) {
      List<String> devices = new ArrayList<>();
      each.path("devices").forEach(device -> devices.add(device.path("device").asText()));
      table.add(
          each.path("name").asText(),
          each.path("owner").asText(),
          each.path("owner_source").asText(),
          each.path("type").asText(),
          each.path("state").asText(),
          String.join(",", devices),
          next(each, now, observe));
    }
    return table;
  }

  private static String next(JsonNode container, Instant now, boolean observe) {
    if (container.path("protected_by").isTextual()) {
      return "protected";
    }
    if (container.path("owner_in_doubt").isTextual()) {
      return "left alone: owner in doubt";
    }
    JsonNode next = container.path("next");
    if (!next.isObject()) {
      return "";
    }
    boolean isDue = !Instant.parse(next.path("at").asText()).isAfter(now);
    return action(next, observe) + (isDue ? ", due " : " ") + Spans.relative(next.path("at"), now);
  }

  /** Also for {@code berth status}: a device is released in observe as well. */
  static String action(JsonNode next, boolean observe) {
    String action = next.path("action").asText();
    if (action.equals("release")) {
      return "release GPUs";
    }
    return observe ? "would " + action : action;
  }
}
