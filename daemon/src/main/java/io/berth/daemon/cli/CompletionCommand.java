package io.berth.daemon.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code berth completion}. */
@Command(
    name = "completion",
    description = {
      "Prints the script that completes berth in a shell; names of containers, users and GPUs come",
      "from the daemon, and there are none while it does not run.",
      "",
      "For this shell alone: source <(berth completion bash)",
      ""
    })
final class CompletionCommand implements Runnable {

  /** The shells there is a script for. */
  enum Shell {
    BASH,
    ZSH,
    FISH
  }

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
  private Shell shell = Shell.BASH;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(
        switch (shell) {
          case BASH -> BashCompletion.of(spec);
          case ZSH -> ZshCompletion.of(spec);
          case FISH -> FishCompletion.of(spec);
        });
    out.flush();
  }
}
