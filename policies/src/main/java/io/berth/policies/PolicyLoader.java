package io.berth.policies;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a main file and the files beside it into a {@link PolicyBook}, or into the list of all that
 * is wrong.
 */
public final class PolicyLoader {

  private PolicyLoader() {}

  /**
   * What came of reading.
   *
   * @param book null where any problem is an error
   * @param problems errors and notes, by file and line
   */
  public record Loaded(@Nullable PolicyBook book, List<Problem> problems) {
    public Loaded {
      problems = List.copyOf(problems);
    }
  }

  /** Never throws for what is in the files, or for a file that can't be read: each is a problem. */
  public static Loaded load(Path main) {
    return new Loaded(
        null, List.of(new Problem(Problem.Severity.ERROR, main.toString(), 0, 0, "", "")));
  }
}
