package io.berth.jobs.rules;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The warnings before a stop, and the notice they give: from the n-th of them to the act passes at
 * least the part of the limit that its share leaves (DESIGN section 8, invariant 5). So a warning
 * that is sent late moves the act, and no act is due before all of its warnings were sent.
 *
 * @param shares of the limit, increasing, each below 1
 * @param limit the whole of it
 */
record Warnings(List<Double> shares, Duration limit) {

  /** A time that moves by less is not announced again. */
  private static final Duration WORTH_TELLING = Duration.ofMinutes(1);

  /** What is to be done now. */
  enum Step {
    WAIT,
    WARN,
    ACT
  }

  /**
   * The clock as it is to be kept, with this step's warning counted.
   *
   * @param warnAt when the next warning comes; null where none does, or this step is one
   */
  record Stand(Step step, Clock clock, @Nullable Instant warnAt) {}

  /**
   * @param since when the limit began to run
   * @param before the clock as it was; null: it begins now
   * @param promised nothing before this moment; null: none is
   */
  Stand at(Instant since, @Nullable Clock before, @Nullable Instant promised, Instant now) {
    Clock clock = clock(since, before, promised);
    int told = clock.warnings();
    if (told == shares.size()) {
      return new Stand(now.isBefore(clock.due()) ? Step.WAIT : Step.ACT, clock, null);
    }
    Duration notice = notice(told);
    Instant warnAt = clock.due().minus(notice);
    if (now.isBefore(warnAt)) {
      return new Stand(Step.WAIT, clock, warnAt);
    }
    Instant due = Clock.later(clock.due(), now.plus(notice));
    return new Stand(Step.WARN, new Clock(since, due, told + 1), null);
  }

  private Clock clock(Instant since, @Nullable Clock before, @Nullable Instant promised) {
    Instant due = since.plus(limit);
    if (promised != null) {
      due = Clock.later(due, promised);
    }
    if (before == null || before.warnings() == 0) {
      return new Clock(since, due); // not announced: it follows the limit, either way
    }
    int told = Math.min(before.warnings(), shares.size());
    return isLater(before.due(), due)
        ? new Clock(since, due)
        : new Clock(since, Clock.later(due, before.due()), told);
  }

  /** How long before the act the warning of that number comes, at least. */
  private Duration notice(int number) {
    return Duration.ofMillis(Math.round((1 - shares.get(number)) * limit.toMillis()));
  }

  /** Whether what was announced moved by so much that it has to be announced again. */
  static boolean isLater(Instant announced, Instant due) {
    return Duration.between(announced, due).compareTo(WORTH_TELLING) > 0;
  }
}
