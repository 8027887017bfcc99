package io.berth.jobs;

import static io.berth.jobs.rules.Clock.later;

import io.berth.jobs.Foresight.Opinion;
import io.berth.jobs.Foresight.Warning;
import io.berth.jobs.container.Container;
import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Clock;
import io.berth.jobs.rules.ConflictRule.Intrusion;
import io.berth.jobs.rules.Facts;
import io.berth.jobs.rules.Idleness;
import io.berth.jobs.rules.Rule;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Limits;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One job with a rule: judges every container by it, keeps the clocks, warns, and hands on what is
 * due.
 */
final class RuleJob {

  /** What a job has of its own besides the rule. */
  interface Kind {

    /** Why the job leaves it alone, in words; null where it does not. */
    @Nullable String exempts(Subject subject, PolicyBook book);

    /** Whether a container does anything; unknown where the rule does not ask. */
    Idleness idleness(Subject subject, Limits limits, PolicyBook book, Instant now, boolean again);

    boolean highDemand(PolicyBook book);

    /**
     * Looks who has which device now; the answer tells on which one a container is that became
     * another's, null: on none, or the rule does not ask.
     */
    Function<Subject, @Nullable Intrusion> intrusions();
  }

  private static final Logger log = LoggerFactory.getLogger(RuleJob.class);

  private final JobName name;
  private final Rule rule;
  private final Kind kind;
  private final Ledger ledger;
  private final Modes modes;
  private final Enforcer enforcer;
  private final Herald herald;

  RuleJob(
      JobName name,
      Rule rule,
      Kind kind,
      Ledger ledger,
      Modes modes,
      Enforcer enforcer,
      Herald herald) {
    this.name = name;
    this.rule = rule;
    this.kind = kind;
    this.ledger = ledger;
    this.modes = modes;
    this.enforcer = enforcer;
    this.herald = herald;
  }

  /**
   * What the rule says of one container.
   *
   * @param before the clock as it was kept; null: none was, or of another state
   * @param stamp of the clock that the verdict may have
   * @param promisedIn the mode in which its time, or an earlier one, was announced; null: it was
   *     not
   */
  private record Judged(
      Subject subject,
      Verdict verdict,
      @Nullable ClockRow before,
      Instant stamp,
      @Nullable Mode promisedIn) {}

  /** What was found when all containers were judged, and what the judgement rests on. */
  private record Findings(Basis basis, Map<String, ClockRow> clocks, List<Wanted> wanted) {}

  /** What every judgement of one sweep rests on. */
  private record Basis(
      PolicyBook book,
      Mode mode,
      Instant enforcing,
      Instant floor,
      boolean highDemand,
      Function<Subject, @Nullable Intrusion> intrusions,
      Instant seen) {}

  String rule() {
    return rule.name();
  }

  /** What is done to it when the rule's clock is due. */
  Action action(Subject subject, PolicyBook book) {
    Limits limits = book.limitsFor(subject.owner().name(), subject.type());
    return rule.action(subject.container(), limits, book.policies());
  }

  /** Whether its owner is exempt from that action at that moment. */
  boolean isExempt(Subject subject, PolicyBook book, Instant at) {
    Limits limits = book.limitsFor(subject.owner().name(), subject.type());
    return rule.exemption(limits, at).isPresent();
  }

  /** Judges, keeps the clocks and says what is to be said; acts on nothing. */
  void notice(Picture picture) {
    find(picture);
  }

  /**
   * What the rule says of each container at that moment, if nothing changed until then. Writes
   * nothing.
   *
   * @param mode the one to suppose: switching to enforce now begins everything anew
   * @param at null: of each when its clock is due
   */
  synchronized List<Opinion> opinions(Picture picture, Mode mode, @Nullable Instant at) {
    Instant enforcing =
        mode == Mode.OBSERVE ? Instant.MIN : modes.enforcingSince(name).orElse(picture.now());
    Basis basis = basis(picture, mode, enforcing);
    Map<String, ClockRow> clocks =
        new HashMap<>(ledger.<Map<String, ClockRow>>read(tables -> tables.clocks(rule.name())));
    if (beginsToEnforce(mode)) {
      clocks.replaceAll((id, row) -> row.unwarned());
    }
    return picture.subjects().stream()
        .map(each -> opinion(each, basis, clocks.get(each.id()), picture.now(), at))
        .toList();
  }

  /** Until then the warnings that are still to come will have been sent. */
  private Opinion opinion(
      Subject subject, Basis basis, @Nullable ClockRow kept, Instant now, @Nullable Instant at) {
    Judged judged = judge(subject, basis, kept, now, false);
    ClockRow then = after(judged);
    Warning warning = warning(judged, basis.book, now);
    if (then == null || judged.verdict instanceof Verdict.Act) {
      return new Opinion(name, subject, judged.verdict, warning);
    }
    Instant moment = at == null ? then.due().plus(1, ChronoUnit.MICROS) : at; // kept cut to that
    if (then.due().isAfter(moment)) {
      return new Opinion(name, subject, judged.verdict, warning);
    }
    ClockRow told = then.running(then.since(), then.due(), Integer.MAX_VALUE).warned(basis.mode);
    return new Opinion(name, subject, judge(subject, basis, told, moment, false).verdict, warning);
  }

  private @Nullable Warning warning(Judged judged, PolicyBook book, Instant now) {
    Instant at = null;
    if (judged.verdict instanceof Verdict.Warn) {
      at = now;
    } else if (judged.verdict instanceof Verdict.Keep keep) {
      at = keep.warnAt();
    }
    return at == null ? null : new Warning(at, action(judged.subject, book));
  }

  /**
   * One sweep.
   *
   * @param unchanged whether policies, clocks and the Engine still are those of the picture; asked
   *     right before each act
   */
  Enforcer.Enforced sweep(
      Picture picture, Identification identification, BooleanSupplier unchanged) {
    Findings found = find(picture);
    Basis basis = found.basis;
    return enforcer.enforce(
        name,
        basis.mode,
        found.wanted,
        picture,
        new Enforcer.SecondThoughts() {
          @Override
          public boolean mayAct(Container fresh) {
            return identification.protects(fresh) == null
                && modes.isEnforcing(name, basis.book, basis.enforcing)
                && unchanged.getAsBoolean();
          }

          @Override
          public Verdict judge(Subject fresh, Instant now) {
            Subject again = fresh.protectedBy(identification.protects(fresh.container()));
            ClockRow row = found.clocks.get(again.id());
            return RuleJob.this.judge(again, basis, row, now, true).verdict;
          }
        });
  }

  /** One at a time, so that the event stream's look and a sweep don't both say the same. */
  private synchronized Findings find(Picture picture) {
    Mode mode = modes.of(name, picture.book());
    if (beginsToEnforce(mode)) {
      ledger.update(tables -> tables.unwarnAll(rule.name()));
    }
    Instant enforcing = modes.enforcingSince(name, mode, picture.now());
    Basis basis = basis(picture, mode, enforcing);
    Map<String, ClockRow> clocks = ledger.read(tables -> tables.clocks(rule.name()));
    List<Judged> judged = new ArrayList<>();
    for (Subject subject : picture.subjects()) {
      judged.add(judge(subject, basis, clocks.get(subject.id()), picture.now(), false));
    }
    List<Wanted> wanted = remember(judged, clocks, basis, picture.now());
    return new Findings(basis, clocks, wanted);
  }

  private Basis basis(Picture picture, Mode mode, Instant enforcing) {
    PolicyBook book = picture.book();
    Instant floor = floor(picture, enforcing);
    return new Basis(
        book, mode, enforcing, floor, kind.highDemand(book), kind.intrusions(), picture.now());
  }

  /** What was said before the job came to observe is not what is going to be done now. */
  private boolean beginsToEnforce(Mode mode) {
    return mode == Mode.ENFORCE && modes.enforcingSince(name).isEmpty();
  }

  private static Instant floor(Picture picture, Instant enforcing) {
    Instant floor = later(later(picture.boot(), picture.engineUp()), enforcing);
    return floor.isAfter(picture.now()) ? picture.now() : floor;
  }

  /**
   * @param kept the clock as the ledger has it, which may be of an earlier state
   * @param again whether to look once more at what it does: an act is next
   */
  private Judged judge(
      Subject subject, Basis basis, @Nullable ClockRow kept, Instant now, boolean again) {
    PolicyBook book = basis.book;
    Limits limits = book.limitsFor(subject.owner().name(), subject.type());
    String exempt = kind.exempts(subject, book);
    Idleness idleness =
        exempt == null
            ? kind.idleness(subject, limits, book, again ? now : basis.seen, again)
            : Idleness.unknown(exempt);
    Function<Subject, @Nullable Intrusion> intrusions =
        again ? kind.intrusions() : basis.intrusions;
    Facts facts =
        new Facts(
            subject.type(),
            limits,
            book.policies(),
            subject.endedBy(),
            subject.lifeStart(),
            idleness,
            basis.highDemand,
            exempt == null ? intrusions.apply(subject) : null,
            null,
            null,
            basis.floor);
    Instant stamp = Tables.cut(rule.stampOf(subject.container(), facts));
    ClockRow row = kept != null && kept.stamp().equals(stamp) ? kept : null;
    Clock clock =
        row == null ? null : new Clock(row.since(), row.due(), row.warningsIn(basis.mode));
    if (exempt != null) {
      Clock stays = subject.ownerInDoubt() == null ? null : clock;
      return new Judged(subject, new Verdict.Keep(exempt, stays), row, stamp, null);
    }
    ClockRow promise = kept != null && kept.isAnnouncedIn(basis.mode) ? kept : null;
    Facts all = facts.with(clock, promise == null ? null : promise.due());
    Verdict verdict = rule.judge(subject.container(), all, now);
    return new Judged(subject, verdict, row, stamp, promise == null ? null : promise.warnedIn());
  }

  /**
   * Keeps the clocks as they stand now and says what is to be said; answers what is wanted done.
   */
  private List<Wanted> remember(
      List<Judged> judged, Map<String, ClockRow> clocks, Basis basis, Instant now) {
    List<Wanted> wanted = new ArrayList<>();
    List<Ledger.Update> steps = new ArrayList<>();
    List<Runnable> told = new ArrayList<>();
    for (Judged each : judged) {
      ClockRow kept = clocks.get(each.subject.id());
      ClockRow after = after(each);
      if (after == null) {
        if (kept != null && !isStillPromised(kept, basis.mode, now)) {
          steps.add(tables -> tables.removeClock(each.subject.id(), rule.name()));
        } else if (kept != null && !kept.isWithdrawn()) {
          steps.add(tables -> tables.put(kept.withdrawn()));
        }
      } else if (each.verdict instanceof Verdict.Warn warn) {
        ClockRow warned = after.warned(basis.mode);
        steps.add(
            tables -> {
              tables.append(Acts.warning(name, each.subject, warn, warned.due(), basis.mode, now));
              tables.put(warned);
            });
        told.add(() -> warn(each.subject, warn, basis));
      } else if (each.verdict instanceof Verdict.Spare spare) {
        spare(each.subject, spare, after, basis, now, steps, told);
      } else if (!after.equals(each.before)) {
        steps.add(tables -> tables.put(after));
      }
      if (each.verdict instanceof Verdict.Act act && after != null) {
        wanted.add(new Wanted(each.subject, act, after));
      }
    }
    write(steps);
    if (basis.mode == Mode.ENFORCE) {
      told.forEach(RuleJob::tell);
    }
    return wanted;
  }

  /** One that can't be told keeps nobody else from being told. */
  private static void tell(Runnable telling) {
    try {
      telling.run();
    } catch (RuntimeException e) {
      log.error("an owner could not be told; the event log has it", e);
    }
  }

  /** A time that was announced holds for its container, whatever clock runs there later. */
  private static boolean isStillPromised(ClockRow kept, Mode mode, Instant now) {
    return kept.isAnnouncedIn(mode) && now.isBefore(kept.due());
  }

  private void spare(
      Subject subject,
      Verdict.Spare spare,
      ClockRow after,
      Basis basis,
      Instant now,
      List<Ledger.Update> steps,
      List<Runnable> told) {
    String word = "exempt:" + basis.mode.word();
    if (word.equals(after.wouldHave())) {
      return;
    }
    steps.add(
        tables -> {
          tables.append(Acts.exemption(name, subject, spare, basis.mode, now));
          tables.put(after.reported(word));
        });
    told.add(
        () ->
            herald.tell(
                Herald.Kind.EXEMPT, name, subject, spare.cause(), spare.why(), now, basis.book));
  }

  private void warn(Subject subject, Verdict.Warn warn, Basis basis) {
    LogFields.of(log.atInfo(), name, subject, warn.cause())
        .log(
            "{} of {} is warned: {} at {} ({})",
            subject.container().name(),
            subject.owner().name(),
            warn.cause().action().word(),
            warn.running().due(),
            warn.why());
    Herald.Kind kindOfNews =
        switch (warn.cause().action()) {
          case REMOVE -> Herald.Kind.REMOVAL_ANNOUNCED;
          default -> warn.last() ? Herald.Kind.WARNED_LAST : Herald.Kind.WARNED;
        };
    herald.tell(
        kindOfNews, name, subject, warn.cause(), warn.why(), warn.running().due(), basis.book);
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
      return judged.before.running(since, due, clock.warnings());
    }
    return new ClockRow(
        judged.subject.id(),
        rule.name(),
        judged.stamp,
        since,
        due,
        clock.warnings(),
        judged.promisedIn,
        null);
  }
}
