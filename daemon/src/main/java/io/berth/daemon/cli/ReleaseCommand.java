package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth release}. */
@Command(
    name = "release",
    description = {
      "Frees the GPUs that are reserved or held for a container. Refused while it is created, runs or",
      "is paused.",
      ""
    })
final class ReleaseCommand extends Asking {

  @Parameters(paramLabel = "CONTAINER", description = "Its name or its full id.")
  private String container = "";

  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "Whose, where several users have a reservation of that name.")
  private @Nullable String user;

  ReleaseCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() {
    Map<String, @Nullable Object> request = new LinkedHashMap<>();
    request.put("container", container);
    request.put("user", user);
    JsonNode answer = daemon().post("/v1/release", body(request));
    List<String> devices = new ArrayList<>();
    answer.path("devices").forEach(each -> devices.add(each.asText()));
    return print(answer, () -> out().println("released " + String.join(", ", devices)));
  }
}
