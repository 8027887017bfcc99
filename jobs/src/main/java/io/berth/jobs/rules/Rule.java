package io.berth.jobs.rules;

import io.berth.jobs.container.Container;
import io.berth.policies.Exemption;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.Optional;

/**
 * One job's rule. Total and deterministic: for any arguments it answers, and for equal ones it
 * answers the same.
 */
public interface Rule {

  /** The name under which its clocks are kept. */
  String name();

  /**
   * The moment that names the state the rule judges, so that a clock of an earlier state is not
   * taken for this one's: FinishedAt for a stopped container, Created for one that never ran.
   *
   * @param facts without a clock
   */
  Instant stampOf(Container container, Facts facts);

  Verdict judge(Container container, Facts facts, Instant now);

  /** What keeps it from being done to owners with these limits at that moment. */
  default Optional<Exemption> exemption(Limits limits, Instant at) {
    return Optional.empty();
  }

  /** What is done to the container when a clock of this rule's is due. */
  Action action(Container container, Limits limits, PolicyBook.Policies policies);
}
