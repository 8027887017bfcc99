package io.berth.policies;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** One screen about a policy book, for an admin who has just checked it. */
public final class Summary {

  private static final int MOST_LISTED = 8;
  private static final List<LimitKey<?>> SHOWN =
      List.of(
          LimitKey.IDLE_TIMEOUT,
          LimitKey.MAX_RUNTIME,
          LimitKey.GPU_HOLD_AFTER_STOP,
          LimitKey.CONTAINER_HOLD_AFTER_STOP,
          LimitKey.MAX_GPU_EQUIVALENTS,
          LimitKey.MAX_CONTAINERS_PER_USER);

  private final PolicyBook book;
  private final List<String> lines = new ArrayList<>();

  private Summary(PolicyBook book) {
    this.book = book;
  }

  /**
   * The text, each line ended.
   *
   * @param notes what the loader had to tell besides
   * @param now which exemptions are active at
   */
  public static String of(PolicyBook book, List<Problem> notes, Instant now) {
    Summary summary = new Summary(book);
    summary.head();
    summary.limits();
    summary.people(now);
    summary.schedules();
    summary.places();
    summary.add("notes", capped(notes.stream().map(Problem::toString).toList(), "\n" + indent()));
    return String.join("\n", summary.lines) + "\n";
  }

  private void add(String title, String text) {
    if (!text.isEmpty()) {
      lines.add(String.format(Locale.ROOT, "%-12s%s", title, text));
    }
  }

  private static String indent() {
    return " ".repeat(12);
  }

  private void head() {
    add("files", book.files().stream().map(String::valueOf).collect(Collectors.joining(", ")));
    PolicyBook.Safety safety = book.safety();
    String kept = words(safety.observeJobs().stream().map(JobName::word).sorted().toList());
    boolean observe = safety.mode() == Mode.OBSERVE;
    add("mode", safety.mode().word() + (observe ? ": no container is touched" : ""));
    add("but observe", kept);
    add(
        "safety",
        String.format(
            Locale.ROOT,
            "at most %d stops and %d removals a sweep, %d stops an hour; breaker at %.0f%%; scope %s",
            safety.maxStopsPerSweep(),
            safety.maxRemovalsPerSweep(),
            safety.maxStopsPerHour(),
            safety.breakerShare() * 100,
            WordType.word(safety.cleanupScope())));
  }

  private void limits() {
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "%-24s%8s %9s %9s %9s %10s %7s %11s",
            "LIMITS",
            "MEMBERS",
            "IDLE",
            "RUNTIME",
            "GPU HOLD",
            "CONT. HOLD",
            "GPUS",
            "CONTAINERS"));
    row("defaults", "", book.defaultLimits());
    Map<String, Set<String>> groups = book.groups();
    groups.entrySet().stream()
        .limit(MOST_LISTED)
        .forEach(
            group ->
                row(
                    group.getKey(),
                    String.valueOf(group.getValue().size()),
                    book.groupLimits(group.getKey())));
    if (groups.size() > MOST_LISTED) {
      lines.add("... and " + (groups.size() - MOST_LISTED) + " more groups");
    }
  }

  private void row(String name, String members, Limits limits) {
    String shown = Optional.of(name).equals(book.defaultGroup()) ? name + " (default)" : name;
    List<Object> cells = new ArrayList<>(List.of(shown, members));
    SHOWN.forEach(key -> cells.add(cell(limits.get(key))));
    lines.add(String.format(Locale.ROOT, "%-24s%8s %9s %9s %9s %10s %7s %11s", cells.toArray()));
  }

  private static String cell(Object value) {
    return value instanceof Optional<?> limit
        ? limit.map(String::valueOf).orElse("no limit")
        : value.toString();
  }

  private void people(Instant now) {
    lines.add("");
    add("overrides", capped(List.copyOf(book.usersWithOverrides()), ", "));
    add("exempt", capped(exemptions(now, true), "\n" + indent()));
    add("expired", capped(exemptions(now, false), ", "));
  }

  private List<String> exemptions(Instant now, boolean active) {
    return book.exemptions().stream()
        .filter(exemption -> active == exemption.isActive(now))
        .map(exemption -> active ? inFull(exemption) : exemption.username())
        .toList();
  }

  private static String inFull(Exemption exemption) {
    String from = words(exemption.exemptFrom().stream().map(WordType::word).sorted().toList());
    String until = exemption.expires() == null ? "without end" : "until " + exemption.expires();
    return exemption.username()
        + " from "
        + from.replace('-', '_')
        + " "
        + until
        + ": "
        + exemption.reason();
  }

  private void schedules() {
    List<String> jobs = new ArrayList<>();
    for (JobName job : JobName.values()) {
      jobs.add(job.word() + " " + new ScheduleType().plain(book.schedules().of(job)));
    }
    add("schedules", String.join(", ", jobs.subList(0, 4)) + ",");
    lines.add(indent() + String.join(", ", jobs.subList(4, jobs.size())));
    add("time zone", book.schedules().timezone().getId());
  }

  private void places() {
    PolicyBook.DaemonSettings daemon = book.daemon();
    add("ledger", daemon.ledger().toString());
    add("events", daemon.events().toString());
    add("socket", daemon.socket().toString());
    add("http", daemon.http() == null ? "off" : daemon.http());
    add("metrics", daemon.metrics() == null ? "" : daemon.metrics());
    add("engine", daemon.dockerHost() == null ? "" : daemon.dockerHost());
    add("gpus", book.gpu().nvmlLibrary());
  }

  private static String words(List<String> words) {
    return String.join(", ", words);
  }

  private static String capped(List<String> items, String separator) {
    String shown = items.stream().limit(MOST_LISTED).collect(Collectors.joining(separator));
    int more = items.size() - MOST_LISTED;
    return more > 0 ? shown + separator + "... and " + more + " more" : shown;
  }
}
