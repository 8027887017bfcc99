package io.berth.jobs.simulation;

import io.berth.jobs.Sweeps;
import io.berth.jobs.ledger.ClockRow;
import io.berth.policies.JobName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What happens from minute to minute, or what stands for one in a run over weeks: people go on with
 * what they do, faults end, the service manager starts the daemon, and its jobs run. The referee is
 * asked after each.
 */
final class Routine {

  private static final List<JobName> EACH_TIME =
      List.of(
          JobName.SAMPLE,
          JobName.IDLE_STOP,
          JobName.MAX_RUNTIME,
          JobName.GPU_RELEASE,
          JobName.CREATED_CLEANUP,
          JobName.STALE_CLEANUP);

  /**
   * A fault, and how it is over.
   *
   * @param ofOne whether it is of one container alone
   */
  private record Fault(Duration until, boolean ofOne, Runnable end) {}

  private final Harbour harbour;
  private final Pace pace;
  private final SimClock clock;
  private final People people;
  private final Referee referee;
  private final Consumer<String> narrator;
  private final List<Fault> faults = new ArrayList<>();
  private Duration troubled = Duration.ZERO;
  private Duration reconciled = Duration.ZERO;
  private boolean resting;

  Routine(Harbour harbour, People people, Referee referee, Consumer<String> narrator) {
    this.harbour = harbour;
    this.pace = harbour.pace;
    this.clock = harbour.clock;
    this.people = people;
    this.referee = referee;
    this.narrator = narrator;
  }

  // --- faults

  /** Lasts so long, however it overlaps with others. */
  String fault(int minutes, Runnable begin, Runnable end) {
    troubled();
    return fault(minutes, false, begin, end);
  }

  /** Of one container alone: all others go on as if there was none (DESIGN section 8, 14). */
  String faultOfOne(int minutes, Runnable begin, Runnable end) {
    return fault(minutes, true, begin, end);
  }

  private String fault(int minutes, boolean ofOne, Runnable begin, Runnable end) {
    begin.run();
    faults.add(new Fault(clock.real().plus(pace.units(minutes)), ofOne, end));
    return "for " + minutes + " minutes";
  }

  /** Something is not as it should be now: what is due may come later. */
  void troubled() {
    troubled = clock.real();
  }

  /** Everything works again, and everybody goes home. */
  void rests() {
    faults.forEach(each -> each.end.run());
    faults.clear();
    resting = true;
    troubled();
  }

  private void endFaults() {
    List<Fault> over =
        faults.stream().filter(each -> each.until.compareTo(clock.real()) <= 0).toList();
    faults.removeAll(over);
    over.forEach(each -> each.end.run());
    if (!over.stream().allMatch(Fault::ofOne)) {
      stillTroubled();
    }
    if (!over.isEmpty()) {
      referee.check(); // acts that waited are done, before anybody does anything
    }
  }

  private void stillTroubled() {
    troubled();
    referee.calm(troubled);
  }

  private boolean isTroubled() {
    return !faults.stream().allMatch(Fault::ofOne);
  }

  // --- time

  String minutes(int count) {
    for (int i = 0; i < count; i++) {
      minute();
    }
    return count + " minutes";
  }

  void minute() {
    minute(pace.unit());
  }

  /** Goes on until the next clock of a container is up, or for 45 minutes; whose that is. */
  Optional<String> untilNextIsDue() {
    List<ClockRow> clocks = new ArrayList<>();
    for (String rule : List.of("stale", "created", "idle", "runtime")) {
      harbour.read(tables -> tables.clocks(rule)).ifPresent(rows -> clocks.addAll(rows.values()));
    }
    Optional<ClockRow> next =
        clocks.stream()
            .filter(each -> each.due().isAfter(clock.wall()))
            .filter(each -> harbour.engine.ship(each.containerId()).isPresent())
            .min(Comparator.comparing(ClockRow::due).thenComparing(ClockRow::containerId));
    next.ifPresent(
        each -> {
          long minutes = pace.in(Duration.between(clock.wall(), each.due()));
          minutes((int) Math.min(45, minutes));
        });
    return next.map(ClockRow::containerId);
  }

  /** Time in which nobody runs the daemon. */
  void minutesWithoutDaemon(int count) {
    for (int i = 0; i < count; i++) {
      clock.pass(pace.unit());
      endFaults();
      people.conduct();
      troubled();
    }
  }

  /**
   * @param length of one in a run over hours; over weeks it lasts until the next job is due
   */
  void minute(Duration length) {
    Crontab crontab = pace.crontab();
    List<JobName> due = EACH_TIME;
    if (crontab == null) {
      clock.pass(length);
    } else {
      Crontab.Due next = crontab.after(clock.wall());
      clock.pass(Duration.between(clock.wall(), next.at()));
      due = next.jobs();
    }
    harbour.mark();
    endFaults();
    if (!harbour.isUp()) {
      troubled();
      harbour.start();
    }
    if (!resting) {
      people.conduct();
    }
    if (isTroubled() || referee.isJumpUnseen()) {
      troubled();
    }
    look();
    due.forEach(this::sweep);
    if (crontab == null && clock.real().minus(reconciled).toMinutes() >= 5) {
      reconciled = clock.real();
      sweep(JobName.RECONCILE);
    }
  }

  /** The daemon does all that it does each minute. */
  void watch() {
    look();
    EACH_TIME.forEach(this::sweep);
  }

  /** Looks, where an event told to. */
  void look() {
    boolean wasUp = harbour.isUp();
    referee.calm(troubled);
    referee.looked(harbour.notice());
    if (wasUp && !harbour.isUp()) {
      referee.mayHaveLooked();
    }
    referee.check();
  }

  private void sweep(JobName job) {
    boolean wasUp = harbour.isUp();
    referee.sweeps();
    Optional<Sweeps.Report> report = harbour.sweep(job);
    if (isTroubled()) {
      stillTroubled(); // a sweep of an Engine that hangs takes its time
    }
    if (wasUp && !harbour.isUp()) {
      narrator.accept("  " + job.word() + ": the daemon is killed");
      referee.died();
    }
    referee.swept(job, report.orElse(null));
    report
        .filter(each -> !each.skipped().isEmpty() || !each.acts().isEmpty())
        .ifPresent(
            each ->
                narrator.accept(
                    "  %s: %s%s"
                        .formatted(
                            job.word(),
                            each.skipped(),
                            each.acts().isEmpty() ? "" : each.acts().size() + " acts")));
    referee.check();
  }
}
