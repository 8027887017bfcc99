package io.berth.jobs.activity;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A container's samples, oldest first: never more than {@link #MOST}, however long it runs. The
 * newest are as they were taken. Of the older ones those two neighbours are merged that are most
 * alike, so that a quiet time of days stays one, and its beginning stays where it was. What was
 * merged is never quieter than it was: under any limits, its clock begins later at most.
 */
final class History {

  static final int MOST = 120;
  static final int UNMERGED = 60;

  private History() {}

  /**
   * What has to be written for it.
   *
   * @param put the new one, and a merged one under the number of the later of its two
   * @param dropped the number of one that is gone; null where none is
   */
  record Appended(List<Sample> samples, List<Sample> put, @Nullable Long dropped) {}

  static Appended append(List<Sample> history, Sample next) {
    List<Sample> samples = new ArrayList<>(history.size() + 1);
    samples.addAll(history);
    samples.add(next);
    if (samples.size() <= MOST) {
      return new Appended(List.copyOf(samples), List.of(next), null);
    }
    int pair = mostAlike(samples);
    Sample gone = samples.remove(Math.max(pair, 0));
    if (pair < 0) {
      return new Appended(List.copyOf(samples), List.of(next), gone.seq());
    }
    Sample merged = gone.merge(samples.get(pair));
    samples.set(pair, merged);
    return new Appended(List.copyOf(samples), List.of(merged, next), gone.seq());
  }

  /** Where the first of the two stands; -1 where no two can be merged. */
  private static int mostAlike(List<Sample> samples) {
    int best = -1;
    double least = Double.MAX_VALUE;
    for (int i = 0; i < samples.size() - UNMERGED - 1; i++) {
      Sample one = samples.get(i);
      Sample other = samples.get(i + 1);
      if (one.canMerge(other)) {
        double loss = one.lossOfMerge(other);
        if (loss < least) {
          least = loss;
          best = i;
        }
      }
    }
    return best;
  }
}
