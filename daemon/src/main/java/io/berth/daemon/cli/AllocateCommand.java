package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code berth allocate}. */
@Command(
    name = "allocate",
    description = {
      "Reserves GPUs for a user's container that is to come, under the user's quota.",
      "",
      "Prints lines that a shell can eval: DOCKER_ID, for docker run --gpus \"device=$DOCKER_ID\";",
      "GPU_SLOTS, how many; GPU_EQUIV, what they count as. The same request again renews it.",
      ""
    })
final class AllocateCommand extends Asking {

  @Option(names = "--user", required = true, paramLabel = "USER", description = "Who gets them.")
  private String user = "";

  @Option(
      names = "--container",
      required = true,
      paramLabel = "NAME",
      description = "The name of the container that is to come.")
  private String container = "";

  @Option(names = "--gpus", paramLabel = "N", description = "How many; 1 if not given.")
  private int gpus = 1;

  @Option(names = "--device", paramLabel = "UUID", description = "This one, and no other.")
  private @Nullable String device;

  AllocateCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() {
    Map<String, @Nullable Object> request = new LinkedHashMap<>();
    request.put("user", user);
    request.put("container", container);
    request.put("gpus", gpus);
    request.put("device", device);
    JsonNode answer = daemon().post("/v1/allocate", body(request));
    return print(answer, () -> print(answer));
  }

  private void print(JsonNode answer) {
    List<String> devices = new ArrayList<>();
    answer.path("devices").forEach(each -> devices.add(each.asText()));
    out().println("DOCKER_ID=" + quoted(String.join(",", devices)));
    out().println("GPU_SLOTS=" + quoted(Integer.toString(devices.size())));
    out().println("GPU_EQUIV=" + quoted(Double.toString(answer.path("gpueq").asDouble())));
  }

  /** For a shell, whatever is in it. */
  static String quoted(String text) {
    return text.matches("[A-Za-z0-9_.,:/-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
