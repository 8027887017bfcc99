package io.berth.jobs.simulation;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What {@code dev/simulate} runs: one seed with its story, a range of them, or for some time. */
public final class Simulate {

  private static final int SHRINKING = 150;

  private final PrintStream out;
  private final Map<String, Integer> acts = new TreeMap<>();
  private Duration simulated = Duration.ZERO;
  private long lives;
  private long runs;

  private Simulate(PrintStream out) {
    this.out = out;
  }

  /** {@code seed N}, {@code seeds A B}, {@code minutes M [FIRST]} or {@code until-broken COUNT}. */
  public static void main(String[] args) {
    Simulate all = new Simulate(System.out);
    long first = Long.parseLong(args[1]);
    boolean good =
        switch (args[0]) {
          case "seed" -> all.replay(first);
          case "seeds" -> all.range(first, Long.parseLong(args[2]), Long.MAX_VALUE);
          case "minutes" ->
              all.range(
                  args.length > 2 ? Long.parseLong(args[2]) : 1,
                  Long.MAX_VALUE,
                  Duration.ofMinutes(first).toNanos());
          case "until-broken" -> all.untilBroken(first);
          default -> throw new IllegalArgumentException(args[0]);
        };
    System.exit(good ? 0 : 1);
  }

  private boolean replay(long seed) {
    Runs.Result result = Runs.run(seed);
    result.story().forEach(out::println);
    result.words().ifPresent(out::println);
    if (result.failure() != null) {
      result.failure().printStackTrace(out);
    }
    return result.failure() == null;
  }

  private boolean range(long from, long to, long nanos) {
    long began = System.nanoTime();
    boolean good = true;
    for (long seed = from; seed <= to && System.nanoTime() - began < nanos; seed++) {
      Runs.Result result = Runs.run(seed);
      runs++;
      lives += result.lives();
      simulated = simulated.plus(result.simulated());
      result.acts().forEach((act, count) -> acts.merge(act, count, Integer::sum));
      if (result.failure() != null) {
        good = false;
        out.println("seed " + seed + ": " + result.words().orElse(""));
        if (!Boolean.getBoolean("berth.simulation.unshrunk")) {
          shrunk(seed);
        }
      }
    }
    summary(System.nanoTime() - began);
    return good;
  }

  private boolean untilBroken(long count) {
    for (long seed = 1; seed <= count; seed++) {
      Optional<String> words = Runs.run(seed).words();
      if (words.isPresent()) {
        out.println("seed " + seed + ": " + words.get());
        return false;
      }
    }
    return true;
  }

  private void shrunk(long seed) {
    List<Step> shortest = Runs.shrink(Step.of(seed, Runs.STEPS), SHRINKING);
    out.println("  shrunk to " + shortest.size() + " steps:");
    Runs.run(shortest).story().forEach(line -> out.println("  " + line));
  }

  private void summary(long nanos) {
    double seconds = nanos / 1e9;
    out.printf(
        Locale.ROOT,
        "%d runs, %d container lifetimes, %d simulated hours in %.1f s: %.0f lifetimes a second%n",
        runs,
        lives,
        simulated.toHours(),
        seconds,
        lives / seconds);
    out.println("acts asked for: " + acts);
  }
}
