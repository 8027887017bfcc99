package io.berth.jobs.simulation;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** What {@code dev/simulate} runs: one seed with its story, a range of them, or for some time. */
public final class Simulate {

  private static final int SHRINKING = 150;
  private static final int TOLD_EVERY = 500;
  private static final int PROCESSORS =
      Integer.getInteger("berth.simulation.threads", Runtime.getRuntime().availableProcessors());

  private final PrintStream out;
  private final long began = System.nanoTime();
  private final Map<String, Integer> acts = new TreeMap<>();
  private Duration simulated = Duration.ZERO;
  private long lives;
  private long runs;
  private long broken;

  private Simulate(PrintStream out) {
    this.out = out;
  }

  /** {@code seed N}, {@code seeds A B}, {@code minutes M [FIRST]} or {@code fixed}. */
  public static void main(String[] args) {
    Simulate all = new Simulate(System.out);
    long first = args.length > 1 ? Long.parseLong(args[1]) : 0;
    boolean good =
        switch (args[0]) {
          case "seed" -> all.replay(first);
          case "seeds" -> all.range(first, Long.parseLong(args[2]), Long.MAX_VALUE);
          case "minutes" ->
              all.range(
                  args.length > 2 ? Long.parseLong(args[2]) : 1,
                  Long.MAX_VALUE,
                  Duration.ofMinutes(first).toNanos());
          case "fixed" -> all.untilBroken();
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

  /** As many at once as there are processors; each run is the same as it is alone. */
  private boolean range(long from, long to, long nanos) {
    AtomicLong next = new AtomicLong(from);
    List<Thread> workers = new ArrayList<>();
    for (int i = Math.max(1, PROCESSORS); i > 0; i--) {
      Thread worker =
          new Thread(
              () -> {
                long seed = next.getAndIncrement();
                while (seed <= to && System.nanoTime() - began < nanos) {
                  count(seed, Runs.run(seed));
                  seed = next.getAndIncrement();
                }
              });
      worker.start();
      workers.add(worker);
    }
    for (Thread each : workers) {
      try {
        each.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted while runs go on", e);
      }
    }
    summary();
    return broken == 0;
  }

  private void count(long seed, Runs.Result result) {
    synchronized (this) {
      runs++;
      lives += result.lives();
      simulated = simulated.plus(result.simulated());
      result.acts().forEach((act, count) -> acts.merge(act, count, Integer::sum));
      broken += result.failure() == null ? 0 : 1;
      if (runs % TOLD_EVERY == 0) {
        summary();
      }
    }
    if (result.failure() != null) {
      List<String> words = new ArrayList<>();
      words.add("seed " + seed + ": " + result.words().orElse(""));
      if (!Boolean.getBoolean("berth.simulation.unshrunk")) {
        words.addAll(shrunk(seed));
      }
      out.println(String.join(System.lineSeparator(), words));
    }
  }

  private boolean untilBroken() {
    for (long seed : Runs.FIXED) {
      Optional<String> words = Runs.run(seed).words();
      if (words.isPresent()) {
        out.println("seed " + seed + ": " + words.get());
        return false;
      }
    }
    return true;
  }

  private static List<String> shrunk(long seed) {
    Pace pace = Pace.of(seed);
    List<Step> shortest = Runs.shrink(Step.of(seed, Runs.STEPS), pace, SHRINKING);
    List<String> words = new ArrayList<>();
    words.add("  shrunk to " + shortest.size() + " steps:");
    Runs.run(shortest, pace).story().forEach(line -> words.add("  " + line));
    return words;
  }

  private void summary() {
    double seconds = (System.nanoTime() - began) / 1e9;
    out.printf(
        Locale.ROOT,
        "%d runs, %d broken, %d container lifetimes, %d simulated hours in %.1f s: %.1f lifetimes a second%n",
        runs,
        broken,
        lives,
        simulated.toHours(),
        seconds,
        lives / seconds);
    out.println("acts asked for: " + acts);
  }
}
