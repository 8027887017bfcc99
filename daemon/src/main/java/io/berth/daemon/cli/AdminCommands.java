package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The commands by which admins change how the daemon works. */
final class AdminCommands {

  private AdminCommands() {}

  /** The modes that can be asked for. */
  enum Wanted {
    OBSERVE,
    ENFORCE,
    CONFIG;

    /** As it is typed. */
    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Command(
      name = "mode",
      description = {
        "Sets the mode, until it is set anew; config: what the configuration says counts again.",
        ""
      })
  static final class SetMode extends Asking {

    @Parameters(paramLabel = "MODE", description = "observe, enforce or config.")
    private Wanted mode = Wanted.CONFIG;

    SetMode(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      String word = mode.toString();
      JsonNode answer = daemon().post("/v1/mode", body(Map.of("mode", word)));
      String inForce = answer.path("in_force").asText();
      boolean other = mode != Wanted.CONFIG && !word.equals(inForce);
      String why = other ? ": --mode of the daemon, or the file 'disable', goes before" : "";
      return print(answer, () -> out().println(inForce + " is in force" + why));
    }
  }

  @Command(
      name = "job",
      description = {"Puts a job to rest for a while, and ends that.", ""})
  static final class Job extends Asking {

    Job(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      throw new ParameterException(spec().commandLine(), "job pause or job resume?");
    }
  }

  @Command(
      name = "pause",
      description = {"Puts a job to rest; that ends by itself. For admins.", ""})
  static final class JobPause extends Asking {

    @Parameters(paramLabel = "JOB", description = "Such as stale-cleanup.")
    private String job = "";

    @Option(names = "--for", required = true, paramLabel = "DURATION", description = "Such as 2h.")
    private String length = "";

    @Option(names = "--why", required = true, paramLabel = "TEXT", description = "For the record.")
    private String why = "";

    JobPause(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      String path = "/v1/jobs/" + ControlClient.encoded(job) + "/pause";
      Instant asked = Instant.now();
      JsonNode answer = daemon().post(path, body(Map.of("for", length, "why", why)));
      String end = Spans.end(answer.path("until"), asked);
      return print(answer, () -> out().println(job + " rests, " + end));
    }
  }

  @Command(
      name = "resume",
      description = {"Ends the rest of a job. For admins.", ""})
  static final class JobResume extends Asking {

    @Parameters(paramLabel = "JOB", description = "Such as stale-cleanup.")
    private String job = "";

    JobResume(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      String path = "/v1/jobs/" + ControlClient.encoded(job) + "/resume";
      JsonNode answer = daemon().post(path, body(Map.of()));
      return print(answer, () -> out().println(job + " runs again"));
    }
  }

  @Command(
      name = "breaker",
      description = {"Shows what holds back all acts, and lets it be done.", ""})
  static final class Breaker extends Asking {

    Breaker(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      throw new ParameterException(spec().commandLine(), "breaker show or breaker approve?");
    }
  }

  @Command(
      name = "show",
      description = {"Shows whether the breaker is tripped, and why.", ""})
  static final class BreakerShow extends Asking {

    BreakerShow(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      JsonNode answer = daemon().get("/v1/breaker", Map.of());
      return print(answer, () -> print(answer));
    }

    private void print(JsonNode answer) {
      boolean tripped = answer.path("tripped").asBoolean();
      out()
          .println(
              tripped
                  ? terminal().bad("tripped") + ": no act is done"
                  : terminal().good("not tripped"));
      TextTable table = new TextTable("CONTAINER", "OWNER", "STATE", "ID");
      for (JsonNode each : answer.path("held")) {
        table.add(
            each.path("container").asText(),
            each.path("owner").asText(),
            each.path("state").asText(),
            each.path("id").asText());
      }
      if (!table.isEmpty()) {
        table.print(out(), terminal());
        out()
            .println(
                "to let exactly these be done, once: berth breaker approve --list %s --why ..."
                    .formatted(answer.path("list").asText()));
      }
      if (tripped && table.isEmpty()) {
        out().println("nothing waits; it ends by itself once fewer were wanted within ten minutes");
      }
      JsonNode last = answer.path("last_trip");
      if (last.isObject()) {
        out().println("it tripped last at " + last.path("timestamp").asText());
      }
    }
  }

  @Command(
      name = "approve",
      description = {
        "Lets exactly the acts be done, once, that the breaker holds back now. For admins.",
        ""
      })
  static final class BreakerApprove extends Asking {

    @Option(names = "--why", required = true, paramLabel = "TEXT", description = "For the record.")
    private String why = "";

    @Option(
        names = "--list",
        paramLabel = "NAME",
        description = "Of the list that berth breaker show printed; refused if it is another now.")
    private @Nullable String list;

    BreakerApprove(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      Map<String, @Nullable String> asked = new HashMap<>();
      asked.put("why", why);
      asked.put("list", list);
      JsonNode answer = daemon().post("/v1/breaker/approve", body(asked));
      int count = answer.path("containers").size();
      return print(answer, () -> out().println("approved, once: " + count + " containers"));
    }
  }

  @Command(
      name = "notify",
      description = {"Sends a user a test message by every channel, and says what came of it.", ""})
  static final class Notify extends Asking {

    @Option(names = "--test", required = true, paramLabel = "USER", description = "To whom.")
    private String user = "";

    Notify(GlobalOptions global) {
      super(global);
    }

    @Override
    public Integer call() {
      JsonNode answer = daemon().post("/v1/notify/test", body(Map.of("user", user)));
      return print(answer, () -> print(answer));
    }

    private void print(JsonNode answer) {
      JsonNode channels = answer.path("channels");
      channels
          .fieldNames()
          .forEachRemaining(name -> out().println(name + ": " + channels.path(name).asText()));
    }
  }
}
