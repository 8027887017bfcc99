package io.berth.jobs.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Runs seeds, and shrinks those that fail. */
final class Runs {

  static final int STEPS = 140;

  /**
   * Those of each build. The last two are there for what is rare: a stop for a conflict, and acts
   * that an admin lets through a tripped breaker.
   */
  static final List<Long> FIXED =
      List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 12L, 16L, 68L);

  private static final Path MEMORY = Path.of("/dev/shm");

  /**
   * What came of one run.
   *
   * @param failure null where none of the invariants broke
   * @param lives how many lives of containers began
   */
  record Result(
      @Nullable Throwable failure,
      List<String> story,
      int lives,
      Map<String, Integer> acts,
      Duration simulated) {

    Optional<String> words() {
      return Optional.ofNullable(failure).map(each -> String.valueOf(each.getMessage()));
    }
  }

  private Runs() {}

  static Result run(long seed) {
    return run(Step.of(seed, STEPS), Pace.of(seed));
  }

  static Result run(List<Step> steps, Pace pace) {
    Path folder = folder();
    Simulation simulation = new Simulation(folder, pace);
    Throwable failure = null;
    try {
      steps.forEach(simulation::step);
      simulation.rest();
    } catch (AssertionError | RuntimeException | Fuse.Killed e) {
      failure = e;
    } finally {
      simulation.close();
      delete(folder);
    }
    return new Result(
        failure,
        simulation.story(),
        simulation.lives(),
        new TreeMap<>(simulation.acts()),
        simulation.simulated());
  }

  /**
   * The shortest run found that still breaks the same invariant: steps are dropped, in large pieces
   * and then one by one, for as long as it fails.
   */
  static List<Step> shrink(List<Step> failing, Pace pace, int tries) {
    String broken = kind(run(failing, pace));
    List<Step> shortest = failing;
    int left = tries;
    for (int piece = Math.max(1, failing.size() / 2); piece > 0; piece /= 2) {
      for (int from = shortest.size() - piece; from >= 0 && left > 0; from -= piece) {
        List<Step> shorter = new ArrayList<>(shortest);
        shorter.subList(from, Math.min(from + piece, shorter.size())).clear();
        left--;
        if (kind(run(shorter, pace)).equals(broken)) {
          shortest = shorter;
          from = Math.min(from, shortest.size());
        }
      }
    }
    return shortest;
  }

  /** Which invariant broke. */
  private static String kind(Result result) {
    return result.words().map(words -> words.split(":", 2)[0]).orElse("");
  }

  /** Each commit waits for the disk: in memory it is a hundred times as fast. */
  private static Path folder() {
    try {
      return Files.isWritable(MEMORY)
          ? Files.createTempDirectory(MEMORY, "berth-simulation")
          : Files.createTempDirectory("berth-simulation");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
