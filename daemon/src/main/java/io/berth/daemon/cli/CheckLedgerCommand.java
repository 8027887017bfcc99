package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.ledger.LedgerCheck;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code berth check-ledger}: needs no daemon, and may run beside one. */
@Command(
    name = "check-ledger",
    description = {
      "Reads the ledger and prints every contradiction in it: damage of the file, an act with two",
      "outcomes, a device or a claim that the journal does not fold to.",
      "",
      "Exit code 0 if there is none, else 1.",
      ""
    })
final class CheckLedgerCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final GlobalOptions global;

  @Mixin private final LedgerPlace place;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The ledger; as --ledger, and before it.")
  private @Nullable Path file;

  CheckLedgerCommand(GlobalOptions global) {
    this.global = global;
    this.place = new LedgerPlace(global);
  }

  @Override
  public Integer call() throws JsonProcessingException {
    LedgerCheck check = place.reader(file).check();
    PrintWriter out = spec.commandLine().getOut();
    boolean fine = check.differences().isEmpty();
    if (global.json()) {
      out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json(check)));
    } else if (fine) {
      out.printf(
          "ok: %d rows, %d devices, %d claims%n", check.rows(), check.devices(), check.claims());
    } else {
      check.differences().forEach(out::println);
    }
    out.flush();
    return fine ? ExitCode.DONE : ExitCode.FAILED;
  }

  private static ObjectNode json(LedgerCheck check) {
    ObjectNode root =
        JSON.createObjectNode()
            .put("ok", check.differences().isEmpty())
            .put("rows", check.rows())
            .put("devices", check.devices())
            .put("claims", check.claims());
    check.differences().forEach(root.putArray("differences")::add);
    return root;
  }
}
