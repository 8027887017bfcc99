package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code berth reload}. */
@Command(
    name = "reload",
    description = {
      "Has the daemon read its configuration again, and prints what that changes: whose limits, which",
      "containers get another time, and whether the breaker would trip. For admins.",
      "",
      "A file with an error is refused whole: exit code 78, and the configuration in force stays.",
      ""
    })
final class ReloadCommand extends Asking {

  @Option(names = "--dry-run", description = "Only print what it would change.")
  private boolean dryRun;

  ReloadCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() {
    JsonNode answer = daemon().post("/v1/reload", body(Map.of("dry_run", dryRun)));
    boolean accepted = answer.path("accepted").asBoolean();
    print(answer, () -> new ConfigChanges(answer).print(out(), terminal()));
    if (!accepted && !json()) {
      err().println("berth: refused; the configuration in force stays in force");
    }
    return accepted ? ExitCode.DONE : ExitCode.CONFIG;
  }
}
