package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.Reading;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where idle detection can't work on this host, in words that say what to do. */
final class BlindSpots {

  private final Gpus gpus;
  private final Insides insides;
  private volatile List<String> ofSamples = List.of();

  BlindSpots(Gpus gpus, Insides insides) {
    this.gpus = gpus;
    this.insides = insides;
  }

  /** What the newest samples do not know. */
  void sampled(Collection<Container> running, Map<String, Life> lives) {
    List<String> found = new ArrayList<>();
    unknown("CPU time", Sample::cpu, running, lives, found);
    unknown("network traffic", Sample::network, running, lives, found);
    unknown("GPU use", Sample::gpu, running, lives, found);
    ofSamples = List.copyOf(found);
  }

  private static void unknown(
      String what,
      Function<Sample, Measure> signal,
      Collection<Container> running,
      Map<String, Life> lives,
      List<String> found) {
    int count = 0;
    String example = "";
    for (Container each : running) {
      Life life = lives.get(each.id());
      List<Sample> samples = life == null ? List.of() : life.samples();
      Measure last =
          samples.isEmpty() ? Measure.known(0) : signal.apply(samples.get(samples.size() - 1));
      if (last.isUnknown() && !last.why().startsWith(Sample.GAP)) {
        count++;
        example = each.name() + ": " + last.why();
      }
    }
    if (count > 0) {
      found.add(
          "the %s of %d of %d running GPU containers is unknown, so they are never idle. %s"
              .formatted(what, count, running.size(), example));
    }
  }

  /**
   * All there are.
   *
   * @param exporter the URL of the dcgm-exporter; null where there is none
   */
  List<String> now(@Nullable String exporter) {
    List<String> spots = new ArrayList<>(ofSamples);
    Reading<Inventory> inventory = gpus.inventory();
    if (!inventory.isKnown()) {
      spots.add("the GPUs can't be read, so no container is idle. " + inventory.why());
    }
    boolean mig =
        inventory.asOptional().map(Inventory::devices).orElse(List.of()).stream()
            .anyMatch(Device::isMig);
    if (mig && exporter == null) {
      spots.add(
          "a container with a process on a MIG instance is never idle: NVML has no utilisation of"
              + " those. Run a dcgm-exporter and set gpu.dcgm_exporter");
    }
    int silent = insides.silent();
    if (silent > 0) {
      spots.add(
          "the file systems of "
              + silent
              + " containers do not answer: their keep-alive files and terminals are not seen. Look"
              + " for hung NFS or FUSE mounts");
    }
    List<String> unseen = insides.unseen();
    if (!unseen.isEmpty()) {
      spots.add(
          "what is typed in the terminals of %d containers is not seen, and does not keep them. Run"
                  .formatted(unseen.size())
              + " berthd as root or with CAP_SYS_PTRACE. "
              + unseen.get(0));
    }
    return List.copyOf(spots);
  }
}
