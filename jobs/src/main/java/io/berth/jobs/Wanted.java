package io.berth.jobs;

import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.rules.Clock;
import io.berth.jobs.rules.Verdict;
import java.util.Optional;

/** An act that a rule says is due, before any guard. */
record Wanted(Subject subject, Verdict.Act act, ClockRow clock) {

  /** What an opinion wants done; empty where nothing is. */
  static Optional<Wanted> of(Foresight.Opinion opinion) {
    if (!(opinion.verdict() instanceof Verdict.Act act)) {
      return Optional.empty();
    }
    Clock clock = act.running();
    ClockRow row =
        new ClockRow(
            opinion.subject().id(),
            opinion.job().word(),
            clock.since(),
            clock.since(),
            clock.due(),
            clock.warnings(),
            null,
            null);
    return Optional.of(new Wanted(opinion.subject(), act, row));
  }

  boolean isStop() {
    return act.cause().action().isStop();
  }

  String id() {
    return subject.id();
  }
}
