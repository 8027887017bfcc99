package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * The names that shells complete: {@code berth complete containers}. Whatever goes wrong, it prints
 * nothing: somebody is typing.
 */
@Command(
    name = "complete",
    hidden = true,
    description = {"Prints the names there are, one a line.", ""})
final class CompleteCommand extends Asking {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  @Parameters(paramLabel = "KIND", description = "containers, users or devices.")
  private String kind = "";

  private final GlobalOptions global;

  CompleteCommand(GlobalOptions global) {
    super(global);
    this.global = global;
  }

  @Override
  public Integer call() {
    try {
      names().forEach(out()::println);
    } catch (ControlClient.NoDaemon | ControlClient.Refused | LedgerPlace.NoConfiguration e) {
      return ExitCode.DONE;
    }
    out().flush();
    return ExitCode.DONE;
  }

  private Set<String> names() {
    ControlClient daemon = new ControlClient(ControlSocket.find(global, System.getenv()), PATIENCE);
    return switch (kind) {
      case Candidates.CONTAINERS ->
          texts(daemon.get("/v1/containers", Map.of()).path("containers"), "name");
      case Candidates.USERS ->
          texts(daemon.get("/v1/containers", Map.of()).path("containers"), "owner");
      case Candidates.DEVICES -> texts(daemon.get("/v1/devices", Map.of()), "device");
      default -> Set.of();
    };
  }

  private static Set<String> texts(JsonNode array, String name) {
    TreeSet<String> texts = new TreeSet<>();
    array.forEach(each -> texts.add(each.path(name).asText()));
    return texts;
  }
}
