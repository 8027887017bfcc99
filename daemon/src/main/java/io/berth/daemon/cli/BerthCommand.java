package io.berth.daemon.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command above all others, which does nothing by itself. */
@Command(
    name = "berth",
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Keeps a shared GPU server in order.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:wrong usage",
      "3:refused by a quota, a policy, or what you may do",
      "4:no GPU is free",
      "5:the daemon is not reachable",
      "69:the Docker Engine is not reachable",
      "78:bad configuration"
    })
final class BerthCommand implements Runnable {

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Mixin
  @SuppressWarnings("UnusedVariable") // picocli reads the options off it
  private final GlobalOptions options;

  BerthCommand(GlobalOptions options) {
    this.options = options;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command? " + names());
  }

  private String names() {
    return "There is " + String.join(", ", CommandTree.root(spec).commands().keySet()) + ".";
  }
}
