package io.berth.daemon.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The commands there are, by name, and the making of them. Making all takes longer than asking the
 * daemon does: those that the arguments name are enough, unless it is about commands as such.
 */
final class Commands {

  /** What shows, or is made from, all commands. */
  private static final Set<String> OF_ALL =
      Set.of("-h", "--help", "completion", "man", "-V", "--version");

  private static final List<String> NAMES =
      List.of(
          ("daemon check-config status ps gpus explain plan limits events allocate release pause"
                  + " resume wait keep-alive protect unprotect sweep mode reload job breaker notify"
                  + " check-ledger completion complete man")
              .split(" ", -1));

  private static final Map<String, String> ALIASES = Map.of("ping", "keep-alive");

  private final GlobalOptions global;
  private final DaemonRunner daemon;

  Commands(GlobalOptions global, DaemonRunner daemon) {
    this.global = global;
    this.daemon = daemon;
  }

  /** A switch and no map of makers: each of those would be a class that is made at the start. */
  private Object make(String name) {
    return switch (name) {
      case "daemon" -> new DaemonCommand(global, daemon);
      case "check-config" -> new CheckConfigCommand(global);
      case "status" -> new StatusCommand(global);
      case "ps" -> new PsCommand(global);
      case "gpus" -> new GpusCommand(global);
      case "explain" -> new ExplainCommand(global);
      case "plan" -> new PlanCommand(global);
      case "limits" -> new LimitsCommand(global);
      case "events" -> new EventsCommand(global);
      case "allocate" -> new AllocateCommand(global);
      case "release" -> new ReleaseCommand(global);
      case "pause" -> new ContainerActs.Pause(global);
      case "resume" -> new ContainerActs.Resume(global);
      case "wait" -> new WaitCommand(global);
      case "keep-alive" -> new ContainerActs.KeepAlive(global);
      case "protect" -> new ContainerActs.Protect(global);
      case "unprotect" -> new ContainerActs.Unprotect(global);
      case "sweep" -> new SweepCommand(global);
      case "mode" -> new AdminCommands.SetMode(global);
      case "reload" -> new ReloadCommand(global);
      case "job" -> job(global);
      case "breaker" -> breaker(global);
      case "notify" -> new AdminCommands.Notify(global);
      case "check-ledger" -> new CheckLedgerCommand(global);
      case "completion" -> new CompletionCommand();
      case "complete" -> new CompleteCommand(global);
      case "man" -> new ManCommand();
      default -> throw new IllegalArgumentException("no command " + name);
    };
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
    Set<String> wanted = new HashSet<>();
    boolean all = false;
    for (String word : args) {
      String name = ALIASES.getOrDefault(word, word);
      all |= OF_ALL.contains(name);
      if (NAMES.contains(name)) {
        wanted.add(name);
      }
    }
    for (String name : NAMES) {
      if (all || wanted.isEmpty() || wanted.contains(name)) {
        berth.addSubcommand(make(name));
        CommandLine added = Objects.requireNonNull(berth.getSubcommands().get(name));
        UsageMessageSpec help = added.getCommandSpec().usageMessage();
        help.description(paragraphs(help.description()));
      }
    }
  }

  /**
   * The lines of a description, each paragraph being one, for whoever prints them to wrap; its
   * first sentence is one by itself, since the list of commands has the first line alone.
   */
  private static String[] paragraphs(String... lines) {
    List<String> paragraphs = new ArrayList<>();
    String paragraph = "";
    for (String line : lines) {
      if (!line.isEmpty()) {
        paragraph += (paragraph.isEmpty() ? "" : " ") + line;
        continue;
      }
      int end = paragraphs.isEmpty() ? paragraph.indexOf(". ") + 1 : 0;
      if (end > 0) {
        paragraphs.add(paragraph.substring(0, end));
      }
      paragraphs.add(paragraph.substring(end).strip());
      paragraphs.add("");
      paragraph = "";
    }
    return paragraphs.toArray(String[]::new);
  }
}
