package io.berth.daemon;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** What was measured, as a page in Markdown. */
final class BenchTable {

  private static final String PAGE =
      """
      # Performance

      Made by `dev/bench --write docs/performance.md`; do not edit.

      Absolute numbers are those of one machine: %s.
      The ratios are what to compare: both sides of a row were measured in the same run, taking turns. All numbers are
      medians.

      ## Sweeps and removals

      The jobs run with the real Engine, a ledger and an event log on disk and the event stream open, wired as in the
      daemon. The bare calls go over the same HTTP transport; their answers are read and not parsed. Half of the
      containers are created, half exited; where nothing is due, no container needs to be inspected. Removals include
      the intent and the outcome in the ledger, each on the disk before it counts, the inspect right before the act, and
      the looks at all containers that the Engine's events bring about meanwhile.

      Aims: a sweep of 200 with nothing due in less than 5 times the list call; removing 200 in less than 1.3 times the
      DELETE calls. Where a DELETE takes little, as on a quick disk, the inspect that comes right before each shows; the
      row after it has that on both sides.

      | what | Berth, ms | beside | bare, ms | ratio |
      |---|---:|---|---:|---:|
      %s
      ## Devices

      With GPUs that cost nothing to ask. Each of the 500 containers names a GPU of its own. A grant is answered when it
      is on the disk; it includes the look at the processes of every free GPU, of which there are eight.

      | what | Berth, ms | beside | bare, ms | ratio |
      |---|---:|---|---:|---:|
      %s
      | what | |
      |---|---:|
      %s
      ## Samples

      The whole `sample` job with 200 containers running, each with a GPU of its own and a full history: the list call,
      every container's counters, terminals and keep-alive file, one transaction. CPU time is that of the whole process,
      which did nothing else before.

      Aim: less than 100 ms of one core.

      | what | |
      |---|---:|
      %s
      ## The daemon and the command

      As the package has them, in `observe`. Ready is from the start of the daemon to its line `ready`. Memory is VmRSS
      after 30 s with a sweep a second. `berth status` is from the start of the command to its end, beside that daemon,
      which sweeps as seldom as by default then.

      Aims: ready within 600 ms, less than 100 MiB with 1,000 containers, `berth status` in less than 300 ms.

      | what | |
      |---|---:|
      %s""";

  private final StringBuilder rows = new StringBuilder();
  private final StringBuilder deviceRows = new StringBuilder();
  private final StringBuilder grants = new StringBuilder();
  private final StringBuilder samples = new StringBuilder();
  private final StringBuilder figures = new StringBuilder();

  void row(String what, List<Double> ours, String beside, List<Double> bare) {
    row(rows, what, ours, beside, bare);
  }

  void deviceRow(String what, List<Double> ours, String beside, List<Double> bare) {
    row(deviceRows, what, ours, beside, bare);
  }

  /** The median, and what all but one in a hundred keep below. */
  void grants(String what, List<Double> millis) {
    grants.append(String.format(Locale.ROOT, "| %s, p50 | %.1f ms |%n", what, median(millis)));
    grants.append(String.format(Locale.ROOT, "| %s, p99 | %.1f ms |%n", what, at(millis, 0.99)));
  }

  void sample(String what, List<Double> millis) {
    samples.append(String.format(Locale.ROOT, "| %s | %.0f ms |%n", what, median(millis)));
  }

  private static void row(
      StringBuilder table, String what, List<Double> ours, String beside, List<Double> bare) {
    double left = median(ours);
    double right = median(bare);
    table.append(
        String.format(
            Locale.ROOT,
            "| %s | %.1f | %s | %.1f | %.2f |%n",
            what,
            left,
            beside,
            right,
            left / right));
  }

  void figure(String what, List<Double> values, String unit) {
    figures.append(String.format(Locale.ROOT, "| %s | %.0f %s |%n", what, median(values), unit));
  }

  /**
   * The page.
   *
   * @param engine its version, in words
   * @param load of the machine before anything was measured
   */
  String page(String engine, double load) {
    String machine =
        String.format(
            Locale.ROOT,
            "%d cores, load %.0f before it began, JDK %d, %s",
            Runtime.getRuntime().availableProcessors(),
            load,
            Runtime.version().feature(),
            engine);
    return PAGE.formatted(machine, rows, deviceRows, grants, samples, figures);
  }

  private static double median(List<Double> values) {
    return at(values, 0.5);
  }

  private static double at(List<Double> values, double share) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get((int) (sorted.size() * share));
  }
}
