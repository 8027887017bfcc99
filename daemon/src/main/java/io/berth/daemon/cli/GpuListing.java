package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.DeviceTables.Move;
import io.berth.jobs.ledger.LedgerReader.Standing;
import io.berth.jobs.ledger.Orphan;
import io.berth.jobs.ledger.OverQuota;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
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

  /** How it was: a line for each claim, and one for each device without. */
  static GpuListing of(Allocation allocation) {
    return of(new Standing(allocation, List.of(), List.of()));
  }

  /** How it is, with notes. */
  static GpuListing of(Standing standing) {
    Allocation allocation = standing.allocation();
    GpuListing listing =
        new GpuListing(
            new TextTable(
                "DEVICE",
                "STATE",
                "GPUEQ",
                "CLAIM",
                "CONTAINER",
                "OWNER",
                "SINCE",
                "UNTIL",
                "NOTE"));
    Set<String> uuids = new TreeSet<>(allocation.devices().keySet());
    allocation.claims().forEach(claim -> uuids.add(claim.device()));
    standing.orphans().forEach(orphan -> uuids.add(orphan.device()));
    for (String uuid : uuids) {
      DeviceRow device = allocation.devices().get(uuid);
      // A container may name a device that NVML has not listed, or not yet.
      String state = device == null ? "unknown" : allocation.stateOf(device).word();
      List<Claim> claims = allocation.claimsOn(uuid);
      claims.forEach(claim -> listing.add(uuid, device, state, claim, standing));
      if (claims.isEmpty()) {
        listing.add(uuid, device, state, null, standing);
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

  private void add(
      String uuid,
      @Nullable DeviceRow device,
      String state,
      @Nullable Claim claim,
      Standing standing) {
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
    String note = note(uuid, claim, standing, line);
    String gpueq = device == null ? "" : plain(device.gpueq());
    if (claim == null) {
      text.add(uuid, state, gpueq, "", "", "", "", "", note);
    } else {
      text.add(
          uuid,
          state,
          gpueq,
          claim.state().word(),
          claim.name(),
          claim.owner(),
          Moments.shown(claim.since()),
          Moments.shown(claim.until()),
          note);
    }
  }

  /** What is out of order about a device or its holder, in words; in full in the line of JSON. */
  private static String note(
      String uuid, @Nullable Claim claim, Standing standing, ObjectNode line) {
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
            .put("since", Moments.exact(each.since()));
        notes.add(
            "orphan process %d of %s (%s)".formatted(each.pid(), each.container(), each.owner()));
      }
    }
    line.putNull("over_quota");
    for (OverQuota each : standing.overQuota()) {
      if (claim != null && claim.state().isExclusive() && claim.owner().equals(each.owner())) {
        line.putObject("over_quota")
            .put("gpueq", each.gpueq())
            .put("quota", each.quota())
            .put("since", Moments.exact(each.since()));
        notes.add(
            "%s has %s of %s gpueq"
                .formatted(each.owner(), plain(each.gpueq()), plain(each.quota())));
      }
    }
    return String.join("; ", notes);
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
    return BigDecimal.valueOf(gpueq)
        .setScale(3, RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }
}
