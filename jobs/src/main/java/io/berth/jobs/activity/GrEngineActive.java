package io.berth.jobs.activity;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How busy MIG instances are by a dcgm-exporter's metrics: {@code
 * DCGM_FI_PROF_GR_ENGINE_ACTIVE{UUID="GPU-...",GPU_I_ID="7",...} 0.93} in Prometheus' text format.
 * A ratio of the exporter's last interval.
 */
final class GrEngineActive {

  private static final String METRIC = "DCGM_FI_PROF_GR_ENGINE_ACTIVE";
  private static final Pattern LINE =
      Pattern.compile("(?m)^" + METRIC + "\\{(.*)\\}\\s+(\\S+)(?:\\s+-?\\d+)?\\s*$");

  /** Possessive: a long value, of a label that users can set, would else exhaust the stack. */
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]++|\\\\.)*+)\"");

  private final Map<String, Double> percents = new HashMap<>();

  static GrEngineActive parse(String metrics) {
    GrEngineActive parsed = new GrEngineActive();
    Matcher line = LINE.matcher(metrics);
    while (line.find()) {
      Map<String, String> labels = new HashMap<>();
      LABEL.matcher(line.group(1)).results().forEach(l -> labels.put(l.group(1), l.group(2)));
      parsed.take(labels.get("UUID") + "/" + labels.get("GPU_I_ID"), line.group(2));
    }
    return parsed;
  }

  /** One instance may be there once for each pod; the busiest line counts. */
  private void take(String instance, String ratio) {
    try {
      double percent = Double.parseDouble(ratio) * 100;
      if (percent >= 0) { // not NaN
        percents.merge(instance, percent, Math::max);
      }
    } catch (NumberFormatException e) {
      percents.remove(instance); // of an instance whose value makes no sense nothing is known
    }
  }

  /**
   * Percent.
   *
   * @param gpu the UUID of the GPU
   * @param instance the number of the GPU instance on it
   */
  Optional<Double> of(String gpu, int instance) {
    return Optional.ofNullable(percents.get(gpu + "/" + instance));
  }
}
