package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.policies.Durations;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
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
  private static final Set<String> ENDS = Set.of("exited", "dead", "paused", "removing");

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
    boolean known = false;
    while (true) {
      JsonNode answer = ask("", end);
      if (isEnd(answer) || isRunning(answer) || (known && isAbsent(answer))) {
        // The ledger follows the Engine by a moment: it may have been started, or have ended,
        // since.
        known |= !isAbsent(answer);
        answer = ask("/look", end);
      }
      if (known && isAbsent(answer)) {
        return fail(body(Map.of("state", "removed")), container + " was removed");
      }
      known |= !isAbsent(answer);
      String state = answer.path("state").asText();
      if (isRunning(answer)) {
        return print(answer, () -> out().println(container + " is running"));
      }
      if (isEnd(answer)) {
        return fail(answer, container + " is " + state);
      }
      if (System.nanoTime() - end > 0) {
        return fail(answer, container + " is still " + state + " after " + timeout);
      }
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    }
  }

  private static boolean isRunning(JsonNode answer) {
    return answer.path("state").asText().equals("running");
  }

  /** Whether it does not come to run by itself. */
  private static boolean isEnd(JsonNode answer) {
    return ENDS.contains(answer.path("state").asText());
  }

  private static boolean isAbsent(JsonNode answer) {
    return answer.path("state").asText().equals("absent");
  }

  private Duration patience() {
    try {
      return Durations.parse(timeout);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec().commandLine(), "--timeout: " + e.getMessage());
    }
  }

  /** One that is not there yet is waited for as well: whoever waits may have been faster. */
  private JsonNode ask(String how, long end) throws InterruptedException {
    while (true) {
      try {
        return daemon().get(containerPath(container) + how, Map.of());
      } catch (ControlClient.Refused e) {
        if (e.code().equals("not_found")) {
          return body(Map.of("state", "absent"));
        }
        // Of looks one user has only so many at a time, and the Engine may come back.
        if (!Set.of("too_many", "failed").contains(e.code()) || System.nanoTime() - end > 0) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
      }
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
