package io.berth.daemon.cli;

import io.berth.policies.Mode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code berth daemon}. */
@Command(
    name = "daemon",
    description = {
      "Runs the daemon in the foreground, logging to stderr.",
      "",
      "SIGTERM ends it in good order, with exit code 0. SIGHUP reads the configuration again.",
      ""
    })
final class DaemonCommand implements Callable<Integer> {

  private final GlobalOptions global;
  private final DaemonRunner runner;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description = "observe or enforce; overrides what the configuration says.")
  private @Nullable Mode mode;

  @Option(
      names = "--wait-for-engine",
      description =
          "Wait for a Docker Engine that is not reachable yet, instead of exit code 69; and for a"
              + " disk that has no room for the ledger.")
  private boolean waitForEngine;

  DaemonCommand(GlobalOptions global, DaemonRunner runner) {
    this.global = global;
    this.runner = runner;
  }

  @Override
  public Integer call() {
    return runner.run(new DaemonRunner.Options(global.config(), mode, waitForEngine));
  }
}
