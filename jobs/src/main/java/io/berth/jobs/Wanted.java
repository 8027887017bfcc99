package io.berth.jobs;

import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.rules.Verdict;

/** An act that a rule says is due, before any guard. */
record Wanted(Subject subject, Verdict.Act act, ClockRow clock) {

  String id() {
    return subject.id();
  }
}
