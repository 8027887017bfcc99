package io.berth.daemon.demo;

import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Tells people what happens, line by line, and sums it up. */
final class Teller {

  /** One line of the summary. */
  record Line(Role role, String happened, String after, boolean asExpected) {}

  private static final String RESET = "\u001b[0m";
  private static final String BOLD = "\u001b[1m";
  private static final String FAINT = "\u001b[2m";
  private static final String RED = "\u001b[31m";
  private static final String GREEN = "\u001b[32m";
  private static final String YELLOW = "\u001b[33m";
  private static final String CYAN = "\u001b[36m";

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
      out.println(line(entry));
    }
  }

  private String line(Entry entry) {
    String when = String.format(Locale.ROOT, "%7.1fs", seconds(entry.at()));
    String text =
        entry.container().isEmpty()
            ? String.format(Locale.ROOT, "%-9s %s", verb(entry), aboutDaemon(entry))
            : String.format(
                Locale.ROOT,
                "%-9s %-18s %-20s %s",
                verb(entry),
                entry.container(),
                owner(entry.user(), entry.detail("owner_source")),
                aboutContainer(entry));
    return paint(FAINT, when) + "  " + paint(colourOf(entry), text.stripTrailing());
  }

  private static String verb(Entry entry) {
    String verb = entry.type().replaceFirst("^(container|daemon)\\.", "");
    return verb.equals("remove") && entry.isAct() ? "REMOVE" : verb;
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
      case "container.warn" ->
          String.format(Locale.ROOT, "to go at %.1fs: ", seconds(Instant.parse(entry.detail("at"))))
              + entry.detail("why");
      case "container.remove" ->
          entry.isAct()
              ? reason + ": " + entry.detail("why") + outcome(entry)
              : "by its " + entry.detail("by") + ", not by Berth";
      case "container.stop" ->
          "ended by " + entry.detail("ended_by") + exitCode(entry.detail("exit_code"));
      default -> "";
    };
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
      case "container.remove" -> entry.isAct() ? RED : CYAN;
      case "container.warn" -> YELLOW;
      case "container.start" -> GREEN;
      case "container.create", "container.stop", "container.pause" -> CYAN;
      default -> BOLD;
    };
  }

  /** The table of who came to what. */
  void summary(List<Line> lines) {
    String format = "%-2s %-18s %-20s %-35s %-30s %-30s %s";
    scene("What became of them");
    out.println(
        paint(
            BOLD,
            String.format(
                Locale.ROOT,
                format,
                "",
                "container",
                "owner (told by)",
                "what it was",
                "expected",
                "happened",
                "after")));
    for (Line line : lines) {
      Role role = line.role;
      String text =
          String.format(
              Locale.ROOT,
              format,
              line.asExpected ? "ok" : "!!",
              role.name(),
              owner(role.owner(), role.told()),
              role.was(),
              role.fate().word(),
              line.happened,
              line.after);
      out.println(paint(line.asExpected ? GREEN : RED, text.stripTrailing()));
    }
    long wrong = lines.stream().filter(line -> !line.asExpected).count();
    scene(
        wrong == 0
            ? "All " + lines.size() + " containers met the fate that was expected."
            : wrong + " of " + lines.size() + " containers met another fate than expected.");
  }

  private String paint(String how, String text) {
    return colour ? how + text + RESET : text;
  }
}
