package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.control.Refusal.Code;
import io.berth.jobs.Allocator;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.LedgerReader.Standing;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Devices: who has which, and the asking for them. */
final class DeviceRoutes {

  private static final int MOST_DEVICES = 1_024;

  /** What the Engine accepts as a container's name. */
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}");

  private final ControlParts parts;

  DeviceRoutes(ControlParts parts) {
    this.parts = parts;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/devices", call -> devices()),
        Route.post("/v1/allocate", this::allocate).with("user", "container", "gpus", "device"),
        Route.post("/v1/release", this::release).with("container", "user"));
  }

  private JsonNode devices() {
    Standing standing = parts.ledger().read(Standing::of);
    return Devices.json(standing, parts.bystanders().now());
  }

  private Allocation allocation() {
    return parts.ledger().read(tables -> tables.devices().allocation());
  }

  private JsonNode allocate(Call call) {
    String user = call.requiredText("user");
    if (!call.is(user) && !call.isAdmin()) {
      throw new Refusal(
          Code.FORBIDDEN, "allocating for " + user + " is for that user, root and the admin group");
    }
    String container = call.requiredText("container");
    if (!NAME.matcher(container).matches()) {
      throw Call.bad("container: letters, digits, _ . and - are what a container's name has");
    }
    int count = call.number("gpus", 1, 1, MOST_DEVICES);
    if (!parts.sweeps().hasLooked()) {
      throw new Refusal(
          Code.UNAVAILABLE,
          "berthd has only begun, and has not looked at the GPUs and containers yet: try again");
    }
    parts.sweeps().settleClock();
    Allocator.Answer answer =
        parts
            .allocator()
            .allocate(
                new Allocator.Request(user, container, count, call.text("device")), parts.mode());
    if (answer instanceof Allocator.Answer.Granted granted) {
      ObjectNode json =
          Answer.JSON
              .createObjectNode()
              .put("user", user)
              .put("container", container)
              .put("gpueq", granted.gpueq())
              .put("until", granted.until().toString());
      granted.devices().forEach(json.putArray("devices")::add);
      return json;
    }
    throw answer instanceof Allocator.Answer.Refused refused
        ? new Refusal(Code.REFUSED, refused.rule() + ": " + refused.words())
        : new Refusal(Code.NOTHING_FREE, ((Allocator.Answer.NothingFree) answer).words());
  }

  private JsonNode release(Call call) {
    String container = call.requiredText("container");
    String user = call.text("user");
    Predicate<Claim> asked = each -> user == null || user.equals(each.owner());
    Predicate<Claim> mine = call.isAdmin() ? asked : asked.and(each -> call.is(each.owner()));
    requireOneOwner(call, container, asked, mine);
    Allocator.Release release = parts.allocator().release(container, mine, parts.mode());
    if (release instanceof Allocator.Release.Done done) {
      ObjectNode json = Answer.JSON.createObjectNode().put("container", container);
      done.devices().forEach(json.putArray("devices")::add);
      return json;
    }
    throw release instanceof Allocator.Release.Failed failed
        ? new Refusal(Code.FAILED, failed.words())
        : new Refusal(Code.REFUSED, ((Allocator.Release.Refused) release).words());
  }

  /** A reservation is keyed by user and name, so that several users can have one of that name. */
  private void requireOneOwner(
      Call call, String container, Predicate<Claim> asked, Predicate<Claim> mine) {
    List<Claim> claims =
        allocation().claims().stream()
            .filter(each -> each.state().isExclusive())
            .filter(each -> each.name().equals(container) || each.holder().equals(container))
            .filter(asked)
            .toList();
    if (!claims.isEmpty() && claims.stream().noneMatch(mine)) {
      throw new Refusal(
          Code.FORBIDDEN,
          container + " belongs to " + claims.get(0).owner() + ": releasing is for its owner");
    }
    if (call.isAdmin() && claims.stream().map(Claim::owner).distinct().count() > 1) {
      throw Call.bad("several users have a " + container + ": say whose is meant");
    }
  }
}
