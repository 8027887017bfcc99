package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.control.Devices;
import io.berth.jobs.ledger.DeviceTables.Move;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What {@code berth gpus} prints: the same lines as aligned text and as a JSON array. */
final class GpuListing {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final TextTable text;
  private final ArrayNode json = JSON.createArrayNode();

  private GpuListing(TextTable text) {
    this.text = text;
  }

  /**
   * A line for each of what {@link Devices#json} has.
   *
   * @param now what the text's times are seen from; null: they are exact
   */
  static GpuListing of(JsonNode devices, @Nullable Instant now) {
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
                    "NOTE")
                .whole("SINCE", "UNTIL")
                .spare("GPUEQ", "STATE", "SINCE"));
    for (JsonNode each : devices) {
      listing.json.add(each);
      listing.text.add(
          word(each, "device"),
          word(each, "state"),
          each.path("gpueq").isNumber() ? plain(each.path("gpueq").asDouble()) : "",
          word(each, "claim"),
          word(each, "container"),
          word(each, "owner"),
          moment(each.path("since"), now),
          moment(each.path("until"), now),
          word(each, "note"));
    }
    return listing;
  }

  private static String word(JsonNode line, String name) {
    return line.path(name).isNull() ? "" : line.path(name).asText();
  }

  private static String moment(JsonNode moment, @Nullable Instant now) {
    return now == null ? Moments.shown(moment) : Spans.relative(moment, now);
  }

  /** A line for each change. */
  static GpuListing of(List<Move> moves) {
    GpuListing listing =
        new GpuListing(
            new TextTable("TIME", "DEVICE", "FROM", "TO", "CONTAINER", "OWNER", "REASON", "SOURCE")
                .whole("TIME")
                .spare("SOURCE", "REASON"));
    moves.forEach(listing::add);
    return listing;
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

  void print(boolean asJson, PrintWriter out, Terminal terminal) throws JsonProcessingException {
    if (asJson) {
      out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json));
    } else {
      text.print(out, terminal);
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
