package io.berth.daemon.control;

import static java.util.Comparator.comparing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.http.Health;
import io.berth.daemon.http.Vitals;
import io.berth.jobs.Modes;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.RequestTables.JobPause;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The daemon at a glance. */
final class StatusRoutes {

  private static final int NEXT_ACTS = 10;

  private final ControlParts parts;

  StatusRoutes(ControlParts parts) {
    this.parts = parts;
  }

  List<Route> routes() {
    return List.of(Route.get("/v1/status", this::status));
  }

  private JsonNode status(Call call) {
    Vitals vitals = parts.daemon().vitals();
    Mode mode = parts.mode();
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("version", parts.daemon().version())
            .put("now", parts.clock().instant().toString())
            .put("started", parts.daemon().started().toString())
            .put("mode", mode.word())
            .put("mode_set", parts.modes().set().map(Mode::word).orElse(null));
    health(json.putObject("health"), vitals);
    json.putObject("config")
        .put("file", parts.daemon().config().toString())
        .put("valid", vitals.configValid());
    parts.blindSpots().get().forEach(json.putArray("blind_spots")::add);
    json.put("high_demand", parts.sweeps().isDemandHigh());
    json.putObject("breaker").put("tripped", vitals.breakerTripped());
    Shown shown = Shown.now(parts);
    containers(json.putArray("containers"), shown);
    devices(json.putArray("devices"), vitals);
    jobs(json.putArray("jobs"), mode);
    next(json.putArray("next"), shown);
    return json;
  }

  private void health(ObjectNode json, Vitals vitals) {
    Health health = parts.daemon().health();
    List<String> hindrances = health.hindrances();
    json.put("ok", hindrances.isEmpty())
        .put("engine_up", vitals.engineUp())
        .put("nvml_up", vitals.nvmlUp())
        .put("nvml_trouble", vitals.nvmlUp() ? null : vitals.nvmlTrouble())
        .put("journal_up", vitals.journalUp())
        .put("event_log_up", vitals.eventLogUp());
    hindrances.forEach(json.putArray("hindrances")::add);
  }

  private static void containers(ArrayNode json, Shown shown) {
    Map<List<String>, Integer> counts = new TreeMap<>(comparing(List::toString));
    for (Known each : shown.each()) {
      counts.merge(List.of(each.state().word(), each.type().word()), 1, Integer::sum);
    }
    counts.forEach(
        (key, count) ->
            json.addObject().put("state", key.get(0)).put("type", key.get(1)).put("count", count));
  }

  private static void devices(ArrayNode json, Vitals vitals) {
    Map<String, Vitals.Share> shares = new TreeMap<>();
    vitals.devices().forEach((state, share) -> shares.put(state.word(), share));
    shares.forEach(
        (state, share) ->
            json.addObject()
                .put("state", state)
                .put("count", share.devices())
                .put("gpueq", share.gpueq()));
  }

  private void jobs(ArrayNode json, Mode mode) {
    Set<JobName> running = parts.daemon().running();
    Map<JobName, JobPause> pauses = parts.requests().pauses();
    for (JobName job : EnumSet.copyOf(parts.daemon().jobs())) {
      ObjectNode each =
          json.addObject()
              .put("job", job.word())
              .put("mode", Modes.of(job, parts.book().get(), mode).word())
              .put("running", running.contains(job))
              .put("next", parts.daemon().nextRun(job).map(Object::toString).orElse(null));
      JobPause pause = pauses.get(job);
      if (pause == null) {
        each.putNull("paused");
      } else {
        each.set("paused", json(pause));
      }
    }
  }

  static ObjectNode json(JobPause pause) {
    return Answer.JSON
        .createObjectNode()
        .put("job", pause.job().word())
        .put("until", pause.until().toString())
        .put("why", pause.why())
        .put("who", pause.who());
  }

  private static void next(ArrayNode json, Shown shown) {
    shown
        .soonest(NEXT_ACTS)
        .forEach(
            (container, next) ->
                Shown.put(
                    json.addObject()
                        .put("container", container.name())
                        .put("id", container.id())
                        .put("owner", container.owner().name()),
                    next));
  }
}
