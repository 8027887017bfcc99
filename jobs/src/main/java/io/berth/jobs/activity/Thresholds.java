package io.berth.jobs.activity;

import io.berth.policies.LimitKey;
import io.berth.policies.Limits;
import java.util.Optional;

/**
 * What counts as doing nothing: below all three. Pure.
 *
 * @param cpu percent of one core
 * @param network bytes in 30 s
 * @param gpu percent
 * @param window how many samples in a row have to agree
 */
record Thresholds(double cpu, double network, double gpu, long window) {

  static Thresholds of(Limits limits) {
    return new Thresholds(
        limits.get(LimitKey.CPU_IDLE_THRESHOLD),
        limits.get(LimitKey.NETWORK_IDLE_THRESHOLD),
        limits.get(LimitKey.GPU_IDLE_THRESHOLD),
        limits.get(LimitKey.IDLE_DETECTION_WINDOW));
  }

  /** What kept it busy in that sample, in words; empty where nothing is known to have. */
  Optional<String> busy(Sample sample) {
    if (sample.input()) {
      return Optional.of("somebody typed into its terminal");
    }
    if (sample.gpu().value() >= gpu) {
      return Optional.of(Words.percent(sample.gpu().value()) + " of a GPU");
    }
    if (sample.cpu().value() >= cpu) {
      return Optional.of(Words.percent(sample.cpu().value()) + " of a core");
    }
    return !sample.network().isNotAttributable() && sample.network().value() >= network
        ? Optional.of(Words.bytes(sample.network().value()) + " over the network in 30 s")
        : Optional.empty();
  }
}
