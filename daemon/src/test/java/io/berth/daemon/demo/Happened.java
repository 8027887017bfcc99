package io.berth.daemon.demo;

import io.berth.daemon.demo.Fate.Kind;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * What really became of a container, by the event log and by the Engine.
 *
 * @param what in the words of {@link Fate}
 * @param after how long after its creation or stop it was gone; empty where it is not
 */
record Happened(String what, String after) {

  static Happened to(Role role, Chronicle chronicle, String state) {
    List<Entry> events = chronicle.of(role.name());
    List<Entry> removals =
        events.stream().filter(entry -> entry.type().equals("container.remove")).toList();
    if (removals.size() > 1) {
      return new Happened("told " + removals.size() + " times", "");
    }
    if (removals.isEmpty()) {
      return new Happened(untouched(role, events, state), "");
    }
    Entry removal = removals.get(0);
    if (!state.equals("gone") || !removal.detail("outcome").equals("done")) {
      return new Happened("removal " + removal.detail("outcome") + ", it is " + state, "");
    }
    return removal.isAct()
        ? new Happened("removed: " + removal.detail("reason"), after(removal))
        : new Happened(Fate.GONE.word(), "");
  }

  private static String untouched(Role role, List<Entry> events, String state) {
    if (state.equals("gone")) {
      return "gone, and nothing told";
    }
    if (events.stream().anyMatch(Entry::isAct)) {
      return "touched";
    }
    boolean interrupted =
        events.stream().anyMatch(entry -> !entry.detail("interrupted_hold").isEmpty());
    if (role.fate().kind() == Kind.INTERRUPTED) {
      return interrupted && state.equals("exited") ? Fate.INTERRUPTED.word() : "it is " + state;
    }
    return Fate.KEPT.word();
  }

  private static String after(Entry removal) {
    String end = removal.detail("finished_at");
    Instant since = Instant.parse(end.isEmpty() ? removal.detail("created") : end);
    return String.format(
        Locale.ROOT, "%.1f s", Duration.between(since, removal.at()).toMillis() / 1000.0);
  }
}
