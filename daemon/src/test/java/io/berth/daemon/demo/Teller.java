package io.berth.daemon.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Tells people what happens, line by line, and sums it up. */
final class Teller {

  /** One line of the summary. */
  record Line(Role role, Happened happened, boolean asExpected) {}

  /** What is longer goes to a line of its own. */
  private static final int SHORT = 60;

  /** What is farther ahead is told in hours from then on. */
  private static final Duration SOON = Duration.ofMinutes(10);

  private static final int WIDE = 150;
  private static final String INDENT = " ".repeat(21);

  private static final String RESET = "\u001b[0m";
  private static final String BOLD = "\u001b[1m";
  private static final String FAINT = "\u001b[2m";
  private static final String RED = "\u001b[31m";
  private static final String GREEN = "\u001b[32m";
  private static final String YELLOW = "\u001b[33m";
  private static final String BLUE = "\u001b[34m";
  private static final String MAGENTA = "\u001b[35m";
  private static final String CYAN = "\u001b[36m";

  /** What happens, to which container, of whom, and more. */
  private static final String FORMAT = "%-9s %-18s %-20s %s";

  private final PrintStream out;
  private final boolean colour;
  private final Instant began;
  private long told;

  Teller(PrintStream out, boolean colour, Instant began) {
    this.out = out;
    this.colour = colour;
    this.began = began;
  }

  /** A new part of the story. */
  void scene(String text) {
    out.println();
    out.println(paint(BOLD, text));
  }

  void say(String text) {
    out.println(paint(FAINT, text));
  }

  /** Tells what was not told yet. */
  void tell(Chronicle chronicle) {
    for (Entry entry : chronicle.matching(each -> each.seq() > told)) {
      told = entry.seq();
      if (isWorthTelling(entry)) {
        out.println(line(entry));
        why(entry).ifPresent(why -> out.println(paint(FAINT, INDENT + why)));
      }
    }
  }

  private static boolean isWorthTelling(Entry entry) {
    return switch (entry.type()) {
      case "gpu.present", "notification.failed" -> false;
      case "notification.sent" -> !delivered(entry).isEmpty();
      default -> true;
    };
  }

  /** Tells what a user does. */
  void user(Role role, String command) {
    String when = String.format(Locale.ROOT, "%7.1fs", seconds(Instant.now()));
    out.println(
        paint(FAINT, when)
            + "  "
            + paint(
                MAGENTA,
                String.format(Locale.ROOT, FORMAT, "user", role.name(), role.owner(), command)));
  }

  /** Shows what somebody reads; of each line so much as fits. */
  void quote(List<String> lines) {
    for (String each : lines) {
      String shown = each.length() > WIDE ? each.substring(0, WIDE) + "..." : each;
      out.println(paint(YELLOW, "    | " + shown));
    }
  }

  private String line(Entry entry) {
    String when = String.format(Locale.ROOT, "%7.1fs", seconds(entry.at()));
    String text =
        entry.container().isEmpty()
            ? String.format(Locale.ROOT, "%-9s %s", verb(entry), aboutDaemon(entry))
            : String.format(
                Locale.ROOT,
                FORMAT,
                verb(entry),
                entry.container(),
                owner(entry.user(), entry.detail("owner_source")),
                aboutContainer(entry));
    return paint(FAINT, when) + "  " + paint(colourOf(entry), text.stripTrailing());
  }

  private static String verb(Entry entry) {
    String verb = entry.type().replaceFirst("^(container|daemon)\\.", "");
    return switch (verb) {
      case "remove", "stop", "pause" -> entry.isAct() ? verb.toUpperCase(Locale.ROOT) : verb;
      case "notification.sent" -> "told";
      case "exemption.applied" -> "exempt";
      default -> verb.startsWith("gpu.") ? "gpu" : verb;
    };
  }

  private static String owner(String user, String told) {
    if (user.equals("unknown")) {
      return user;
    }
    String step = told.startsWith("path-label:") ? "folder" : told.replaceFirst("^label:", "");
    return user + " (" + step + ")";
  }

  private static String aboutDaemon(Entry entry) {
    return switch (entry.type()) {
      case "daemon.start" -> "berth " + entry.detail("version");
      case "sweep.error" -> entry.source() + ": " + entry.detail("detail");
      default -> entry.detail("mode");
    };
  }

  private double seconds(Instant moment) {
    return Duration.between(began, moment).toMillis() / 1000.0;
  }

  private String aboutContainer(Entry entry) {
    String reason = entry.detail("reason");
    return switch (entry.type()) {
      case "container.warn" -> announcement(entry);
      case "container.remove", "container.pause", "container.stop" ->
          entry.isAct() ? reason + shortWhy(entry) + outcome(entry) : notOurs(entry);
      case "exemption.applied" -> reason + " is reached, and nothing done";
      case "notification.sent" -> "by " + delivered(entry);
      case "gpu.allocate" -> Rack.name(entry.detail("device")) + " is its own";
      case "gpu.hold" ->
          Rack.name(entry.detail("device"))
              + " is held for it until "
              + clock(Instant.parse(entry.detail("until")));
      case "gpu.release" -> Rack.name(entry.detail("device")) + " is free: " + reason;
      default -> "";
    };
  }

  private String announcement(Entry entry) {
    return "%s %s%s%s"
        .formatted(
            entry.detail("action"),
            when(entry),
            Happened.isLastWarning(entry) ? ", the last warning" : "",
            shortWhy(entry));
  }

  private static String notOurs(Entry entry) {
    return switch (entry.type()) {
      case "container.remove" -> "by its " + entry.detail("by") + ", not by Berth";
      case "container.stop" ->
          "ended by " + entry.detail("ended_by") + exitCode(entry.detail("exit_code"));
      default -> "";
    };
  }

  /** When what is announced is due. */
  private String when(Entry announcement) {
    Instant due = Instant.parse(announcement.detail("at"));
    Duration left = Duration.between(announcement.at(), due);
    return left.compareTo(SOON) > 0
        ? "in %d h".formatted(Math.round(left.toMinutes() / 60.0))
        : "at " + clock(due);
  }

  private String clock(Instant moment) {
    return String.format(Locale.ROOT, "%.1fs", seconds(moment));
  }

  private static String shortWhy(Entry entry) {
    return isLong(entry) ? "" : ": " + entry.detail("why");
  }

  private static Optional<String> why(Entry entry) {
    return isLong(entry) ? Optional.of(entry.detail("why")) : Optional.empty();
  }

  private static boolean isLong(Entry entry) {
    return entry.detail("why").length() > SHORT;
  }

  /** The channels that a notice went through; empty for what is no notice. */
  static String delivered(Entry entry) {
    List<String> channels = new ArrayList<>();
    for (JsonNode each : entry.json().path("details").path("channels")) {
      if (each.path("result").asText().equals("delivered")) {
        channels.add(each.path("channel").asText());
      }
    }
    return String.join(", ", channels);
  }

  private static String exitCode(String code) {
    return code.isEmpty() ? "" : ", exit code " + code;
  }

  private static String outcome(Entry entry) {
    String outcome = entry.detail("outcome");
    return outcome.equals("done") ? "" : " [" + outcome + ": " + entry.detail("detail") + "]";
  }

  private static String colourOf(Entry entry) {
    return switch (entry.type()) {
      case "container.remove", "container.stop", "container.pause" -> entry.isAct() ? RED : CYAN;
      case "container.warn", "notification.sent" -> YELLOW;
      case "container.start", "exemption.applied" -> GREEN;
      case "container.create" -> CYAN;
      case "gpu.allocate", "gpu.hold", "gpu.release" -> BLUE;
      default -> BOLD;
    };
  }

  /** The table of who came to what. */
  void summary(List<Line> lines) {
    scene("What became of them");
    out.println(
        paint(
            BOLD,
            row(
                "",
                "container",
                "owner (told by)",
                "what it was",
                "expected",
                "happened",
                "after",
                "its GPU")));
    lines.forEach(line -> out.println(paint(line.asExpected ? GREEN : RED, row(line))));
    long wrong = lines.stream().filter(line -> !line.asExpected).count();
    scene(
        wrong == 0
            ? "All " + lines.size() + " containers met the fate that was expected."
            : wrong + " of " + lines.size() + " containers met another fate than expected.");
  }

  private static String row(Line line) {
    Role role = line.role;
    return row(
        line.asExpected ? "ok" : "!!",
        role.name(),
        owner(role.owner(), role.told()),
        role.was(),
        role.fate().word(),
        line.happened.what(),
        line.happened.after(),
        gpu(role.fate().gpu(), line.happened.gpu()));
  }

  private static String row(String... cells) {
    return String.format(
            Locale.ROOT, "%-2s %-18s %-20s %-35s %-30s %-30s %8s  %s", (Object[]) cells)
        .stripTrailing();
  }

  private static String gpu(GpuFate expected, GpuFate happened) {
    return happened == expected
        ? happened.word()
        : "'%s', expected was '%s'".formatted(happened.word(), expected.word());
  }

  private String paint(String how, String text) {
    return colour ? how + text + RESET : text;
  }
}
