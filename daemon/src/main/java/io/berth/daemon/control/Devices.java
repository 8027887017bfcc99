package io.berth.daemon.control;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.Bystanders.Bystander;
import io.berth.jobs.Bystanders.Sight;
import io.berth.jobs.gpu.BusId;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.LedgerReader.Standing;
import io.berth.jobs.ledger.Orphan;
import io.berth.jobs.ledger.OverQuota;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Who has which device, as JSON: the same from a running daemon and from the ledger's file. */
public final class Devices {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Devices() {}

  /** How it was: an object for each claim, and one for each device without. */
  public static ArrayNode json(Allocation allocation) {
    return json(new Standing(allocation, List.of(), List.of()));
  }

  /** How it is, with what is out of order about a device or its holder. */
  public static ArrayNode json(Standing standing) {
    return json(standing, Sight.NONE);
  }

  /** As {@link #json(Standing)}, with what NVML shows beside the containers, and what it can't. */
  static ArrayNode json(Standing standing, Sight sight) {
    Allocation allocation = standing.allocation();
    ArrayNode lines = JSON.createArrayNode();
    Set<String> uuids = new TreeSet<>(allocation.devices().keySet());
    allocation.claims().forEach(claim -> uuids.add(claim.device()));
    standing.orphans().forEach(orphan -> uuids.add(orphan.device()));
    for (String uuid : uuids) {
      DeviceRow device = allocation.devices().get(uuid);
      // A container may name a device that NVML has not listed, or not yet.
      String state = device == null ? "unknown" : allocation.stateOf(device).word();
      List<Claim> claims = allocation.claimsOn(uuid);
      claims.forEach(claim -> add(lines, uuid, device, state, claim, standing, sight));
      if (claims.isEmpty()) {
        add(lines, uuid, device, state, null, standing, sight);
      }
    }
    return lines;
  }

  private static void add(
      ArrayNode lines,
      String uuid,
      @Nullable DeviceRow device,
      String state,
      @Nullable Claim claim,
      Standing standing,
      Sight sight) {
    ObjectNode line = lines.addObject().put("device", uuid).put("state", state);
    line.put("gpueq", device == null ? null : device.gpueq());
    line.put("mig", device == null ? null : device.mig());
    BusId busId = sight.busIds().get(uuid);
    line.put("bus_id", busId == null ? null : busId.toString());
    line.put("claim", claim == null ? null : claim.state().word());
    line.put("container", claim == null ? null : claim.name());
    line.put("holder", claim == null ? null : claim.holder());
    line.put("owner", claim == null ? null : claim.owner());
    line.put("type", claim == null ? null : claim.type().word());
    line.put("since", claim == null ? null : claim.since().toString());
    line.put("until", claim == null || claim.until() == null ? null : claim.until().toString());
    String note = note(uuid, claim, standing, sight, line);
    line.put("note", note.isEmpty() ? null : note);
  }

  /** In words; in full in further fields of the line. */
  private static String note(
      String uuid, @Nullable Claim claim, Standing standing, Sight sight, ObjectNode line) {
    List<String> notes = new ArrayList<>();
    ArrayNode orphans = line.putArray("orphan_processes");
    for (Orphan each : standing.orphans()) {
      if (each.device().equals(uuid)) {
        orphans
            .addObject()
            .put("pid", each.pid())
            .put("container", each.container())
            .put("id", each.containerId())
            .put("owner", each.owner())
            .put("since", each.since().toString());
        notes.add(
            "orphan process %d of %s (%s)".formatted(each.pid(), each.container(), each.owner()));
      }
    }
    ArrayNode others = line.putArray("other_processes");
    for (Bystander each : sight.bystanders()) {
      if (each.device().equals(uuid)) {
        others.addObject().put("pid", each.pid()).put("name", each.name()).put("of", each.of());
        notes.add("process %d (%s) of %s".formatted(each.pid(), each.name(), each.of()));
      }
    }
    String unknown = sight.unknown(uuid);
    line.put("nvml_unknown", unknown.isEmpty() ? null : unknown);
    if (!unknown.isEmpty()) {
      notes.add("NVML can't tell who is on it: " + unknown);
    }
    line.putNull("over_quota");
    for (OverQuota each : standing.overQuota()) {
      if (claim != null && claim.state().isExclusive() && claim.owner().equals(each.owner())) {
        line.putObject("over_quota")
            .put("gpueq", each.gpueq())
            .put("quota", each.quota())
            .put("since", each.since().toString());
        notes.add(
            "%s has %s of %s gpueq"
                .formatted(each.owner(), plain(each.gpueq()), plain(each.quota())));
      }
    }
    return String.join("; ", notes);
  }

  private static String plain(double gpueq) {
    return BigDecimal.valueOf(gpueq)
        .setScale(3, RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }
}
