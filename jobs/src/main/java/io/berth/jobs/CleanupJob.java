package io.berth.jobs;

import static io.berth.jobs.rules.Clock.later;

import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Clock;
import io.berth.jobs.rules.Facts;
import io.berth.jobs.rules.Rule;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One job that removes: judges every container by its rule, keeps the clocks, warns, and hands on
 * what is due.
 */
final class CleanupJob {

  private final JobName name;
  private final Rule rule;
  private final Ledger ledger;
  private final Modes modes;
  private final Enforcer enforcer;

  CleanupJob(JobName name, Rule rule, Ledger ledger, Modes modes, Enforcer enforcer) {
    this.name = name;
    this.rule = rule;
    this.ledger = ledger;
    this.modes = modes;
    this.enforcer = enforcer;
  }

  /** What the rule said of one container, and the clock as it was before. */
  private record Judged(Subject subject, Verdict verdict, @Nullable ClockRow before) {}

  /** What was found when all containers were judged, and what the judgement rests on. */
  private record Findings(
      Mode mode,
      Instant enforcing,
      Instant floor,
      Map<String, ClockRow> clocks,
      List<Wanted> wanted) {}

  /** Judges, keeps the clocks and says what is to be said; acts on nothing. */
  void notice(Picture picture) {
    find(picture);
  }

  /**
   * One sweep.
   *
   * @param unchanged whether policies and clocks still are those of the picture; asked right before
   *     each act
   */
  Enforcer.Enforced sweep(
      Picture picture, Identification identification, BooleanSupplier unchanged) {
    PolicyBook book = picture.book();
    Findings found = find(picture);
    return enforcer.enforce(
        name,
        found.mode,
        found.wanted,
        picture,
        new Enforcer.SecondThoughts() {
          @Override
          public boolean mayAct() {
            return modes.isEnforcing(name, book, found.enforcing) && unchanged.getAsBoolean();
          }

          @Override
          public Verdict judge(Subject fresh, Instant now) {
            Subject again = fresh.protectedBy(identification.protects(fresh.container()));
            ClockRow before = current(again, found.clocks.get(again.id()));
            return CleanupJob.this.judge(again, book, before, found.mode, found.floor, now);
          }
        });
  }

  /** One at a time, so that the event stream's look and a sweep don't both say the same. */
  private synchronized Findings find(Picture picture) {
    Mode mode = modes.of(name, picture.book());
    Instant enforcing = modes.enforcingSince(name, mode, picture.now());
    Instant floor = floor(picture, enforcing);
    Map<String, ClockRow> clocks = ledger.read(tables -> tables.clocks(rule.name()));
    List<Judged> judged = new ArrayList<>();
    for (Subject subject : picture.subjects()) {
      ClockRow before = current(subject, clocks.get(subject.id()));
      Verdict verdict = judge(subject, picture.book(), before, mode, floor, picture.now());
      judged.add(new Judged(subject, verdict, before));
    }
    List<Wanted> wanted = remember(judged, clocks, mode, picture.now());
    return new Findings(mode, enforcing, floor, clocks, wanted);
  }

  private static Instant floor(Picture picture, Instant enforcing) {
    Instant floor = later(later(picture.boot(), picture.engineUp()), enforcing);
    return floor.isAfter(picture.now()) ? picture.now() : floor;
  }

  /** The clock, unless it belongs to an earlier state of the container. */
  private @Nullable ClockRow current(Subject subject, @Nullable ClockRow clock) {
    Instant stamp = Tables.cut(rule.stampOf(subject.container()));
    return clock != null && clock.stamp().equals(stamp) ? clock : null;
  }

  private Verdict judge(
      Subject subject,
      PolicyBook book,
      @Nullable ClockRow row,
      Mode mode,
      Instant floor,
      Instant now) {
    Clock clock = row == null ? null : new Clock(row.since(), row.due());
    String exempt = Exemptions.of(subject, book.safety().cleanupScope());
    if (exempt != null) {
      return new Verdict.Keep(exempt, subject.ownerInDoubt() == null ? null : clock);
    }
    boolean warned =
        row != null && row.warnedIn() != null && (mode == Mode.OBSERVE || row.warnedIn() == mode);
    return rule.judge(
        subject.container(),
        new Facts(
            subject.type(),
            book.limitsFor(subject.owner().name(), subject.type()),
            book.policies(),
            subject.endedBy(),
            clock,
            warned,
            floor),
        now);
  }

  /**
   * Keeps the clocks as they stand now and says what is to be said; answers what is wanted done.
   */
  private List<Wanted> remember(
      List<Judged> judged, Map<String, ClockRow> clocks, Mode mode, Instant now) {
    List<Wanted> wanted = new ArrayList<>();
    List<Ledger.Update> steps = new ArrayList<>();
    for (Judged each : judged) {
      ClockRow after = after(each);
      if (each.verdict instanceof Verdict.Warn warn && after != null) {
        ClockRow warned = after.warned(mode);
        steps.add(
            tables -> {
              tables.append(Acts.warning(name, each.subject, warn, warned.due(), mode, now));
              tables.put(warned);
            });
      } else if (after == null) {
        if (clocks.containsKey(each.subject.id())) {
          steps.add(tables -> tables.removeClock(each.subject.id(), rule.name()));
        }
      } else if (!after.equals(each.before)) {
        steps.add(tables -> tables.put(after));
      }
      if (each.verdict instanceof Verdict.Act act && after != null) {
        wanted.add(new Wanted(each.subject, act, after));
      }
    }
    write(steps);
    return wanted;
  }

  private void write(List<Ledger.Update> steps) {
    if (steps.isEmpty()) {
      return;
    }
    ledger.update(
        tables -> {
          for (Ledger.Update step : steps) {
            step.in(tables);
          }
        });
  }

  private @Nullable ClockRow after(Judged judged) {
    Clock clock = judged.verdict.clock().orElse(null);
    if (clock == null) {
      return null;
    }
    Instant since = Tables.cut(clock.since());
    Instant due = Tables.cut(clock.due());
    if (judged.before != null) {
      return judged.before.running(since, due);
    }
    Instant stamp = Tables.cut(rule.stampOf(judged.subject.container()));
    return new ClockRow(judged.subject.id(), rule.name(), stamp, since, due, null, null);
  }
}
