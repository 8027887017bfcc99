package io.berth.jobs;

import io.berth.jobs.rules.Idleness;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What the jobs with a rule leave alone, and which of them ask what a container does. */
final class RuleKinds {

  private final Pulse pulse;
  private final Demand demand;

  RuleKinds(Pulse pulse, Demand demand) {
    this.pulse = pulse;
    this.demand = demand;
  }

  RuleJob.Kind cleanup() {
    return new Kind((subject, book) -> Exemptions.of(subject, book.safety().cleanupScope()), false);
  }

  RuleJob.Kind runtime() {
    return new Kind((subject, book) -> Exemptions.of(subject), false);
  }

  RuleJob.Kind idleness() {
    return new Kind((subject, book) -> Exemptions.of(subject), true);
  }

  private final class Kind implements RuleJob.Kind {

    private final BiFunction<Subject, PolicyBook, @Nullable String> exempts;
    private final boolean asks;

    Kind(BiFunction<Subject, PolicyBook, @Nullable String> exempts, boolean asks) {
      this.exempts = exempts;
      this.asks = asks;
    }

    @Override
    public @Nullable String exempts(Subject subject, PolicyBook book) {
      return exempts.apply(subject, book);
    }

    @Override
    public Idleness idleness(
        Subject subject, Limits limits, PolicyBook book, Instant now, boolean again) {
      if (!asks || !subject.isRunningWithGpus()) {
        return Idleness.unknown("nobody asked what it does");
      }
      return again
          ? pulse.now(subject, limits, book.policies(), now)
          : pulse.of(subject, limits, book.policies(), now);
    }

    @Override
    public boolean highDemand() {
      return demand.isHigh();
    }
  }
}
