package io.berth.jobs.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One thing that happens in a run. All chance in it comes from its own salt, so that a run from
 * which steps were dropped is a run.
 */
record Step(Kind kind, long salt) {

  /** What can happen, and how often in a hundred steps or so. */
  enum Kind {
    TIME(34),
    ARRIVAL(22),
    PERSON(16),
    ALLOCATE(6),
    RACE(6),
    PARK(3),
    STUBBORN(3),
    ENGINE_DOWN(2),
    ENGINE_RESTART(1),
    ENGINE_FLAKY(2),
    STALE_LISTS(2),
    LOST_EVENTS(2),
    NVML_FAILS(3),
    DEVICE_LOST(2),
    DIRECTORY_DOWN(1),
    KILL(5),
    DOWNTIME(1),
    REBOOT(1),
    DISK_FULL(2),
    CLOCK_STEP(1),
    BOOK(2),
    MODE(2),
    PROTECT(2),
    APPROVE(1);

    private final int weight;

    Kind(int weight) {
      this.weight = weight;
    }
  }

  static List<Step> of(long seed, int count) {
    Random random = new Random(seed * 6_364_136_223_846_793_005L + 1);
    List<Step> steps = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      steps.add(new Step(kind(random), random.nextLong()));
    }
    return steps;
  }

  private static Kind kind(Random random) {
    int all = 0;
    for (Kind each : Kind.values()) {
      all += each.weight;
    }
    int left = random.nextInt(all);
    for (Kind each : Kind.values()) {
      left -= each.weight;
      if (left < 0) {
        return each;
      }
    }
    throw new IllegalStateException("the weights do not add up");
  }

  Random dice() {
    return new Random(salt);
  }
}
