package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Random lives of people, an Engine, a host and a daemon: after every step the invariants of DESIGN
 * section 8 that concern removal are checked, by {@link Watcher}. One seed is one run.
 */
class RandomWalkTest {

  private static final int RUNS = 120;
  private static final int STEPS = 60;
  private static final Path MEMORY = Path.of("/dev/shm");

  @Test
  void no_walk_breaks_an_invariant() throws IOException {
    // Each commit waits for the disk: in memory it is a hundred times as fast.
    Path folder =
        Files.isWritable(MEMORY)
            ? Files.createTempDirectory(MEMORY, "berth-walk")
            : Files.createTempDirectory("berth-walk");
    int removals = 0;
    try {
      for (long seed = 1; seed <= RUNS; seed++) {
        removals += walk(folder.resolve("run" + seed), seed);
      }
    } finally {
      delete(folder);
    }
    // A walk on which nothing ever falls due would prove nothing.
    assertThat(removals).isGreaterThan(RUNS);
  }

  private static int walk(Path folder, long seed) {
    Walk walk = new Walk(folder, seed);
    try {
      for (int step = 0; step < STEPS; step++) {
        walk.step();
      }
      walk.comeToRest();
      return walk.removals();
    } catch (AssertionError | RuntimeException e) {
      String story = String.join("\n", walk.story());
      throw new AssertionError("seed %d: %s%n%s".formatted(seed, e.getMessage(), story), e);
    } finally {
      walk.close();
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
