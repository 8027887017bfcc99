package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.control.Refusal.Code;
import io.berth.jobs.Prospect;
import io.berth.jobs.Prospect.Moved;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.PolicyLoader;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The configuration: read again, or another one held against the one in force. For admins. */
final class ConfigRoutes {

  /** Of all files of a configuration together. */
  private static final int LARGEST = 512 * 1024;

  private final ControlParts parts;

  ConfigRoutes(ControlParts parts) {
    this.parts = parts;
  }

  List<Route> routes() {
    return List.of(
        Route.post("/v1/reload", this::reload).with("dry_run").slowly(),
        Route.post("/v1/config/compare", this::compare)
            .with("main", "beside")
            .slowly()
            .taking(LARGEST));
  }

  private JsonNode reload(Call call) {
    call.requireAdmin("reading the configuration again");
    return call.flag("dry_run")
        ? json(parts.daemon().suppose(PolicyLoader.load(parts.daemon().config())), false)
        : json(parts.daemon().reload(call.who()), true);
  }

  private JsonNode compare(Call call) {
    call.requireAdmin("comparing a configuration with the one in force");
    SentConfiguration sent = SentConfiguration.of(call);
    try {
      return json(parts.daemon().suppose(sent.load()), false);
    } catch (IOException e) {
      throw new Refusal(Code.FAILED, "it can't be kept for as long as it is read: " + e);
    }
  }

  private JsonNode json(Reloaded it, boolean loads) {
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("accepted", it.accepted())
            .put("loaded", it.accepted() && loads)
            .put("now", parts.clock().instant().toString());
    json.putObject("mode")
        .put("before", parts.modes().inForce(it.before()).word())
        .put("after", parts.modes().inForce(it.after()).word());
    ArrayNode problems = json.putArray("problems");
    it.problems().forEach(each -> problems.add(each.toString()));
    it.atNextStart().forEach(json.putArray("at_next_start")::add);
    TreeSet<String> owners = new TreeSet<>();
    Shown.now(parts).all().forEach(each -> owners.add(each.owner().name()));
    json.set("changes", LimitChanges.between(it.before(), it.after(), owners));
    Prospect prospect = it.prospect();
    json.put("foreseen", prospect != null);
    ArrayNode times = json.putArray("times");
    ArrayNode rushes = json.putArray("rushes");
    if (prospect != null) {
      prospect.moved().forEach(each -> times.add(json(each)));
      prospect.rushes().forEach(each -> rushes.add(ForesightRoutes.rush(each)));
    }
    return json;
  }

  private static ObjectNode json(Moved moved) {
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("container", moved.subject().container().name())
            .put("id", moved.subject().id())
            .put("owner", moved.subject().owner().name())
            .put("job", moved.job().word());
    json.set("before", json(moved.before()));
    json.set("after", json(moved.after()));
    return json;
  }

  private static JsonNode json(Verdict.@Nullable Act act) {
    return act == null
        ? Answer.JSON.nullNode()
        : Answer.JSON
            .createObjectNode()
            .put("action", act.cause().action().word())
            .put("reason", act.cause().reason().word())
            .put("at", act.running().due().toString());
  }
}
