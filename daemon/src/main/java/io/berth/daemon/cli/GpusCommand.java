package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.berth.jobs.ledger.DeviceTables.Move;
import io.berth.jobs.ledger.LedgerReader;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code berth gpus}: who has what, had what, and how that came; needs no daemon. */
@Command(
    name = "gpus",
    description = {
      "Prints who has which GPU, by the ledger: a line for each claim, and for each device without.",
      "The note tells of processes that containers which are gone left behind, and of owners who have",
      "more than their quota.",
      "",
      "With --at, who had what then. With --history, --owner or both, each change of it, oldest first.",
      "Times are in UTC.",
      ""
    })
final class GpusCommand implements Callable<Integer> {

  private final GlobalOptions global;

  @Mixin private final LedgerPlace place;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Option(
      names = "--at",
      paramLabel = "MOMENT",
      converter = Moments.class,
      description = "Such as 2026-11-20T03:12Z; without the Z it is local time.")
  private @Nullable Instant at;

  @Option(names = "--history", paramLabel = "UUID", description = "The changes of this device.")
  private @Nullable String device;

  @Option(
      names = "--owner",
      paramLabel = "USER",
      description = "The changes of this user's claims.")
  private @Nullable String owner;

  GpusCommand(GlobalOptions global) {
    this.global = global;
    this.place = new LedgerPlace(global);
  }

  @Override
  public Integer call() throws JsonProcessingException {
    boolean history = device != null || owner != null;
    if (history && at != null) {
      throw new ParameterException(
          spec.commandLine(), "--at goes with neither --history nor --owner");
    }
    LedgerReader reader = place.reader(null);
    GpuListing listing =
        history
            ? GpuListing.of(reader.moves().stream().filter(this::isAskedFor).toList())
            : at == null
                ? GpuListing.of(reader.standing())
                : GpuListing.of(reader.allocationAt(at));
    listing.print(global.json(), spec.commandLine().getOut());
    return ExitCode.DONE;
  }

  private boolean isAskedFor(Move move) {
    return (device == null || device.equals(move.device()))
        && (owner == null || owner.equals(move.owner()));
  }
}
