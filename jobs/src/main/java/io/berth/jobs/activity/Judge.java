package io.berth.jobs.activity;

import io.berth.jobs.rules.Idleness;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tells from a history whether a container is idle, and since when. Pure: what limits and holds
 * there are is asked anew each time.
 *
 * <p>Backwards from the newest, samples are of one run as long as each is quiet:
 *
 * <pre>
 * busy      something at or above its threshold     ends the run: active
 * unknown   not busy, and something is not known    ends the run: unknown
 * restarted quiet, but for what was before it       goes on, and is no sample of the window
 * quiet     below all thresholds                    goes on
 * </pre>
 *
 * What lies before the end of the last hold ends the run too. A run that is long enough is idle
 * since its beginning; one that is not is what ended it.
 */
final class Judge {

  private final Thresholds thresholds;
  private final Holds holds;
  private final Map<String, Object> numbers = new LinkedHashMap<>();

  // The run, as far as it was followed back.
  private long agreeing;
  private @Nullable Instant since;
  private @Nullable Measure cpu;
  private @Nullable Measure network;
  private @Nullable Measure gpu;

  private Judge(Thresholds thresholds, Holds holds) {
    this.thresholds = thresholds;
    this.holds = holds;
  }

  static Idleness judge(List<Sample> samples, Holds holds, Thresholds thresholds, Instant now) {
    Idleness judged = new Judge(thresholds, holds).judge(samples, now);
    return holds.troubles().isEmpty() ? judged : judged.saying(trouble(holds));
  }

  /** Whoever meant to keep it alive thinks that he does. */
  private static String trouble(Holds holds) {
    return String.join("; ", holds.troubles());
  }

  private Idleness judge(List<Sample> samples, Instant now) {
    newest(samples);
    if (!holds.troubles().isEmpty()) {
      numbers.put("keep_alive_trouble", trouble(holds));
    }
    Optional<Holds.Hold> hold = holds.at(now);
    if (hold.isPresent()) {
      return active("kept" + until(hold.get().until()) + " by " + hold.get().what());
    }
    return followBack(samples);
  }

  private Idleness followBack(List<Sample> samples) {
    for (int i = samples.size() - 1; i >= 0; i--) {
      Optional<Idleness> end = endOfRun(samples.get(i));
      if (end.isPresent()) {
        return isLongEnough() ? idle(samples) : end.get();
      }
      add(samples.get(i), holds.last().until());
    }
    return isLongEnough() ? idle(samples) : tooYoung();
  }

  private boolean isLongEnough() {
    return agreeing >= thresholds.window();
  }

  /** What the container is by that sample, if it ends the run; empty where it does not. */
  private Optional<Idleness> endOfRun(Sample sample) {
    Holds.Hold last = holds.last();
    if (!sample.at().isAfter(last.until())) {
      return Optional.of(held(last));
    }
    Optional<String> busy = thresholds.busy(sample);
    if (busy.isPresent()) {
      return Optional.of(active(busyWords(sample, busy.get())));
    }
    String unknown = sample.unknownBecause();
    return unknown.isEmpty()
        ? Optional.empty()
        : Optional.of(Idleness.unknown(unknown + " (" + Words.moment(sample.at()) + ")"));
  }

  /** One that a hold cuts says when the run begins, and is no sample of the window. */
  private void add(Sample sample, Instant floor) {
    boolean cut = sample.from().isBefore(floor);
    since = cut ? floor : sample.from();
    agreeing += sample.restarted() || cut ? 0 : sample.count();
    cpu = higher(cpu, sample.cpu());
    network = higher(network, sample.network());
    gpu = higher(gpu, sample.gpu());
  }

  private static Measure higher(@Nullable Measure one, Measure other) {
    return one == null || other.value() > one.value() ? other : one;
  }

  private Idleness idle(List<Sample> samples) {
    Instant from = since;
    if (from == null || cpu == null || network == null || gpu == null) {
      throw new IllegalStateException("a window of no samples");
    }
    numbers.put("idle_samples", agreeing);
    put("highest_gpu_percent", gpu, "gpu_idle_threshold", thresholds.gpu());
    put("highest_cpu_percent", cpu, "cpu_idle_threshold", thresholds.cpu());
    put("highest_network_bytes_per_30s", network, "network_idle_threshold", thresholds.network());
    return Idleness.idle(from, idleWords(from, samples.get(samples.size() - 1)), numbers);
  }

  private String idleWords(Instant from, Sample newest) {
    Long held = newest.gpuMemory();
    String memory = held == null || held == 0 ? "" : "; it holds %s of GPU memory";
    return """
        idle since %s, by %d samples: at most %s of a GPU (idle below %s), %s of a core (below %s), \
        network %s; nobody came to it"""
            .formatted(
                Words.moment(from),
                agreeing,
                text(gpu, Words::percent),
                Words.percent(thresholds.gpu()),
                text(cpu, Words::percent),
                Words.percent(thresholds.cpu()),
                text(
                    network,
                    bytes ->
                        "%s in 30 s (below %s)"
                            .formatted(Words.bytes(bytes), Words.bytes(thresholds.network()))))
        + memory.formatted(Words.bytes(held == null ? 0 : held.doubleValue()));
  }

  private static String text(@Nullable Measure measure, DoubleFunction<String> words) {
    return measure == null || measure.isNotAttributable()
        ? "not attributable"
        : words.apply(measure.value());
  }

  private void put(String name, Measure value, String limit, double threshold) {
    numbers.put(name, value.isKnown() ? (Object) round(value.value()) : "not attributable");
    numbers.put(limit, threshold);
  }

  /** What the newest sample says goes with every answer. */
  private void newest(List<Sample> samples) {
    if (samples.isEmpty()) {
      return;
    }
    Sample newest = samples.get(samples.size() - 1);
    numbers.put("sampled_at", newest.at().toString());
    show("gpu_percent", newest.gpu());
    show("cpu_percent", newest.cpu());
    show("network_bytes_per_30s", newest.network());
    Long memory = newest.gpuMemory();
    if (memory != null) {
      numbers.put("gpu_memory_bytes", memory);
    }
  }

  private void show(String name, Measure measure) {
    numbers.put(
        name,
        switch (measure.state()) {
          case KNOWN -> (Object) round(measure.value());
          case UNKNOWN -> "unknown";
          case NOT_ATTRIBUTABLE -> "not attributable";
        });
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private Idleness active(String why) {
    return Idleness.active(why, numbers);
  }

  private String busyWords(Sample sample, String what) {
    return "active at " + Words.moment(sample.at()) + ": " + what + onlyQuietFor();
  }

  private Idleness held(Holds.Hold last) {
    return active(
        "kept until " + Words.moment(last.until()) + " by " + last.what() + onlyQuietFor());
  }

  /** The history has no beginning that tells more than the last hold does. */
  private Idleness tooYoung() {
    return agreeing == 0
        ? Idleness.unknown("there is no sample of it yet")
        : Idleness.unknown("there are too few samples of it yet" + onlyQuietFor());
  }

  private String onlyQuietFor() {
    return agreeing == 0
        ? ""
        : "; quiet for " + agreeing + " samples since, " + thresholds.window() + " are needed";
  }

  private static String until(Instant until) {
    return until.equals(Instant.MAX) ? "" : " until " + Words.moment(until);
  }
}
