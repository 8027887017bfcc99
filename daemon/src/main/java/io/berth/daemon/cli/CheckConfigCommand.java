package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import io.berth.policies.PolicyLoader.Loaded;
import io.berth.policies.Problem;
import io.berth.policies.Summary;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code berth check-config}: needs no daemon, and touches nothing. */
@Command(
    name = "check-config",
    description = {
      "Reads a configuration as the daemon would, and prints every problem.",
      "",
      "If there is an error, stdout has one line a problem, file:line:column: what is wrong; what was",
      "meant (a note, which refuses nothing, begins with note:); else a summary, notes included.",
      "stderr has the verdict.",
      ""
    })
final class CheckConfigCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final GlobalOptions global;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The file; else that of --config, else /etc/berth/resource-limits.yaml.")
  private @Nullable Path file;

  CheckConfigCommand(GlobalOptions global) {
    this.global = global;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    Path main = file == null ? global.config() : file;
    Loaded loaded = PolicyLoader.load(main);
    if (global.json()) {
      printJson(main, loaded);
    } else {
      printText(main, loaded);
    }
    return loaded.book() == null ? ExitCode.CONFIG : ExitCode.DONE;
  }

  private void printText(Path main, Loaded loaded) {
    PrintWriter out = spec.commandLine().getOut();
    PolicyBook book = loaded.book();
    if (book == null) {
      loaded.problems().forEach(problem -> out.println(lineOf(problem)));
    } else {
      out.print(Summary.of(book, loaded.problems(), Instant.now()));
    }
    out.flush();
    spec.commandLine().getErr().println(verdict(main, loaded));
  }

  private static String lineOf(Problem problem) {
    boolean note = problem.severity() == Problem.Severity.NOTE;
    return note
        ? new Problem(
                problem.severity(),
                problem.file(),
                problem.line(),
                problem.column(),
                "note: " + problem.what(),
                problem.meant())
            .toString()
        : problem.toString();
  }

  private static String verdict(Path main, Loaded loaded) {
    long errors = count(loaded, Problem.Severity.ERROR);
    long notes = count(loaded, Problem.Severity.NOTE);
    String also = notes == 0 ? "" : ", " + counted(notes, "note");
    return loaded.book() == null
        ? main + ": refused: " + counted(errors, "error") + also
        : main + ": good" + also;
  }

  private static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private static long count(Loaded loaded, Problem.Severity severity) {
    return loaded.problems().stream().filter(p -> p.severity() == severity).count();
  }

  private void printJson(Path main, Loaded loaded) throws JsonProcessingException {
    ObjectNode root = JSON.createObjectNode();
    root.put("file", main.toString());
    root.put("valid", loaded.book() != null);
    var problems = root.putArray("problems");
    for (Problem problem : loaded.problems()) {
      problems
          .addObject()
          .put("severity", problem.severity().name().toLowerCase(Locale.ROOT))
          .put("file", problem.file())
          .put("line", problem.line())
          .put("column", problem.column())
          .put("what", problem.what())
          .put("meant", problem.meant());
    }
    spec.commandLine()
        .getOut()
        .println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root));
  }
}
