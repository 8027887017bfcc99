package io.berth.jobs.activity;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.rules.Idleness;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random histories: the answer is that of a plainer statement of it, whatever was merged. */
class JudgeTest {

  private static final Instant START = Instant.parse("2026-03-02T08:00:00Z");
  private static final int RUNS = 4_000;

  /** One random history and what it is judged by. */
  private record Given(
      List<Sample> samples, Instant floor, Thresholds thresholds, Instant now, long seed) {

    static Given random(long seed, int most) {
      Random random = new Random(seed);
      double noise = random.nextDouble() * random.nextDouble();
      List<Sample> samples = new ArrayList<>();
      Instant at = START;
      for (int i = random.nextInt(most); i > 0; i--) {
        Instant from = at;
        at = at.plusSeconds(1 + random.nextInt(60));
        samples.add(sample(random, noise, samples.size() + 1, from, at));
      }
      long span = Duration.between(START, at).toSeconds();
      Instant floor = START.plusSeconds(random.nextInt((int) span + 60) - 30);
      Thresholds thresholds = new Thresholds(2, 1000, 5, 1 + random.nextInt(5));
      return new Given(samples, floor, thresholds, at.plusSeconds(random.nextInt(30)), seed);
    }

    private static Sample sample(Random random, double noise, long seq, Instant from, Instant at) {
      if (random.nextDouble() < noise / 4) {
        return Sample.gap(seq, from, at, "a test");
      }
      return new Sample(
          seq,
          from,
          at,
          1,
          random.nextDouble() < noise / 4,
          measure(random, noise, 2),
          random.nextInt(8) == 0 ? Measure.notAttributable("shared") : measure(random, noise, 1000),
          measure(random, noise, 5),
          null,
          random.nextDouble() < noise / 8);
    }

    /** Quiet mostly; at its threshold at times; unknown at times, and busy at least at times. */
    private static Measure measure(Random random, double noise, double threshold) {
      if (random.nextDouble() >= noise / 3) {
        return Measure.known(threshold * random.nextDouble() * 0.99);
      }
      return switch (random.nextInt(4)) {
        case 0 -> Measure.unknown("a test");
        case 1 -> Measure.unknown(threshold * 2, "a test");
        case 2 -> Measure.known(threshold);
        default -> Measure.known(threshold * (1 + random.nextInt(50)));
      };
    }

    Idleness judge(List<Sample> history) {
      Holds holds = new Holds(List.of(new Holds.Hold(floor, "a test")), List.of());
      return Judge.judge(history, holds, thresholds, now);
    }
  }

  /** What is expected, forwards and in plain words. */
  private static final class Naive {
    private final Given given;
    private Idleness.State before = Idleness.State.UNKNOWN; // what it was before the run
    private @Nullable Instant began;
    private int count;

    Naive(Given given) {
      this.given = given;
    }

    /** The beginning of idleness; null where it is not idle. */
    @Nullable Instant since() {
      for (Sample each : given.samples) {
        step(each);
      }
      boolean held = given.now.isBefore(given.floor);
      before = held ? Idleness.State.ACTIVE : before;
      return !held && count >= given.thresholds.window() ? began : null;
    }

    private void step(Sample each) {
      boolean overBeforeFloor = !each.at().isAfter(given.floor);
      if (overBeforeFloor) {
        begin(Idleness.State.ACTIVE);
      } else if (isBusy(each)) {
        begin(Idleness.State.ACTIVE);
      } else if (each.cpu().isUnknown() || each.network().isUnknown() || each.gpu().isUnknown()) {
        begin(Idleness.State.UNKNOWN);
      } else {
        boolean whole = !each.from().isBefore(given.floor);
        began = began != null ? began : whole ? each.from() : given.floor;
        count += whole && !each.restarted() ? 1 : 0;
      }
    }

    private void begin(Idleness.State state) {
      before = state;
      began = null;
      count = 0;
    }

    private boolean isBusy(Sample each) {
      return each.input()
          || each.cpu().value() >= given.thresholds.cpu()
          || each.network().value() >= given.thresholds.network()
          || each.gpu().value() >= given.thresholds.gpu();
    }
  }

  @Test
  void the_answer_is_that_of_the_plain_statement() {
    int idle = 0;
    for (long seed = 1; seed <= RUNS; seed++) {
      Given given = Given.random(seed, 40);
      Naive naive = new Naive(given);
      Instant since = naive.since();
      Idleness answer = given.judge(given.samples());

      assertThat(answer.since()).as("seed %d", seed).isEqualTo(since);
      if (since == null) {
        assertThat(answer.state()).as("seed %d: %s", seed, answer.why()).isEqualTo(naive.before);
      } else {
        idle++;
      }
    }
    assertThat(idle).isBetween(RUNS / 10, RUNS * 9 / 10);
  }

  /** Merging may make a clock begin later, never earlier, and makes nothing idle that is not. */
  @Test
  void what_was_merged_is_never_idle_for_longer_than_what_was_taken() {
    int idle = 0;
    int merged = 0;
    for (long seed = 1; seed <= RUNS / 8; seed++) {
      Given given = Given.random(seed, 600);
      List<Sample> history = List.of();
      for (Sample each : given.samples()) {
        history = History.append(history, each).samples();
      }
      assertThat(history).hasSizeLessThanOrEqualTo(History.MOST);
      Instant since = given.judge(history).since();
      if (since != null) {
        idle++;
        merged += history.size() < given.samples().size() ? 1 : 0;
        assertThat(since).as("seed %d", seed).isAfterOrEqualTo(new Naive(given).since());
      }
    }
    assertThat(idle).isGreaterThan(RUNS / 80);
    assertThat(merged).isGreaterThan(RUNS / 160);
  }

  @Test
  void a_merged_sample_is_as_busy_as_the_busier_of_the_two() {
    int busy = 0;
    for (long seed = 1; seed <= 200; seed++) {
      Given given = Given.random(seed, 40);
      for (int i = 1; i < given.samples().size(); i++) {
        Sample one = given.samples().get(i - 1);
        Sample other = given.samples().get(i);
        if (one.canMerge(other)) {
          Sample merged = one.merge(other);
          boolean either = isBusy(given, one) || isBusy(given, other);
          busy += isBusy(given, one) == isBusy(given, other) ? 0 : 1;

          assertThat(isBusy(given, merged)).as("seed %d", seed).isEqualTo(either);
          assertThat(merged.count()).isEqualTo(2);
          assertThat(merged.length()).isEqualTo(one.length().plus(other.length()));
          assertThat(merged.seq()).isEqualTo(other.seq());
        }
      }
    }
    assertThat(busy).isGreaterThan(100);
  }

  private static boolean isBusy(Given given, Sample sample) {
    return given.thresholds().busy(sample).isPresent();
  }

  @Test
  void what_has_to_be_written_of_a_history_is_what_changed() {
    for (long seed = 1; seed <= 20; seed++) {
      List<Sample> history = List.of();
      List<Sample> kept = new ArrayList<>();
      for (Sample each : Given.random(seed, 600).samples()) {
        History.Appended appended = History.append(history, each);
        Long dropped = appended.dropped();
        kept.removeIf(k -> dropped != null && k.seq() == dropped);
        for (Sample put : appended.put()) {
          kept.removeIf(k -> k.seq() == put.seq());
          kept.add(put);
        }
        history = appended.samples();
      }
      assertThat(kept).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(history);
    }
  }
}
