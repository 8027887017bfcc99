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
 * @param gpu what became of its GPU
 * @param after how long after what the act counts from it was done: the creation, the stop, the
 *     start, or the beginning of idleness; empty where nothing was
 */
record Happened(String what, GpuFate gpu, String after) {

  /** What was done to a container, without its GPU. */
  private record Deed(String what, String after) {
    Deed(String what) {
      this(what, "");
    }
  }

  static Happened to(Role role, Chronicle chronicle, String state) {
    List<Entry> events = chronicle.of(role.name());
    Deed deed = deed(role, events, state);
    return new Happened(deed.what, GpuFate.of(events, state), deed.after);
  }

  /** The same, with what is wrong with it unless that is so. */
  Happened unless(boolean well, String wrong) {
    return well ? this : new Happened(what + ", " + wrong, gpu, after);
  }

  private static Deed deed(Role role, List<Entry> events, String state) {
    List<Entry> removals =
        events.stream().filter(entry -> entry.type().equals("container.remove")).toList();
    if (removals.size() > 1) {
      return new Deed("told " + removals.size() + " times");
    }
    if (!removals.isEmpty()) {
      return removed(removals.get(0), state);
    }
    if (state.equals("gone")) {
      return new Deed("gone, and nothing told");
    }
    // What was dropped did not happen: its container had changed since the verdict.
    List<Entry> acts =
        events.stream()
            .filter(entry -> entry.isAct() && !entry.detail("outcome").equals("dropped"))
            .toList();
    return acts.isEmpty() ? new Deed(untouched(role, events, state)) : acted(acts, events, state);
  }

  private static Deed removed(Entry removal, String state) {
    if (!state.equals("gone") || !removal.detail("outcome").equals("done")) {
      return new Deed("removal " + removal.detail("outcome") + ", it is " + state);
    }
    return removal.isAct()
        ? new Deed("removed: " + removal.detail("reason"), after(removal))
        : new Deed(Fate.GONE.word());
  }

  private static Deed acted(List<Entry> acts, List<Entry> events, String state) {
    Entry act = acts.get(0);
    if (warnings(events) < 2) {
      return new Deed(act.type() + " with " + warnings(events) + " warnings");
    }
    if (acts.stream().allMatch(each -> each.detail("outcome").equals("failed"))) {
      return new Deed(state.equals("running") ? Fate.STUCK.word() : "failed, and it is " + state);
    }
    if (acts.size() > 1 || !act.detail("outcome").equals("done")) {
      return new Deed("touched " + acts.size() + " times, " + act.detail("outcome"));
    }
    String reason = act.detail("reason");
    if (act.type().equals("container.pause") && state.equals("paused")) {
      return new Deed(Fate.paused(reason).word(), after(act));
    }
    return act.type().equals("container.stop") && state.equals("exited") && isInterrupted(events)
        ? new Deed(Fate.stopped(reason).word(), after(act))
        : new Deed(act.type() + ", it is " + state);
  }

  private static String untouched(Role role, List<Entry> events, String state) {
    if (role.fate().kind() == Kind.INTERRUPTED) {
      return isInterrupted(events) && state.equals("exited")
          ? Fate.INTERRUPTED.word()
          : "it is " + state;
    }
    if (events.stream().anyMatch(entry -> entry.type().equals("exemption.applied"))) {
      return Fate.EXEMPT.word();
    }
    return switch (warnings(events)) {
      case 0 -> Fate.KEPT.word();
      case 1 -> "warned once";
      default -> Fate.SPARED.word();
    };
  }

  /** Whether its removal was announced for after {@code interrupted_hold}. */
  static boolean isInterrupted(List<Entry> events) {
    return events.stream().anyMatch(entry -> !entry.detail("interrupted_hold").isEmpty());
  }

  /** How often it was warned of a stop or pause; a removal is announced as well. */
  private static int warnings(List<Entry> events) {
    return (int) events.stream().filter(Happened::isWarning).count();
  }

  /** Whether it warns of a stop or pause. */
  static boolean isWarning(Entry entry) {
    return entry.type().equals("container.warn") && !entry.detail("action").equals("remove");
  }

  /** Whether no other warning comes before the stop or pause. */
  static boolean isLastWarning(Entry entry) {
    return isWarning(entry) && entry.detail("last").equals("true");
  }

  private static String after(Entry act) {
    String since =
        List.of("finished_at", "idle_since", "started_at", "created").stream()
            .map(act::detail)
            .filter(moment -> !moment.isEmpty())
            .findFirst()
            .orElseThrow();
    return String.format(
        Locale.ROOT,
        "%.1f s",
        Duration.between(Instant.parse(since), act.at()).toMillis() / 1000.0);
  }
}
