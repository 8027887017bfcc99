package io.berth.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.policies.ContainerType;
import io.berth.policies.Exemption;
import io.berth.policies.LimitKey;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.Provenance;
import io.berth.policies.Setting;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** What a user may, where that is written, and what he uses of it. */
final class LimitRoutes {

  private final ControlParts parts;

  LimitRoutes(ControlParts parts) {
    this.parts = parts;
  }

  List<Route> routes() {
    return List.of(Route.get("/v1/limits", this::limits).with("user"));
  }

  private JsonNode limits(Call call) {
    String user = call.inQuery("user").orElse(call.who());
    PolicyBook book = parts.book().get();
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("user", user)
            .put("now", parts.clock().instant().toString())
            .put("mode", parts.mode().word())
            .put("group", book.groupOf(user).orElse(null));
    Allocation allocation = parts.ledger().read(tables -> tables.devices().allocation());
    usage(json.putObject("usage"), allocation, user);
    demand(json.putObject("demand"), allocation, book);
    ArrayNode limits = json.putArray("limits");
    for (LimitKey<?> key : LimitKey.ALL) {
      add(limits, book, user, key);
    }
    boolean mayReadReasons = call.is(user) || call.isAdmin();
    exemptions(json.putArray("exemptions"), book, user, mayReadReasons);
    Shown shown = Shown.now(parts);
    ArrayNode containers = json.putArray("containers");
    shown.all().stream()
        .filter(each -> each.owner().name().equals(user))
        .map(shown::json)
        .forEach(containers::add);
    return json;
  }

  /** The owner's own limit, and those of container types that differ from it. */
  private static <T> void add(ArrayNode json, PolicyBook book, String user, LimitKey<T> key) {
    Limits own = book.limitsFor(user, ContainerType.ORCHESTRATION);
    json.add(setting(key, own));
    for (ContainerType type : ContainerType.values()) {
      Limits limits = book.limitsFor(user, type);
      if (!limits.get(key).equals(own.get(key))) {
        json.add(setting(key, limits).put("type", type.word()));
      }
    }
  }

  static ObjectNode setting(LimitKey<?> key, Limits limits) {
    return setting(key.word(), limits.setting(key));
  }

  static ObjectNode setting(String word, Setting<?> setting) {
    Provenance from = setting.from();
    return Answer.JSON
        .createObjectNode()
        .put("limit", word)
        .putNull("type")
        .put("value", LimitWords.of(setting.value()))
        .put("file", from.line() == 0 ? null : from.file())
        .put("line", from.line() == 0 ? null : from.line())
        .put("section", from.section());
  }

  private static void usage(ObjectNode json, Allocation allocation, String user) {
    List<Claim> mine =
        allocation.claims().stream()
            .filter(each -> each.owner().equals(user) && each.state().isExclusive())
            .toList();
    json.put("gpueq", gpueq(allocation, mine.stream().map(Claim::device).distinct().toList()))
        .put("devices", mine.stream().map(Claim::device).distinct().count())
        .put("containers", mine.stream().map(Claim::holder).distinct().count());
  }

  private static double gpueq(Allocation allocation, List<String> devices) {
    return devices.stream()
        .map(allocation.devices()::get)
        .mapToDouble(device -> device == null ? 1.0 : device.gpueq())
        .sum();
  }

  /** How much of what there is somebody has, which shortens idle timeouts above a threshold. */
  private void demand(ObjectNode json, Allocation allocation, PolicyBook book) {
    double total = allocation.devices().values().stream().mapToDouble(DeviceRow::gpueq).sum();
    List<String> taken =
        allocation.claims().stream()
            .filter(each -> each.state().isExclusive())
            .map(Claim::device)
            .filter(allocation.devices()::containsKey)
            .distinct()
            .toList();
    json.put("allocated_gpueq", gpueq(allocation, taken))
        .put("total_gpueq", total)
        .put("high", parts.sweeps().isDemandHigh())
        .put("high_from_share", book.policies().highDemandThreshold());
  }

  private void exemptions(ArrayNode json, PolicyBook book, String user, boolean mayReadReasons) {
    Instant now = parts.clock().instant();
    for (Exemption each : book.exemptions()) {
      if (each.username().equals(user)) {
        ObjectNode line =
            json.addObject()
                .put("active", each.isActive(now))
                .put("until", each.expires() == null ? null : each.expires().toString())
                .put("reason", mayReadReasons ? each.reason() : null)
                .put("file", each.provenance().file())
                .put("line", each.provenance().line());
        ArrayNode from = line.putArray("exempt_from");
        each.exemptFrom().stream()
            .map(limit -> limit.name().toLowerCase(Locale.ROOT))
            .sorted()
            .forEach(from::add);
      }
    }
  }
}
