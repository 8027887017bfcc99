package io.berth.daemon.control;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Who has which device, as JSON: the same from a running daemon and from the ledger's file. */
public final class Devices {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Devices() {}

  /** An object for each claim, and one for each device without. */
  public static ArrayNode json(Allocation allocation) {
    ArrayNode lines = JSON.createArrayNode();
    Set<String> uuids = new TreeSet<>(allocation.devices().keySet());
    allocation.claims().forEach(claim -> uuids.add(claim.device()));
    for (String uuid : uuids) {
      DeviceRow device = allocation.devices().get(uuid);
      // A container may name a device that NVML has not listed, or not yet.
      String state = device == null ? "unknown" : allocation.stateOf(device).word();
      List<Claim> claims = allocation.claimsOn(uuid);
      claims.forEach(claim -> add(lines, uuid, device, state, claim));
      if (claims.isEmpty()) {
        add(lines, uuid, device, state, null);
      }
    }
    return lines;
  }

  private static void add(
      ArrayNode lines,
      String uuid,
      @Nullable DeviceRow device,
      String state,
      @Nullable Claim claim) {
    ObjectNode line = lines.addObject().put("device", uuid).put("state", state);
    line.put("gpueq", device == null ? null : device.gpueq());
    line.put("mig", device == null ? null : device.mig());
    line.put("claim", claim == null ? null : claim.state().word());
    line.put("container", claim == null ? null : claim.name());
    line.put("holder", claim == null ? null : claim.holder());
    line.put("owner", claim == null ? null : claim.owner());
    line.put("type", claim == null ? null : claim.type().word());
    line.put("since", claim == null ? null : claim.since().toString());
    line.put("until", claim == null || claim.until() == null ? null : claim.until().toString());
  }
}
