package io.berth.daemon.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: its commands, what it prints when something is wrong, its exit codes. */
public final class BerthCli {

  private final DaemonRunner daemon;
  private final PrintWriter out;
  private final PrintWriter err;

  public BerthCli(DaemonRunner daemon, PrintWriter out, PrintWriter err) {
    this.daemon = daemon;
    this.out = out;
    this.err = err;
  }

  /** Runs one command; returns its exit code. */
  public int run(String... args) {
    return commands(args).execute(args);
  }

  private CommandLine commands(String... args) {
    GlobalOptions global = new GlobalOptions();
    CommandLine berth = new CommandLine(new BerthCommand(global));
    new Commands(global, daemon).addTo(berth, args);
    return berth
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(out)
        .setErr(err)
        .setParameterExceptionHandler(BerthCli::wrongUsage)
        .setExecutionExceptionHandler(BerthCli::failed);
  }

  private static int wrongUsage(ParameterException wrong, String[] args) {
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("berth: " + wrong.getMessage());
    UnmatchedArgumentException.printSuggestions(wrong, err);
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE;
  }

  private static int failed(Exception why, CommandLine command, ParseResult parsed) {
    String message = why.getMessage() == null ? why.toString() : why.getMessage();
    command.getErr().println("berth: " + message);
    if (why instanceof ControlClient.Refused refused) {
      return refused.exitCode();
    }
    if (why instanceof ControlClient.NoDaemon) {
      return ExitCode.NO_DAEMON;
    }
    return why instanceof LedgerPlace.NoConfiguration ? ExitCode.CONFIG : ExitCode.FAILED;
  }
}
