package io.berth.jobs.activity;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one container did between two looks, or between several that were merged: raw values, which
 * the limits are held against when judging.
 *
 * @param seq its number, rising; of merged ones the last one's
 * @param from the look it counts from
 * @param at the look it was taken at
 * @param count how many samples were merged into it
 * @param restarted its restart policy restarted the container: what it did before that is not in it
 * @param cpu percent of one core; of merged ones the highest, as below
 * @param network bytes received and sent in 30 s
 * @param gpu percent of the busiest of its devices
 * @param gpuMemory bytes held at the end, on all its devices; null where that is not known
 * @param input whether something was typed into one of its terminals
 */
public record Sample(
    long seq,
    Instant from,
    Instant at,
    int count,
    boolean restarted,
    Measure cpu,
    Measure network,
    Measure gpu,
    @Nullable Long gpuMemory,
    boolean input) {

  static final String GAP = "gap: ";

  /** Of a time of which nothing is known. */
  static Sample gap(long seq, Instant from, Instant at, String why) {
    Measure unknown = Measure.unknown(GAP + why);
    return new Sample(seq, from, at, 1, false, unknown, unknown, unknown, null, false);
  }

  Duration length() {
    return Duration.between(from, at);
  }

  /** Why something is unknown; empty where all is known. */
  String unknownBecause() {
    if (cpu.isUnknown()) {
      return "CPU: " + cpu.why();
    }
    if (gpu.isUnknown()) {
      return "GPU: " + gpu.why();
    }
    return network.isUnknown() ? "network: " + network.why() : "";
  }

  /** Whether it and the next one can become one without any of their kind being lost. */
  boolean canMerge(Sample next) {
    return restarted == next.restarted
        && input == next.input
        && cpu.state() == next.cpu.state()
        && network.state() == next.network.state()
        && gpu.state() == next.gpu.state();
  }

  /** How much is lost by it: how far apart the two are, on a scale of ratios. */
  double lossOfMerge(Sample next) {
    return apart(cpu, next.cpu, 0.2)
        + apart(gpu, next.gpu, 1)
        + apart(network, next.network, 20_000);
  }

  private static double apart(Measure one, Measure other, double noise) {
    return Math.abs(Math.log((one.value() + noise) / (other.value() + noise)));
  }

  /** The highest of each counts, so that a merged one is never quieter than what is in it. */
  Sample merge(Sample next) {
    return new Sample(
        next.seq,
        from,
        next.at,
        count + next.count,
        restarted,
        cpu.max(next.cpu),
        network.max(next.network),
        gpu.max(next.gpu),
        next.gpuMemory,
        input);
  }
}
