package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that ask for one thing to be done to one container. */
final class ContainerActs {

  private ContainerActs() {}

  /** What they have in common. */
  abstract static class Act extends Asking {

    @Parameters(paramLabel = "CONTAINER", description = "Its name, its id, or how its id begins.")
    private String container = "";

    private Instant asked = Instant.EPOCH;

    Act(GlobalOptions global) {
      super(global);
    }

    JsonNode ask(String act, Map<String, ? extends @Nullable Object> request) {
      asked = Instant.now(); // so that what was asked for 7 days is not said to end in 6
      return daemon().post(containerPath(container) + "/" + act, body(request));
    }

    int say(JsonNode answer, String words) {
      return print(answer, () -> out().println(answer.path("container").asText() + " " + words));
    }

    String end(JsonNode answer) {
      return Spans.end(answer.path("until"), asked);
    }
  }

  @Command(
      name = "pause",
      description = {"Freezes a running container; its memory and its GPUs stay its own.", ""})
  static final class Pause extends Act {

    Pause(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      return say(ask("pause", Map.of()), "is paused");
    }
  }

  @Command(
      name = "resume",
      description = {"Lets a paused container run on.", ""})
  static final class Resume extends Act {

    Resume(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      return say(ask("resume", Map.of()), "runs");
    }
  }

  @Command(
      name = "keep-alive",
      aliases = "ping",
      description = {
        "Says that a container is in use: its idle clock begins anew.",
        "",
        "With --for it does not run for that long, at most policies.keepalive_max_duration.",
        ""
      })
  static final class KeepAlive extends Act {

    @Option(names = "--for", paramLabel = "DURATION", description = "Such as 4h.")
    private @Nullable String length;

    KeepAlive(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      Map<String, @Nullable Object> request = new LinkedHashMap<>();
      request.put("for", length);
      JsonNode answer = ask("keep-alive", request);
      boolean held = !answer.path("until").equals(answer.path("at"));
      String cut =
          answer.path("cut_by").isTextual()
              ? ": " + answer.path("cut_by").asText() + " allows no more"
              : "";
      return say(answer, held ? "is kept alive, " + end(answer) + cut : "counts as used just now");
    }
  }

  @Command(
      name = "protect",
      description = {
        "Exempts one container from everything Berth does. For admins; it is in the journal.",
        ""
      })
  static final class Protect extends Act {

    @Option(names = "--for", paramLabel = "DURATION", description = "Such as 7d; else without end.")
    private @Nullable String length;

    @Option(names = "--why", required = true, paramLabel = "TEXT", description = "For the record.")
    private String why = "";

    Protect(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      Map<String, @Nullable Object> request = new LinkedHashMap<>();
      request.put("why", why);
      request.put("for", length);
      JsonNode answer = ask("protect", request);
      return say(answer, "is protected, " + end(answer));
    }
  }

  @Command(
      name = "unprotect",
      description = {"Ends what berth protect began. For admins.", ""})
  static final class Unprotect extends Act {

    Unprotect(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      return say(ask("unprotect", Map.of()), "is not protected any more");
    }
  }
}
