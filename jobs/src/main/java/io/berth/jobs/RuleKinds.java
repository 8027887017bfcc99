package io.berth.jobs;

import io.berth.jobs.rules.ConflictRule.Intrusion;
import io.berth.jobs.rules.Idleness;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the jobs with a rule leave alone, and what each of them asks besides. */
final class RuleKinds {

  private final Pulse pulse;
  private final Demand demand;
  private final Conflicts conflicts;

  RuleKinds(Pulse pulse, Demand demand, Conflicts conflicts) {
    this.pulse = pulse;
    this.demand = demand;
    this.conflicts = conflicts;
  }

  RuleJob.Kind cleanup() {
    return new Kind() {
      @Override
      public @Nullable String exempts(Subject subject, PolicyBook book) {
        return Exemptions.of(subject, book.safety().cleanupScope());
      }
    };
  }

  RuleJob.Kind runtime() {
    return new Kind();
  }

  RuleJob.Kind idleness() {
    return new Kind() {
      @Override
      public Idleness idleness(
          Subject subject, Limits limits, PolicyBook book, Instant now, boolean again) {
        if (!subject.isRunningWithGpus()) {
          return super.idleness(subject, limits, book, now, again);
        }
        return again
            ? pulse.now(subject, limits, book.policies(), now)
            : pulse.of(subject, limits, book.policies(), now);
      }

      @Override
      public boolean highDemand(PolicyBook book) {
        return demand.isHigh(book);
      }
    };
  }

  RuleJob.Kind conflict() {
    return new Kind() {
      @Override
      public Function<Subject, @Nullable Intrusion> intrusions() {
        return conflicts.look();
      }
    };
  }

  /** Asks nothing. */
  private static class Kind implements RuleJob.Kind {

    @Override
    public @Nullable String exempts(Subject subject, PolicyBook book) {
      return Exemptions.of(subject);
    }

    @Override
    public Idleness idleness(
        Subject subject, Limits limits, PolicyBook book, Instant now, boolean again) {
      return Idleness.unknown("nobody asked what it does");
    }

    @Override
    public boolean highDemand(PolicyBook book) {
      return false;
    }

    @Override
    public Function<Subject, @Nullable Intrusion> intrusions() {
      return subject -> null;
    }
  }
}
