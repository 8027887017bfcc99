package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.control.Refusal.Code;
import io.berth.jobs.Freezer;
import io.berth.jobs.Outcome;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.RequestTables.KeepAlive;
import io.berth.jobs.ledger.RequestTables.Protection;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.ContainerType;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Containers: what there is, and what their owners and admins can do to them. */
final class ContainerRoutes {

  private final ControlParts parts;

  ContainerRoutes(ControlParts parts) {
    this.parts = parts;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/containers", this::list).with("owner", "type", "state"),
        Route.get("/v1/containers/{container}", this::one),
        Route.get("/v1/containers/{container}/look", this::look).slowly(),
        Route.post("/v1/containers/{container}/pause", call -> freeze(call, Freezer.Wish.PAUSE))
            .slowly(),
        Route.post("/v1/containers/{container}/resume", call -> freeze(call, Freezer.Wish.RESUME))
            .slowly(),
        Route.post("/v1/containers/{container}/keep-alive", this::keepAlive).with("for"),
        Route.post("/v1/containers/{container}/protect", this::protect).with("why", "for"),
        Route.post("/v1/containers/{container}/unprotect", this::unprotect));
  }

  private JsonNode list(Call call) {
    requireOneOf(call, "type", Arrays.stream(ContainerType.values()).map(ContainerType::word));
    requireOneOf(call, "state", Arrays.stream(State.values()).map(State::word));
    Predicate<Known> asked =
        is(call.inQuery("owner"), (Known each) -> each.owner().name())
            .and(is(call.inQuery("type"), each -> each.type().word()))
            .and(is(call.inQuery("state"), each -> each.state().word()));
    Shown shown = Shown.now(parts);
    ObjectNode json = head();
    ArrayNode containers = json.putArray("containers");
    shown.all().stream().filter(asked).map(shown::json).forEach(containers::add);
    return json;
  }

  /** One that is misspelt is not taken for one that no container has. */
  private static void requireOneOf(Call call, String name, Stream<String> words) {
    List<String> known = words.toList();
    call.inQuery(name)
        .filter(asked -> !known.contains(asked))
        .ifPresent(
            asked -> {
              throw Call.bad(
                  name + ": '" + Call.shown(asked) + "' is none of " + String.join(", ", known));
            });
  }

  private static Predicate<Known> is(
      Optional<String> wanted, java.util.function.Function<Known, String> value) {
    return each -> wanted.isEmpty() || wanted.get().equals(value.apply(each));
  }

  /** What a reader needs to make sense of moments: the daemon's, and whether it acts. */
  private ObjectNode head() {
    return Answer.JSON
        .createObjectNode()
        .put("now", parts.clock().instant().toString())
        .put("mode", parts.mode().word());
  }

  private JsonNode one(Call call) {
    Shown shown = Shown.now(parts);
    return shown.json(shown.find(call.inPath("container")));
  }

  /** The ledger follows the Engine by a moment: whoever just did something asks for what is now. */
  private JsonNode look(Call call) {
    Map<String, String> failed =
        parts.daemon().look().orElseThrow(() -> unknown("the Docker Engine does not answer"));
    Shown shown = Shown.now(parts);
    Known known = shown.find(call.inPath("container"));
    String why = failed.get(known.id());
    if (why != null) {
      throw unknown(why);
    }
    return shown.json(known);
  }

  private static Refusal unknown(String why) {
    return new Refusal(Code.FAILED, "what is now can't be told: " + why);
  }

  private JsonNode freeze(Call call, Freezer.Wish wish) {
    Known known = mine(call, "pausing and resuming");
    Freezer.Answer answer =
        parts.sweeps().freezer().carryOut(wish, known, call.who(), parts.mode());
    if (answer.outcome() == Outcome.DONE) {
      return named(known).put("outcome", "done").put("detail", answer.words());
    }
    Code code = answer.outcome() == Outcome.FAILED ? Code.FAILED : Code.REFUSED;
    throw new Refusal(code, known.name() + ": " + answer.words());
  }

  private JsonNode keepAlive(Call call) {
    Known known = mine(call, "keeping alive");
    parts.sweeps().settleClock();
    Duration asked = call.duration("for");
    Duration length = asked == null ? Duration.ZERO : asked;
    KeepAlive alive =
        parts
            .requests()
            .keepAlive(
                known,
                length,
                parts.book().get().policies().keepaliveMaxDuration(),
                call.who(),
                parts.mode());
    boolean isCut = alive.until().isBefore(Tables.cut(alive.at().plus(length)));
    return named(known)
        .put("at", alive.at().toString())
        .put("until", alive.until().toString())
        .put("cut_by", isCut ? "policies.keepalive_max_duration" : null);
  }

  private JsonNode protect(Call call) {
    call.requireAdmin("protecting a container");
    parts.sweeps().settleClock();
    Known known = find(call);
    String why = call.requiredText("why");
    Duration length = call.duration("for");
    if (length != null && length.isZero()) {
      throw Call.bad("for: how long is wanted, such as 7d; without it there is no end");
    }
    Protection protection = parts.requests().protect(known, length, why, call.who(), parts.mode());
    String until = protection.until() == null ? null : protection.until().toString();
    return named(known).put("until", until).put("why", why).put("who", call.who());
  }

  private JsonNode unprotect(Call call) {
    call.requireAdmin("ending the protection of a container");
    Known known = find(call);
    if (!parts.requests().unprotect(known, call.who(), parts.mode())) {
      throw new Refusal(
          Code.REFUSED,
          known.name() + " is not protected by berth protect; berth ps says what protects it");
    }
    return named(known);
  }

  private Known find(Call call) {
    return Shown.now(parts).find(call.inPath("container"));
  }

  /** The container, if it is the caller's, or he may do all. */
  private Known mine(Call call, String what) {
    Known known = find(call);
    boolean owns = known.owner().isKnown() && call.is(known.owner().name());
    if (!owns && !call.isAdmin()) {
      throw new Refusal(
          Code.FORBIDDEN,
          known.name() + " belongs to " + known.owner().name() + ": " + what + " is for its owner");
    }
    return known;
  }

  private static ObjectNode named(Known known) {
    return Answer.JSON.createObjectNode().put("container", known.name()).put("id", known.id());
  }
}
