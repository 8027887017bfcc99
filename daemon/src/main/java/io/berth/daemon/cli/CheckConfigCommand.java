package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import io.berth.policies.PolicyLoader.Loaded;
import io.berth.policies.Problem;
import io.berth.policies.Summary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth check-config}: touches nothing, and needs a daemon only to compare with. */
@Command(
    name = "check-config",
    description = {
      "Reads a configuration as the daemon would, and prints every problem.",
      "",
      "If there is an error, stdout has one line a problem, file:line:column: what is wrong; what was",
      "meant (a note, which refuses nothing, begins with note:); else a summary, notes included.",
      "stderr has the verdict.",
      "",
      "With --against running, what a good one would change, as berth reload prints it; the daemon is",
      "sent the texts of its files, and loads none of it. For admins.",
      ""
    })
final class CheckConfigCommand extends Asking {

  /** What a configuration can be held against. */
  enum Against {
    RUNNING
  }

  private final GlobalOptions global;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The file; else that of --config, else /etc/berth/resource-limits.yaml.")
  private @Nullable Path file;

  @Option(
      names = "--against",
      paramLabel = "running",
      description = "Print what it changes: of the configuration that the daemon has in force.")
  private @Nullable Against against;

  CheckConfigCommand(GlobalOptions global) {
    super(global);
    this.global = global;
  }

  @Override
  public Integer call() throws IOException {
    Path main = file == null ? global.config() : file;
    Loaded loaded = PolicyLoader.load(main);
    PolicyBook book = loaded.book();
    JsonNode compared = book == null || against == null ? null : compare(book);
    if (json()) {
      printJson(json(main, loaded, compared));
    } else if (book == null || compared == null) {
      printText(main, loaded);
    } else {
      new ConfigChanges(compared).print(out(), terminal());
    }
    out().flush();
    boolean good = compared == null || compared.path("accepted").asBoolean();
    return book != null && good ? ExitCode.DONE : ExitCode.CONFIG;
  }

  /** The texts and not the path: the daemon is not asked to read what its user may not. */
  private JsonNode compare(PolicyBook book) throws IOException {
    Path main = book.files().get(0);
    ObjectNode request = body(Map.of("main", Files.readString(main)));
    ObjectNode beside = request.putObject("beside");
    Path folder = main.resolveSibling("");
    for (Path each : book.files().subList(1, book.files().size())) {
      beside.put(folder.relativize(each).toString(), Files.readString(each));
    }
    return daemon().post("/v1/config/compare", request);
  }

  private void printText(Path main, Loaded loaded) {
    PolicyBook book = loaded.book();
    if (book == null) {
      loaded.problems().forEach(problem -> out().println(lineOf(problem)));
    } else {
      out().print(Summary.of(book, loaded.problems(), Instant.now()));
    }
    out().flush();
    err().println(verdict(main, loaded));
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

  private static ObjectNode json(Path main, Loaded loaded, @Nullable JsonNode compared) {
    ObjectNode root = body(Map.of());
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
    if (compared != null) {
      root.set("against", compared);
    }
    return root;
  }
}
