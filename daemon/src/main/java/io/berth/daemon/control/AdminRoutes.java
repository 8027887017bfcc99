package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.control.Refusal.Code;
import io.berth.jobs.Foresight;
import io.berth.jobs.Outcome;
import io.berth.jobs.Sweeps;
import io.berth.jobs.ledger.EventQuery;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.RequestTables.JobPause;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What changes how the daemon works: for admins, but for a user's own test message. */
final class AdminRoutes {

  private static final Duration LONGEST_REST = Duration.ofDays(365);

  /** How long a sweep's acts are waited for; they go on after it. */
  private static final Duration ACTS = Duration.ofSeconds(20);

  private final ControlParts parts;

  AdminRoutes(ControlParts parts) {
    this.parts = parts;
  }

  List<Route> routes() {
    return List.of(
        Route.post("/v1/mode", this::mode).with("mode"),
        Route.post("/v1/jobs/{job}/sweep", this::sweep).with("dry_run").slowly(),
        Route.post("/v1/jobs/{job}/pause", this::pause).with("for", "why"),
        Route.post("/v1/jobs/{job}/resume", this::resume),
        Route.get("/v1/breaker", this::breaker),
        Route.post("/v1/breaker/approve", this::approve).with("why", "list"),
        Route.post("/v1/notify/test", this::notifyTest).with("user").slowly());
  }

  private JsonNode mode(Call call) {
    call.requireAdmin("setting the mode");
    String word = call.requiredText("mode");
    Mode mode =
        switch (word) {
          case "observe" -> Mode.OBSERVE;
          case "enforce" -> Mode.ENFORCE;
          case "config" -> null;
          default -> throw Call.bad("mode: observe, enforce or config is wanted");
        };
    Mode after = parts.modes().set(mode, call.who(), parts.book().get(), parts.clock().instant());
    return Answer.JSON.createObjectNode().put("set", word).put("in_force", after.word());
  }

  // --- jobs

  private JobName job(Call call) {
    String word = call.inPath("job");
    return JobName.of(word)
        .filter(parts.daemon().jobs()::contains)
        .orElseThrow(
            () ->
                new Refusal(
                    Code.NOT_FOUND,
                    "there is no job "
                        + word
                        + "; there is "
                        + String.join(
                            ", ",
                            parts.daemon().jobs().stream().map(JobName::word).sorted().toList())));
  }

  private JsonNode sweep(Call call) {
    call.requireAdmin("running a job");
    JobName job = job(call);
    if (call.flag("dry_run")) {
      return dryRun(job);
    }
    JobPause pause = parts.requests().pauses().get(job);
    if (pause != null) {
      throw new Refusal(
          Code.REFUSED, job.word() + " is paused by " + pause.who() + " until " + pause.until());
    }
    Sweeps.Report report = parts.daemon().sweep(job);
    if (!report.skipped().isEmpty()) {
      throw new Refusal(Code.FAILED, job.word() + " did nothing: " + report.skipped());
    }
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("job", job.word())
            .put("mode", parts.modes().of(job, parts.book().get()).word())
            .put("containers", report.containers())
            .put("changes", report.changes());
    ObjectNode acts = json.putObject("acts");
    outcomes(report.acts()).forEach(acts::put);
    ObjectNode held = json.putObject("held_back");
    new TreeMap<>(report.heldBack()).forEach(held::put);
    return json;
  }

  /** How many came to what, {@code in_hand} being those that go on. */
  private static Map<String, Integer> outcomes(List<CompletableFuture<Outcome>> acts) {
    Map<String, Integer> counts = new TreeMap<>();
    try {
      CompletableFuture.allOf(acts.toArray(CompletableFuture[]::new))
          .get(ACTS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // Each is looked at below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (CompletableFuture<Outcome> act : acts) {
      Outcome failed = act.isCompletedExceptionally() ? Outcome.FAILED : null;
      Outcome outcome = failed == null ? act.getNow(null) : failed;
      counts.merge(outcome == null ? "in_hand" : outcome.word(), 1, Integer::sum);
    }
    return counts;
  }

  /** What the job finds due at this moment, before any guard. */
  private JsonNode dryRun(JobName job) {
    ObjectNode json = Answer.JSON.createObjectNode().put("job", job.word());
    ArrayNode due = json.putArray("due");
    Foresight now =
        parts
            .sweeps()
            .outlook()
            .at(null, parts.clock().instant())
            .orElseThrow(() -> new Refusal(Code.FAILED, "the Docker Engine does not answer"));
    if (job == JobName.GPU_RELEASE) {
      now.ends().stream().map(ForesightRoutes::end).forEach(due::add);
    }
    now.opinions().stream()
        .filter(each -> each.job() == job && each.verdict() instanceof Verdict.Act)
        .map(ForesightRoutes::opinion)
        .forEach(due::add);
    return json;
  }

  private JsonNode pause(Call call) {
    call.requireAdmin("pausing a job");
    parts.sweeps().settleClock();
    JobName job = job(call);
    Duration length = call.duration("for");
    if (length == null || length.isZero() || length.compareTo(LONGEST_REST) > 0) {
      throw Call.bad("for: how long is wanted, such as 2h, and at most 365d");
    }
    String why = call.requiredText("why");
    return StatusRoutes.json(parts.requests().pause(job, length, why, call.who(), parts.mode()));
  }

  private JsonNode resume(Call call) {
    call.requireAdmin("resuming a job");
    JobName job = job(call);
    if (!parts.requests().resume(job, call.who(), parts.mode())) {
      throw new Refusal(Code.REFUSED, job.word() + " is not paused");
    }
    return Answer.JSON.createObjectNode().put("job", job.word());
  }

  // --- breaker and notifications

  private JsonNode breaker(Call call) {
    Set<String> held = parts.sweeps().heldByBreaker();
    ObjectNode json =
        Answer.JSON.createObjectNode().put("tripped", parts.daemon().vitals().breakerTripped());
    json.put("list", nameOf(held));
    ArrayNode containers = json.putArray("held");
    Shown.now(parts).all().stream()
        .filter(each -> held.contains(each.id()))
        .forEach(
            each ->
                containers
                    .addObject()
                    .put("container", each.name())
                    .put("id", each.id())
                    .put("owner", each.owner().name())
                    .put("state", each.state().word()));
    EventQuery last = new EventQuery(0, null, null, null, "breaker.trip", 1, true);
    for (JournalEntry trip : parts.reader().events(last)) {
      json.set("last_trip", EventRoutes.event(trip, call));
    }
    return json;
  }

  /** Names a list of containers, so that exactly what was shown is approved. */
  private static String nameOf(Set<String> ids) {
    return Integer.toHexString(new TreeSet<>(ids).hashCode());
  }

  private JsonNode approve(Call call) {
    call.requireAdmin("approving what the breaker holds back");
    String why = call.requiredText("why");
    Set<String> held = parts.sweeps().heldByBreaker();
    if (held.isEmpty()) {
      throw new Refusal(Code.REFUSED, "the breaker holds nothing back");
    }
    String list = call.text("list");
    if (list != null && !list.equals(nameOf(held))) {
      throw new Refusal(
          Code.REFUSED, "what the breaker holds back is another list now; see berth breaker show");
    }
    try {
      parts.sweeps().approve(held, call.who(), why, parts.clock().instant());
    } catch (IllegalArgumentException e) {
      throw new Refusal(Code.REFUSED, String.valueOf(e.getMessage()));
    }
    ObjectNode json = Answer.JSON.createObjectNode();
    new TreeSet<>(held).forEach(json.putArray("containers")::add);
    return json;
  }

  private JsonNode notifyTest(Call call) {
    String user = call.requiredText("user");
    if (!call.is(user)) {
      call.requireAdmin("a test message to somebody else");
    }
    ObjectNode json = Answer.JSON.createObjectNode().put("user", user);
    ObjectNode channels = json.putObject("channels");
    new TreeMap<>(parts.notifier().test(user, call.who())).forEach(channels::put);
    return json;
  }
}
