package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.policies.Durations;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code berth wait}. */
@Command(
    name = "wait",
    description = {
      "Waits until a container runs.",
      "",
      "Exit code 1, with its state, if it ends up exited, dead, paused or removed, or the time is over.",
      ""
    })
final class WaitCommand extends Asking {

  private static final Duration POLL = Duration.ofMillis(300);

  @Parameters(paramLabel = "CONTAINER", description = "Its name, its id, or how its id begins.")
  private String container = "";

  @Option(names = "--timeout", paramLabel = "DURATION", description = "30s if not given.")
  private String timeout = "30s";

  WaitCommand(GlobalOptions global) {
    super(global);
  }

  @Override
  public Integer call() throws InterruptedException {
    long end = System.nanoTime() + patience().toNanos();
    while (true) {
      JsonNode answer = ask();
      String state = answer.path("state").asText();
      boolean over = System.nanoTime() - end > 0;
      switch (state) {
        case "running" -> {
          return print(answer, () -> out().println(container + " is running"));
        }
        case "exited", "dead", "paused", "removing" -> {
          return fail(answer, container + " is " + state);
        }
        default -> {
          if (over) {
            return fail(answer, container + " is still " + state + " after " + timeout);
          }
        }
      }
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    }
  }

  private Duration patience() {
    try {
      return Durations.parse(timeout);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec().commandLine(), "--timeout: " + e.getMessage());
    }
  }

  /** One that is not there yet is waited for as well: whoever waits may have been faster. */
  private JsonNode ask() {
    try {
      return daemon().get(containerPath(container), Map.of());
    } catch (ControlClient.Refused e) {
      if (e.code().equals("not_found")) {
        return body(Map.of("state", "absent"));
      }
      throw e;
    }
  }

  private int fail(JsonNode answer, String words) {
    if (json()) {
      printJson(answer);
    } else {
      err().println("berth: " + words);
    }
    return ExitCode.FAILED;
  }
}
