package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.DeviceTables.Move;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What {@code berth gpus} prints: the same lines as aligned text and as a JSON array. */
final class GpuListing {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final TextTable text;
  private final ArrayNode json = JSON.createArrayNode();

  private GpuListing(TextTable text) {
    this.text = text;
  }

  /** A line for each claim, and one for each device without. */
  static GpuListing of(Allocation allocation) {
    GpuListing listing =
        new GpuListing(
            new TextTable(
                "DEVICE", "STATE", "GPUEQ", "CLAIM", "CONTAINER", "OWNER", "SINCE", "UNTIL"));
    Set<String> uuids = new TreeSet<>(allocation.devices().keySet());
    allocation.claims().forEach(claim -> uuids.add(claim.device()));
    for (String uuid : uuids) {
      DeviceRow device = allocation.devices().get(uuid);
      // A container may name a device that NVML has not listed, or not yet.
      String state = device == null ? "unknown" : allocation.stateOf(device).word();
      List<Claim> claims = allocation.claimsOn(uuid);
      claims.forEach(claim -> listing.add(uuid, device, state, claim));
      if (claims.isEmpty()) {
        listing.add(uuid, device, state, null);
      }
    }
    return listing;
  }

  /** A line for each change. */
  static GpuListing of(List<Move> moves) {
    GpuListing listing =
        new GpuListing(
            new TextTable(
                "TIME", "DEVICE", "FROM", "TO", "CONTAINER", "OWNER", "REASON", "SOURCE"));
    moves.forEach(listing::add);
    return listing;
  }

  private void add(String uuid, @Nullable DeviceRow device, String state, @Nullable Claim claim) {
    ObjectNode line = json.addObject().put("device", uuid).put("state", state);
    line.put("gpueq", device == null ? null : device.gpueq());
    line.put("mig", device == null ? null : device.mig());
    line.put("claim", claim == null ? null : claim.state().word());
    line.put("container", claim == null ? null : claim.name());
    line.put("holder", claim == null ? null : claim.holder());
    line.put("owner", claim == null ? null : claim.owner());
    line.put("type", claim == null ? null : claim.type().word());
    line.put("since", claim == null ? null : Moments.exact(claim.since()));
    line.put("until", claim == null ? null : Moments.exact(claim.until()));
    String gpueq = device == null ? "" : plain(device.gpueq());
    if (claim == null) {
      text.add(uuid, state, gpueq, "", "", "", "", "");
    } else {
      text.add(
          uuid,
          state,
          gpueq,
          claim.state().word(),
          claim.name(),
          claim.owner(),
          Moments.shown(claim.since()),
          Moments.shown(claim.until()));
    }
  }

  private void add(Move move) {
    boolean ofClaim = !move.holder().isEmpty(); // else of the device's presence
    ObjectNode line = json.addObject().put("seq", move.seq()).put("time", Moments.exact(move.at()));
    line.put("device", move.device()).put("from", word(move.from())).put("to", word(move.to()));
    line.put("container", ofClaim ? move.name() : null);
    line.put("holder", ofClaim ? move.holder() : null);
    line.put("owner", ofClaim ? move.owner() : null);
    line.put("type", ofClaim ? move.type().word() : null);
    line.put("gpueq", ofClaim ? null : move.gpueq());
    line.put("mig", ofClaim ? null : move.mig());
    line.put("reason", move.reason().isEmpty() ? null : move.reason());
    line.put("source", move.source());
    text.add(
        Moments.shown(move.at()),
        move.device(),
        word(move.from()),
        word(move.to()),
        move.name(),
        move.owner(),
        move.reason(),
        move.source());
  }

  void print(boolean asJson, PrintWriter out) throws JsonProcessingException {
    if (asJson) {
      out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json));
    } else {
      text.print(out);
    }
    out.flush();
  }

  private static String word(String state) {
    return state.toLowerCase(Locale.ROOT);
  }

  private static String plain(double gpueq) {
    return BigDecimal.valueOf(gpueq).stripTrailingZeros().toPlainString();
  }
}
