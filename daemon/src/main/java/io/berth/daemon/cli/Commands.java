package io.berth.daemon.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * The commands there are, by name, and the making of them. Making all takes longer than asking the
 * daemon does: those that the arguments name are enough, unless it is about commands as such.
 */
final class Commands {

  /** What shows, or is made from, all commands. */
  private static final Set<String> OF_ALL =
      Set.of("-h", "--help", "completion", "man", "-V", "--version");

  private final Map<String, Supplier<Object>> makers = new LinkedHashMap<>();
  private final Map<String, String> aliases = Map.of("ping", "keep-alive");

  Commands(GlobalOptions global, DaemonRunner daemon) {
    makers.put("daemon", () -> new DaemonCommand(global, daemon));
    makers.put("check-config", () -> new CheckConfigCommand(global));
    makers.put("status", () -> new StatusCommand(global));
    makers.put("ps", () -> new PsCommand(global));
    makers.put("gpus", () -> new GpusCommand(global));
    makers.put("explain", () -> new ExplainCommand(global));
    makers.put("plan", () -> new PlanCommand(global));
    makers.put("limits", () -> new LimitsCommand(global));
    makers.put("events", () -> new EventsCommand(global));
    makers.put("allocate", () -> new AllocateCommand(global));
    makers.put("release", () -> new ReleaseCommand(global));
    makers.put("pause", () -> new ContainerActs.Pause(global));
    makers.put("resume", () -> new ContainerActs.Resume(global));
    makers.put("wait", () -> new WaitCommand(global));
    makers.put("keep-alive", () -> new ContainerActs.KeepAlive(global));
    makers.put("protect", () -> new ContainerActs.Protect(global));
    makers.put("unprotect", () -> new ContainerActs.Unprotect(global));
    makers.put("sweep", () -> new SweepCommand(global));
    makers.put("mode", () -> new AdminCommands.SetMode(global));
    makers.put("reload", () -> new ReloadCommand(global));
    makers.put("job", () -> job(global));
    makers.put("breaker", () -> breaker(global));
    makers.put("notify", () -> new AdminCommands.Notify(global));
    makers.put("check-ledger", () -> new CheckLedgerCommand(global));
    makers.put("completion", CompletionCommand::new);
    makers.put("complete", () -> new CompleteCommand(global));
    makers.put("man", ManCommand::new);
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

  /** Adds what is needed to understand these arguments. */
  void addTo(CommandLine berth, String... args) {
    List<String> words = Arrays.stream(args).map(word -> aliases.getOrDefault(word, word)).toList();
    boolean all =
        words.stream().anyMatch(OF_ALL::contains) || words.stream().noneMatch(makers::containsKey);
    makers.forEach(
        (name, maker) -> {
          if (all || words.contains(name)) {
            berth.addSubcommand(maker.get());
          }
        });
  }
}
