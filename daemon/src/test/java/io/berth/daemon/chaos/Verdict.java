package io.berth.daemon.chaos;

import io.berth.daemon.chaos.Traffic.Kind;
import io.berth.daemon.chaos.Traffic.Life;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerCheck;
import io.berth.jobs.ledger.LedgerReader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the daemon did, held against what it promises whatever breaks. Knows only what users know of
 * their containers, the event log, the ledger, and what the Engine has in the end.
 */
final class Verdict {

  private final Chronicle chronicle;
  private final Map<String, Life> lives;
  private final Set<String> thereAtTheEnd;
  private final List<String> wrong = new ArrayList<>();

  /**
   * @param thereAtTheEnd the names of all containers
   */
  Verdict(Chronicle chronicle, Map<String, Life> lives, Set<String> thereAtTheEnd) {
    this.chronicle = chronicle;
    this.lives = lives;
    this.thereAtTheEnd = thereAtTheEnd;
  }

  /** What is wrong, a sentence each. */
  List<String> wrong() {
    return List.copyOf(wrong);
  }

  /** The untouchable are there, and nothing was done to them. */
  Verdict untouchable() {
    for (String name : Traffic.UNTOUCHABLE) {
      if (!thereAtTheEnd.contains(name)) {
        wrong.add(name + " is gone");
      }
      chronicle.of(name).stream()
          .filter(Entry::isAct)
          .forEach(act -> wrong.add(name + " was touched: " + act.json()));
    }
    return this;
  }

  /**
   * Nothing was removed or stopped before its time.
   *
   * @param upTo later events are not judged: the clock they were stamped with was stepped
   */
  Verdict noneTooEarly(long upTo) {
    for (Entry act : chronicle.matching(each -> isDone(each) && each.seq() <= upTo)) {
      Life life = lives.get(act.container());
      if (life == null) {
        continue;
      }
      Instant earliest =
          switch (life.kind()) {
            case CREATED -> life.notBefore().plus(Limits.CREATED);
            case ENDED, CAME_BACK, REMOVED_BY_USER -> life.notBefore().plus(Limits.ENDED);
            case IDLE -> life.notBefore().plus(Limits.IDLE);
          };
      if (act.at().isBefore(earliest)) {
        wrong.add(act.type() + " of " + life.name() + " at " + act.at() + ", before " + earliest);
      }
      if (life.kind() == Kind.IDLE && act.type().equals("container.remove")) {
        wrong.add(life.name() + " was interrupted, and not kept");
      }
      if (act.type().equals("container.stop")) {
        warned(act);
      }
    }
    return this;
  }

  private static boolean isDone(Entry entry) {
    return entry.isAct() && entry.detail("outcome").equals("done");
  }

  private void warned(Entry stop) {
    List<Entry> warnings =
        chronicle.of(stop.container()).stream()
            .filter(each -> each.type().equals("container.warn") && each.seq() < stop.seq())
            .filter(each -> each.detail("action").equals("stop"))
            .toList();
    if (warnings.size() < 2) {
      wrong.add(stop.container() + " was stopped after " + warnings.size() + " warnings");
    } else if (warnings.get(0).at().plus(Limits.NOTICE).isAfter(stop.at())) {
      wrong.add(stop.container() + " had not its full notice");
    }
    Instant announced = Instant.MIN;
    for (Entry each : warnings) {
      Instant at = Instant.parse(each.detail("at"));
      if (at.isBefore(announced)) {
        wrong.add(stop.container() + ": its announced time moved earlier");
      }
      announced = at;
    }
    if (stop.at().isBefore(announced)) {
      wrong.add(stop.container() + " was stopped before the time that was announced");
    }
  }

  /** Each act is told once, and who is gone and was seen is told to be gone, once. */
  Verdict toldOnce() {
    Set<String> seen = new HashSet<>();
    Map<String, Integer> gone = new HashMap<>();
    long last = 0;
    for (Entry each : chronicle.entries()) {
      if (each.seq() <= last) {
        wrong.add("the event log has " + each.seq() + " behind " + last);
      }
      last = each.seq();
      if (each.type().equals("container.create")) {
        seen.add(each.container());
      } else if (each.type().equals("container.remove") && each.detail("outcome").equals("done")) {
        gone.merge(each.container(), 1, Integer::sum);
      }
    }
    gone.forEach((name, times) -> mustBe(times == 1, name + " was told gone " + times + " times"));
    for (String name : seen) {
      boolean isGone = !thereAtTheEnd.contains(name);
      mustBe(
          isGone == gone.containsKey(name),
          name + (isGone ? " is gone" : " is there") + ", and is told otherwise");
    }
    return this;
  }

  private void mustBe(boolean well, String otherwise) {
    if (!well) {
      wrong.add(otherwise);
    }
  }

  /** The ledger is whole, nothing is left open in it, and the event log has all of its events. */
  Verdict ledger(Path file, Set<String> idsAtTheEnd) {
    LedgerCheck check = new LedgerReader(file).check();
    check.differences().forEach(each -> wrong.add("the ledger: " + each));
    try (Ledger ledger = Ledger.open(file, Instant.now())) {
      List<JournalEntry> open = ledger.read(tables -> tables.openIntents());
      open.forEach(each -> wrong.add("an act without an outcome: " + each));
      List<Long> events =
          ledger.read(tables -> tables.eventsAfter(0, Integer.MAX_VALUE)).stream()
              .map(JournalEntry::seq)
              .toList();
      List<Long> told = chronicle.entries().stream().map(Entry::seq).toList();
      mustBe(
          events.equals(told),
          "the journal has %d events, the event log %d".formatted(events.size(), told.size()));
      for (Claim each : ledger.read(tables -> tables.devices().allocation().claims())) {
        mustBe(
            idsAtTheEnd.contains(each.holder()),
            each.device() + " is with one who is not there: " + each.holder());
      }
    }
    return this;
  }
}
