package io.berth.daemon.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: its commands, what it prints when something is wrong, its exit codes. */
public final class BerthCli {

  private final CommandLine commands;

  public BerthCli(DaemonRunner daemon, PrintWriter out, PrintWriter err) {
    GlobalOptions global = new GlobalOptions();
    commands =
        new CommandLine(new BerthCommand(global))
            .addSubcommand(new DaemonCommand(global, daemon))
            .addSubcommand(new CheckConfigCommand(global))
            .addSubcommand(new GpusCommand(global))
            .addSubcommand(new CheckLedgerCommand(global))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setOut(out)
            .setErr(err)
            .setParameterExceptionHandler(BerthCli::wrongUsage)
            .setExecutionExceptionHandler(BerthCli::failed);
  }

  /** Runs one command; returns its exit code. */
  public int run(String... args) {
    return commands.execute(args);
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
    return why instanceof LedgerPlace.NoConfiguration ? ExitCode.CONFIG : ExitCode.FAILED;
  }
}
