package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.control.Refusal.Code;
import io.berth.jobs.Foresight;
import io.berth.jobs.Foresight.Opinion;
import io.berth.jobs.Foresight.Warning;
import io.berth.jobs.Rush;
import io.berth.jobs.activity.Measure;
import io.berth.jobs.activity.Sample;
import io.berth.jobs.container.Container;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.notify.Advice;
import io.berth.jobs.rules.Clock;
import io.berth.jobs.rules.Reason;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.LimitKey;
import io.berth.policies.Limits;
import io.berth.policies.Mode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What will be done, when and why: of one container (explain) and of all (plan). Both ask the rules
 * that the jobs ask, with what the jobs know.
 */
final class ForesightRoutes {

  private static final int SAMPLES = 60;
  private static final String NO_ENGINE = "the Docker Engine does not answer";
  private static final String IN_HAND =
      "an act on it is under way, or the Engine tells nothing of it";

  private final ControlParts parts;

  ForesightRoutes(ControlParts parts) {
    this.parts = parts;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/plan", this::plan).with("at", "enforce").slowly(),
        Route.get("/v1/containers/{container}/explain", this::explain).slowly());
  }

  // --- plan

  private JsonNode plan(Call call) {
    Instant now = parts.clock().instant();
    Instant asked = call.moment("at");
    boolean enforce = call.flag("enforce");
    // Nothing is due at the switch itself: who looks before it wants to know when something is.
    Instant at = asked == null && !enforce ? now : asked;
    if (at != null && at.isBefore(now.minusSeconds(60))) {
      throw Call.bad("at: " + at + " is over; berth events tells what was done");
    }
    Foresight foresight = foresee(enforce ? Mode.ENFORCE : null, at);
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("now", now.toString())
            .put("at", at == null ? null : at.toString())
            .put("mode", parts.mode().word())
            .put("supposed_mode", enforce ? Mode.ENFORCE.word() : parts.mode().word());
    List<ObjectNode> acts = new ArrayList<>();
    List<ObjectNode> warnings = new ArrayList<>();
    for (Opinion each : foresight.opinions()) {
      ObjectNode line = opinion(each).put("owner", owner(each));
      if (each.verdict() instanceof Verdict.Act) {
        acts.add(line);
      }
      if (each.warning() != null && (at == null || !each.warning().at().isAfter(at))) {
        warnings.add(line);
      }
    }
    foresight.ends().forEach(each -> acts.add(end(each)));
    acts.sort(by("due"));
    warnings.sort(by("warn_at"));
    json.putArray("acts").addAll(acts);
    json.putArray("warnings").addAll(warnings);
    ArrayNode rushes = json.putArray("rushes");
    foresight.rushes().forEach(each -> rushes.add(rush(each)));
    json.set("by_owner", counts(acts, each -> each.path("owner").asText()));
    json.set("by_group", counts(acts, each -> groupOf(each.path("owner").asText())));
    return json;
  }

  private static Comparator<ObjectNode> by(String moment) {
    return Comparator.comparing(each -> Instant.parse(each.path(moment).asText()));
  }

  /** The end of a hold or a reservation, as the act that it is. */
  static ObjectNode end(Claim claim) {
    boolean reserved = claim.isReservation();
    String why =
        reserved
            ? "no container came to use " + claim.device() + ", which is reserved for it"
            : "it stopped, and does not hold " + claim.device() + " for longer";
    return Answer.JSON
        .createObjectNode()
        .put("job", JobName.GPU_RELEASE.word())
        .put("container", claim.name())
        .put("id", claim.holder())
        .put("verdict", "act")
        .put("action", "release")
        .put("reason", reserved ? "reservation_expired" : "hold_expired")
        .put("why", why)
        .put("since", claim.since().toString())
        .put("due", claim.end().toString())
        .put("warnings", 0)
        .putNull("warn_at")
        .putNull("warn_of")
        .put("owner", claim.owner());
  }

  private Foresight foresee(@Nullable Mode supposed, @Nullable Instant at) {
    return parts
        .sweeps()
        .outlook()
        .at(supposed, at)
        .orElseThrow(() -> new Refusal(Code.FAILED, NO_ENGINE));
  }

  private static String owner(Opinion opinion) {
    return opinion.subject().owner().name();
  }

  private String groupOf(String owner) {
    return parts.book().get().groupOf(owner).orElse("none");
  }

  private static ObjectNode counts(List<ObjectNode> acts, Function<ObjectNode, String> by) {
    Map<String, Integer> counts = new TreeMap<>();
    acts.forEach(each -> counts.merge(by.apply(each), 1, Integer::sum));
    return counts(counts);
  }

  private static ObjectNode counts(Map<String, Integer> counts) {
    ObjectNode json = Answer.JSON.createObjectNode();
    new TreeMap<>(counts).forEach(json::put);
    return json;
  }

  static ObjectNode rush(Rush rush) {
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("from", rush.from().toString())
            .put("stops", rush.stops())
            .put("removals", rush.removals())
            .put("breaker_would_trip", rush.trips());
    json.set("held_back", counts(rush.heldBack()));
    return json;
  }

  static ObjectNode opinion(Opinion opinion) {
    Verdict verdict = opinion.verdict();
    Verdict.Cause cause = causeOf(verdict);
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("job", opinion.job().word())
            .put("container", opinion.subject().container().name())
            .put("id", opinion.subject().id())
            .put("verdict", verdict.getClass().getSimpleName().toLowerCase(Locale.ROOT))
            .put("action", cause == null ? null : cause.action().word())
            .put("reason", cause == null ? null : cause.reason().word())
            .put("why", verdict.why());
    Clock clock = verdict.clock().orElse(null);
    json.put("since", clock == null ? null : clock.since().toString());
    json.put("due", clock == null ? null : clock.due().toString());
    json.put("warnings", clock == null ? 0 : clock.warnings());
    Warning warning = opinion.warning();
    json.put("warn_at", warning == null ? null : warning.at().toString());
    json.put("warn_of", warning == null ? null : warning.of().word());
    if (cause != null) {
      json.set("numbers", Answer.JSON.valueToTree(cause.numbers()));
    }
    return json;
  }

  private static Verdict.@Nullable Cause causeOf(Verdict verdict) {
    if (verdict instanceof Verdict.Act act) {
      return act.cause();
    }
    if (verdict instanceof Verdict.Warn warn) {
      return warn.cause();
    }
    return verdict instanceof Verdict.Spare spare ? spare.cause() : null;
  }

  // --- explain

  private JsonNode explain(Call call) {
    String reference = call.inPath("container");
    Instant now = parts.clock().instant();
    Shown shown = Shown.now(parts);
    ObjectNode json = Answer.JSON.createObjectNode().put("now", now.toString());
    json.put("mode", parts.mode().word());
    Optional<Known> known = shown.lookUp(reference);
    if (known.isPresent()) {
      present(json, shown, known.get(), now);
    }
    json.put("gone", known.isEmpty());
    Past past = Past.of(parts.reader(), known.map(Known::id).orElse(reference));
    ArrayNode events = json.putArray("events");
    past.events().forEach(each -> events.add(EventRoutes.event(each, call)));
    past.others().forEach(json.putArray("others")::add);
    if (known.isEmpty() && events.isEmpty()) {
      throw new Refusal(Code.NOT_FOUND, "no container " + reference + " is known, or was");
    }
    return json;
  }

  private void present(ObjectNode json, Shown shown, Known known, Instant now) {
    json.set("container", shown.json(known));
    json.set("limits", limits(known));
    Optional<Foresight> foresight = parts.sweeps().outlook().at(null, now);
    ArrayNode verdicts = json.putArray("verdicts");
    List<Opinion> mine =
        foresight.stream()
            .flatMap(each -> each.opinions().stream())
            .filter(each -> each.subject().id().equals(known.id()))
            .toList();
    mine.forEach(each -> verdicts.add(opinion(each)));
    json.put(
        "verdicts_unknown", mine.isEmpty() ? foresight.map(f -> IN_HAND).orElse(NO_ENGINE) : null);
    ArrayNode prevents = json.putArray("prevents");
    mine.stream()
        .findFirst()
        .flatMap(each -> shown.next(known).map(next -> prevents(next, each.subject().container())))
        .ifPresent(ways -> ways.forEach(prevents::add));
    ArrayNode samples = json.putArray("samples");
    List<Sample> all = parts.samples().apply(known.id());
    all.subList(Math.max(0, all.size() - SAMPLES), all.size())
        .forEach(each -> samples.add(sample(each)));
  }

  /** What its owner, and what an admin can do about what comes first. */
  private List<String> prevents(Shown.Next next, Container container) {
    Reason reason =
        switch (next.rule()) {
          case "created" -> Reason.CREATED_NEVER_STARTED;
          case "idle" -> Reason.IDLE_TIMEOUT;
          case "runtime" -> Reason.MAX_RUNTIME;
          case "conflict" -> Reason.GPU_CONFLICT;
          default -> Reason.HOLD_EXPIRED;
        };
    return Advice.ways(reason.word(), container, parts.book().get().policies().keepaliveFile());
  }

  private ArrayNode limits(Known known) {
    ArrayNode json = Answer.JSON.createArrayNode();
    ContainerType type = known.type();
    Limits limits = parts.book().get().limitsFor(known.owner().name(), type);
    for (LimitKey<?> key : LimitKey.ALL) {
      json.add(LimitRoutes.setting(key, limits));
    }
    parts
        .book()
        .get()
        .policySettings()
        .forEach((word, setting) -> json.add(LimitRoutes.setting(word, setting)));
    return json;
  }

  private static ObjectNode sample(Sample sample) {
    return Answer.JSON
        .createObjectNode()
        .put("from", sample.from().toString())
        .put("at", sample.at().toString())
        .put("gpu_percent", value(sample.gpu()))
        .put("cpu_percent", value(sample.cpu()))
        .put("network_bytes_30s", value(sample.network()))
        .put("gpu_memory_bytes", sample.gpuMemory())
        .put("input", sample.input())
        .set("not_known", notKnown(sample));
  }

  /** Why a signal has no value, by the name of its field. */
  private static ObjectNode notKnown(Sample sample) {
    ObjectNode json = Answer.JSON.createObjectNode();
    notKnown(json, "gpu_percent", sample.gpu());
    notKnown(json, "cpu_percent", sample.cpu());
    notKnown(json, "network_bytes_30s", sample.network());
    return json;
  }

  private static void notKnown(ObjectNode json, String name, Measure measure) {
    if (!measure.isKnown()) {
      boolean shared = measure.state() == Measure.State.NOT_ATTRIBUTABLE;
      json.put(name, (shared ? "not attributable: " : "not known: ") + measure.why());
    }
  }

  private static @Nullable Double value(Measure measure) {
    return measure.isKnown() ? Math.round(measure.value() * 10) / 10.0 : null;
  }
}
