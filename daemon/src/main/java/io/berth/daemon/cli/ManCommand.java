package io.berth.daemon.cli;

import io.berth.daemon.cli.CommandTree.Node;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code berth man}. */
@Command(
    name = "man",
    description = {
      "Prints the manual page of a command: berth man job pause | man -l -",
      "",
      "With --into it writes the pages of all commands into a folder, such as",
      "/usr/local/share/man/man1.",
      ""
    })
final class ManCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "Of which command; berth itself if not given.")
  private List<String> command = List.of();

  @Option(names = "--into", paramLabel = "FOLDER", description = "Where to write all pages.")
  private @Nullable Path folder;

  @Override
  public Integer call() throws IOException {
    if (folder != null) {
      Files.createDirectories(folder);
      for (Node each : CommandTree.all(spec)) {
        Files.writeString(folder.resolve(each.page() + ".1"), ManPage.of(each));
      }
      return ExitCode.DONE;
    }
    String path = String.join(" ", command);
    Node node =
        CommandTree.all(spec).stream()
            .filter(each -> each.path().equals(path))
            .findFirst()
            .orElseThrow(
                () -> new ParameterException(spec.commandLine(), "there is no command " + path));
    PrintWriter out = spec.commandLine().getOut();
    out.print(ManPage.of(node));
    out.flush();
    return ExitCode.DONE;
  }
}
