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
            .addSubcommand(new StatusCommand(global))
            .addSubcommand(new PsCommand(global))
            .addSubcommand(new GpusCommand(global))
            .addSubcommand(new ExplainCommand(global))
            .addSubcommand(new PlanCommand(global))
            .addSubcommand(new LimitsCommand(global))
            .addSubcommand(new EventsCommand(global))
            .addSubcommand(new AllocateCommand(global))
            .addSubcommand(new ReleaseCommand(global))
            .addSubcommand(new ContainerActs.Pause(global))
            .addSubcommand(new ContainerActs.Resume(global))
            .addSubcommand(new WaitCommand(global))
            .addSubcommand(new ContainerActs.KeepAlive(global))
            .addSubcommand(new ContainerActs.Protect(global))
            .addSubcommand(new ContainerActs.Unprotect(global))
            .addSubcommand(new SweepCommand(global))
            .addSubcommand(new AdminCommands.SetMode(global))
            .addSubcommand(new ReloadCommand(global))
            .addSubcommand(job(global))
            .addSubcommand(breaker(global))
            .addSubcommand(new AdminCommands.Notify(global))
            .addSubcommand(new CheckLedgerCommand(global))
            .addSubcommand(new CompletionCommand())
            .addSubcommand(new CompleteCommand(global))
            .addSubcommand(new ManCommand())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setOut(out)
            .setErr(err)
            .setParameterExceptionHandler(BerthCli::wrongUsage)
            .setExecutionExceptionHandler(BerthCli::failed);
  }

  private static CommandLine job(GlobalOptions global) {
    return new CommandLine(new AdminCommands.Job(global))
        .addSubcommand(new AdminCommands.JobPause(global))
        .addSubcommand(new AdminCommands.JobResume(global));
  }

  private static CommandLine breaker(GlobalOptions global) {
    return new CommandLine(new AdminCommands.Breaker(global))
        .addSubcommand(new AdminCommands.BreakerShow(global))
        .addSubcommand(new AdminCommands.BreakerApprove(global));
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
    if (why instanceof ControlClient.Refused refused) {
      return refused.exitCode();
    }
    if (why instanceof ControlClient.NoDaemon) {
      return ExitCode.NO_DAEMON;
    }
    return why instanceof LedgerPlace.NoConfiguration ? ExitCode.CONFIG : ExitCode.FAILED;
  }
}
