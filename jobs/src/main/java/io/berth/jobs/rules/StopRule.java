package io.berth.jobs.rules;

import io.berth.jobs.container.Container;
import io.berth.policies.Exemption;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the two rules that stop running GPU containers have in common: who is left alone, the
 * warnings, the exemptions, and what is done to a container that would be gone with its stop.
 */
abstract class StopRule implements Rule {

  private final Exemption.From limit;

  StopRule(Exemption.From limit) {
    this.limit = limit;
  }

  @Override
  public final Optional<Exemption> exemption(Limits limits, Instant at) {
    return limits.exemption(limit, at);
  }

  /** A limit that runs, and what is to be done when it is reached. */
  record Course(Duration limit, List<Double> shares, Verdict.Cause cause, String why) {}

  /** The verdict on a container whose limit began to run at {@code since}. */
  final Verdict follow(Course course, Instant since, Facts facts, Instant now) {
    Optional<Exemption> exemption = exemption(facts.limits(), now);
    if (exemption.isPresent()) {
      return exempt(course, unwarned(since, course.limit, facts), exemption.get(), now);
    }
    Warnings.Stand stand =
        new Warnings(course.shares, course.limit).at(since, facts.clock(), facts.promised(), now);
    return switch (stand.step()) {
      case WAIT -> new Verdict.Keep(course.why, stand.clock(), stand.warnAt());
      case WARN ->
          new Verdict.Warn(
              course.cause,
              course.why,
              stand.clock(),
              stand.clock().warnings() == course.shares.size());
      case ACT ->
          course.cause.action() == Action.WARN
              ? new Verdict.Keep(course.why + "; it is only warned of", stand.clock())
              : new Verdict.Act(course.cause, course.why, stand.clock());
    };
  }

  /** A clock of which nothing was said in this mode; what was announced before holds. */
  static Clock unwarned(Instant since, Duration limit, Facts facts) {
    Instant due = since.plus(limit);
    Instant promised = facts.promised();
    return new Clock(since, promised == null ? due : Clock.later(due, promised));
  }

  private static Verdict exempt(Course course, Clock clock, Exemption exemption, Instant now) {
    String until = exemption.expires() == null ? "" : " until " + exemption.expires();
    String why = course.why + "; " + exemption.username() + " is exempt from that" + until;
    return now.isBefore(clock.due())
        ? new Verdict.Keep(why, clock)
        : new Verdict.Spare(course.cause, why, clock, exemption);
  }

  /**
   * What is done in place of a stop to a container that would be gone with it (DESIGN section 3).
   */
  static Action actionFor(Container container, Action wanted, PolicyBook.Policies policies) {
    if (!container.autoRemove() || wanted != Action.STOP) {
      return wanted;
    }
    return switch (policies.autoRemoveAction()) {
      case PAUSE -> Action.PAUSE;
      case WARN -> Action.WARN;
      case STOP -> Action.STOP;
    };
  }
}
