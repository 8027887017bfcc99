package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.berth.daemon.control.Devices;
import io.berth.jobs.ledger.DeviceTables.Move;
import io.berth.jobs.ledger.LedgerReader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code berth gpus}: who has what, had what, and how that came. */
@Command(
    name = "gpus",
    description = {
      "Prints who has which GPU, by the ledger: a line for each claim, and for each device without.",
      "Asks the daemon; where it does not run, or with --ledger, it reads the ledger's file.",
      "",
      "With --at, who had what then. With --history, --owner or both, each change of it, oldest first.",
      "Exact times, as they have, are in UTC.",
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
    GpuListing listing = history || at != null ? past(history) : present();
    CommandLine command = spec.commandLine();
    listing.print(global.json(), command.getOut(), Terminal.of(System.getenv()));
    return ExitCode.DONE;
  }

  private GpuListing past(boolean history) {
    LedgerReader reader = place.reader(null);
    return history
        ? GpuListing.of(reader.moves().stream().filter(this::isAskedFor).toList())
        : GpuListing.of(Devices.json(reader.allocationAt(Objects.requireNonNull(at))), null);
  }

  private GpuListing present() {
    return GpuListing.of(standing(), Instant.now());
  }

  private JsonNode standing() {
    if (!place.isNamed()) {
      try {
        Path socket = ControlSocket.find(global, System.getenv());
        ControlClient client = new ControlClient(socket);
        JsonNode devices = client.get("/v1/devices", Map.of());
        if (devices.isEmpty()) {
          tellWhyThereAreNone(client);
        }
        return devices;
      } catch (ControlClient.NoDaemon e) {
        spec.commandLine()
            .getErr()
            .println("berth: the daemon is not reachable; this is from the ledger's file");
      } catch (LedgerPlace.NoConfiguration e) {
        // The ledger's place would be told there as well: asking for it says what is wrong.
      }
    }
    return Devices.json(place.reader(null).standing());
  }

  /** Where there are lines, each says it of its device. */
  private void tellWhyThereAreNone(ControlClient client) {
    JsonNode trouble = client.get("/v1/status", Map.of()).path("health").path("nvml_trouble");
    if (trouble.isTextual()) {
      spec.commandLine().getErr().println("berth: NVML does not answer: " + trouble.asText());
    }
  }

  private boolean isAskedFor(Move move) {
    return (device == null || device.equals(move.device()))
        && (owner == null || owner.equals(move.owner()));
  }
}
