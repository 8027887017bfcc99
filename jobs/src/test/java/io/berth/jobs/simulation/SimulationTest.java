package io.berth.jobs.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The simulation in the size of a build: some seeds that are always the same, and fresh ones. */
class SimulationTest {

  private static final int FRESH = Integer.getInteger("berth.simulation.fresh", 4);
  private static final int SHRINKING = 60;

  @Test
  void no_run_breaks_an_invariant() {
    List<Long> seeds =
        Stream.concat(
                Runs.FIXED.stream(), new SecureRandom().longs(FRESH, 1_000, 1_000_000_000).boxed())
            .toList();
    System.out.println("simulated seeds: " + seeds);
    Map<String, Integer> acts = new HashMap<>();
    Optional<Long> failing =
        seeds.parallelStream()
            .filter(
                seed -> {
                  Runs.Result result = Runs.run(seed);
                  synchronized (acts) {
                    result.acts().forEach((act, count) -> acts.merge(act, count, Integer::sum));
                  }
                  return result.failure() != null;
                })
            .findAny();
    failing.ifPresent(SimulationTest::fail);
    // Runs in which nothing ever falls due would prove nothing.
    assertThat(acts)
        .containsKeys(
            "remove created_never_started",
            "remove hold_expired",
            "remove two_state",
            "stop idle_timeout",
            "pause idle_timeout",
            "stop max_runtime",
            "stop gpu_conflict",
            "remove through a tripped breaker");
  }

  @Test
  void one_seed_is_one_run() {
    assertThat(Runs.run(1).story()).isEqualTo(Runs.run(1).story());
  }

  private static void fail(long seed) {
    Runs.Result result = Runs.run(seed);
    Pace pace = Pace.of(seed);
    List<Step> shortest = Runs.shrink(Step.of(seed, Runs.STEPS), pace, SHRINKING);
    throw new AssertionError(
        "seed %d: %s; dev/simulate --seed %d shows all of it. Shrunk to %d steps:%n%s"
            .formatted(
                seed,
                result.words().orElse("it failed once and not again"),
                seed,
                shortest.size(),
                String.join("\n", Runs.run(shortest, pace).story())),
        result.failure());
  }
}
