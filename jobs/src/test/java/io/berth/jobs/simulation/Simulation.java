package io.berth.jobs.simulation;

import io.berth.jobs.Allocator;
import io.berth.jobs.Sweeps;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.ledger.ClockRow;
import io.berth.policies.JobName;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** One run: its steps, one after the other, each followed by the referee's check. */
final class Simulation implements AutoCloseable {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** Longer than any limit of any book but the runtime's, which ends the idle ones no sooner. */
  private static final Duration REST = Duration.ofMinutes(136);

  /** What the sampler still takes for no gap. */
  private static final Duration SLOW = Duration.ofSeconds(115);

  private static final List<JobName> EACH_MINUTE =
      List.of(
          JobName.IDLE_STOP,
          JobName.MAX_RUNTIME,
          JobName.GPU_RELEASE,
          JobName.CREATED_CLEANUP,
          JobName.STALE_CLEANUP);

  /** A fault, and how it is over. */
  private record Fault(Duration until, Runnable end) {}

  private final Harbour harbour;
  private final SimClock clock;
  private final SimEngine engine;
  private final People people;
  private final Referee referee;
  private final List<Fault> faults = new ArrayList<>();
  private final List<String> story = new ArrayList<>();
  private Duration troubled = Duration.ZERO;
  private Duration lastMinute = Duration.ZERO;
  private boolean resting;
  private boolean keptDown;

  Simulation(Path folder) {
    harbour = new Harbour(folder);
    clock = harbour.clock;
    engine = harbour.engine;
    people = new People(harbour);
    referee = new Referee(harbour, this::tell);
    harbour.start();
  }

  List<String> story() {
    return story;
  }

  int lives() {
    return people.lives();
  }

  Map<String, Integer> acts() {
    return referee.acts();
  }

  Duration simulated() {
    return clock.real();
  }

  void step(Step step) {
    Random dice = step.dice();
    harbour.mark();
    String what = step(step.kind(), dice);
    tell(step.kind().name().toLowerCase(java.util.Locale.ROOT) + ": " + what);
    referee.calm(troubled);
    look();
    referee.check();
  }

  private String step(Step.Kind kind, Random dice) {
    return switch (kind) {
      case TIME -> minutes(1 + dice.nextInt(16));
      case ARRIVAL -> people.arrive(dice);
      case PERSON -> people.act(dice);
      case ALLOCATE -> allocate(dice);
      case RACE -> race(dice);
      case PARK -> fault(1 + dice.nextInt(4), () -> harbour.park(true), () -> harbour.park(false));
      case STUBBORN ->
          people
              .pick(dice, each -> true)
              .map(
                  each ->
                      each.name()
                          + " "
                          + fault(20, () -> each.stubborn = true, () -> each.stubborn = false))
              .orElse("nobody");
      case ENGINE_DOWN ->
          fault(1 + dice.nextInt(6), () -> engine.down(true), () -> engine.down(false));
      case ENGINE_RESTART -> engineRestarts();
      case ENGINE_FLAKY ->
          fault(
              1 + dice.nextInt(10),
              () -> engine.errors(new Random(dice.nextLong())),
              () -> engine.errors(null));
      case STALE_LISTS ->
          fault(1 + dice.nextInt(3), () -> engine.lies(true), () -> engine.lies(false));
      case LOST_EVENTS ->
          fault(1 + dice.nextInt(8), () -> engine.deaf(true), () -> engine.deaf(false));
      case NVML_FAILS ->
          fault(
              1 + dice.nextInt(20),
              () -> harbour.gpus.fails(true),
              () -> harbour.gpus.fails(false));
      case DEVICE_LOST -> deviceFails(dice);
      case DIRECTORY_DOWN ->
          fault(
              5 + dice.nextInt(60),
              () -> harbour.directoryDown(true),
              () -> harbour.directoryDown(false));
      case KILL -> kill(dice);
      case DOWNTIME -> downtime(1 + dice.nextInt(90));
      case REBOOT -> reboot(dice);
      case DISK_FULL -> diskFull(dice);
      case CLOCK_STEP -> clockSteps(dice);
      case BOOK -> book(Book.ALL.get(dice.nextInt(Book.ALL.size())));
      case MODE -> mode(!harbour.isObserving());
      case PROTECT ->
          people
              .pick(dice, each -> dice.nextInt(3) == 0)
              .map(
                  each -> {
                    each.adminProtected = true;
                    return each.toString();
                  })
              .orElse("nobody");
      case APPROVE -> {
        Set<String> approved = harbour.approve();
        referee.approved(approved);
        yield approved.toString();
      }
    };
  }

  // --- people and the allocator

  /** Two wrappers at once: who is granted something may come with it, or crash. */
  private String allocate(Random dice) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 2; i++) {
      String user = People.USERS.get(dice.nextInt(People.USERS.size()));
      String name = user + "-job" + dice.nextInt(5);
      String device =
          dice.nextInt(3) == 0 ? SimGpus.all().get(dice.nextInt(SimGpus.all().size())) : null;
      Allocator.Request request = new Allocator.Request(user, name, 1, device);
      Optional<Allocator.Answer> answer = harbour.allocate(request);
      answer.ifPresent(each -> referee.granted(request, each));
      all.append(name).append(' ').append(answer.orElse(null)).append("; ");
      if (answer.orElse(null) instanceof Allocator.Answer.Granted granted && dice.nextBoolean()) {
        all.append(people.dock(Habit.WRAPPED, user, name, granted.devices(), dice)).append("; ");
      }
      if (dice.nextInt(6) == 0) {
        all.append("released ").append(harbour.release(name)).append("; ");
      }
    }
    return all.toString();
  }

  /** Somebody does something to the container whose time comes next, at that very moment. */
  private String race(Random dice) {
    List<ClockRow> clocks = new ArrayList<>();
    for (String rule : List.of("stale", "created", "idle", "runtime")) {
      harbour.read(tables -> tables.clocks(rule)).ifPresent(rows -> clocks.addAll(rows.values()));
    }
    Optional<ClockRow> next =
        clocks.stream()
            .filter(each -> each.due().isAfter(clock.wall()))
            .filter(each -> engine.ship(each.containerId()).isPresent())
            .min(
                java.util.Comparator.comparing(ClockRow::due).thenComparing(ClockRow::containerId));
    if (next.isEmpty()) {
      return "nobody is next";
    }
    Instant due = next.get().due();
    String id = next.get().containerId();
    long minutes = Math.min(45, Duration.between(clock.wall(), due).toMinutes());
    if (minutes > 0) {
      minutes((int) minutes);
    }
    StringBuilder what = new StringBuilder(id.substring(0, 8));
    Runnable somebody =
        () -> {
          harbour.mark();
          engine
              .ship(id)
              .ifPresent(ship -> what.append(" %s %s".formatted(ship, people.act(ship, dice))));
        };
    if (dice.nextBoolean()) {
      engine.afterNextList(somebody);
      minute(MINUTE);
    } else {
      betweenIntentAndAct(somebody);
    }
    return what.toString();
  }

  /** Where acts wait already, they go on when whatever keeps them waiting is over. */
  private void betweenIntentAndAct(Runnable somebody) {
    boolean parking = harbour.isParking();
    harbour.park(true);
    minute(MINUTE);
    somebody.run();
    if (!parking) {
      harbour.park(false);
    }
    referee.check();
  }

  // --- what goes wrong

  private String fault(int minutes, Runnable begin, Runnable end) {
    begin.run();
    faults.add(new Fault(clock.real().plusSeconds(60L * minutes), end));
    troubled = clock.real();
    return "for " + minutes + " minutes";
  }

  private String deviceFails(Random dice) {
    String uuid = SimGpus.all().get(dice.nextInt(SimGpus.all().size()));
    boolean lost = dice.nextBoolean();
    String time =
        fault(1 + dice.nextInt(40), () -> fail(uuid, lost, true), () -> fail(uuid, lost, false));
    return uuid + (lost ? " lost " : " absent ") + time;
  }

  private void fail(String uuid, boolean lost, boolean is) {
    if (lost) {
      harbour.gpus.lost(uuid, is);
    } else {
      harbour.gpus.absent(uuid, is);
    }
  }

  private String engineRestarts() {
    engine.down(true);
    clock.pass(Duration.ofSeconds(3));
    engine
        .where(each -> each.state().isLive())
        .forEach(each -> engine.ends(each, Ship.End.ENGINE, 137));
    clock.pass(Duration.ofSeconds(3));
    clock.engineStarts();
    engine.down(false);
    troubled = clock.real();
    return "all containers ended";
  }

  private String kill(Random dice) {
    int points = 1 + dice.nextInt(120);
    harbour.fuse.light(points);
    minutes(1 + dice.nextInt(3));
    troubled = clock.real();
    return "at point " + points + (harbour.isUp() ? ", survived" : "");
  }

  private String downtime(int minutes) {
    harbour.dies();
    keptDown = true;
    minutes(minutes);
    keptDown = false;
    harbour.start();
    troubled = clock.real();
    return minutes + " minutes";
  }

  private String reboot(Random dice) {
    if (referee.isJumpUnseen()) {
      return "not now";
    }
    engine.down(true);
    engine
        .where(each -> each.state().isLive())
        .forEach(each -> engine.ends(each, Ship.End.ENGINE, 255));
    harbour.dies();
    clock.pass(Duration.ofMinutes(1 + dice.nextInt(300)));
    clock.boot();
    clock.pass(Duration.ofSeconds(8));
    clock.engineStarts();
    engine.down(false);
    harbour.start();
    lastMinute = clock.real();
    troubled = clock.real();
    return "";
  }

  private String diskFull(Random dice) {
    String table = List.of("journal", "journal", "clock", "claim").get(dice.nextInt(4));
    String when = table.equals("journal") && dice.nextBoolean() ? "NEW.kind = 'OUTCOME'" : "1";
    return table
        + " "
        + when
        + " "
        + fault(
            1 + dice.nextInt(8),
            () -> {
              if (harbour.isUp()) {
                harbour.fill(table, when);
              }
            },
            harbour::empty);
  }

  private String clockSteps(Random dice) {
    if (referee.isJumpUnseen() || !harbour.isUp()) {
      return "not now";
    }
    Duration by = Duration.ofMinutes(10 + dice.nextInt(4320));
    by = dice.nextBoolean() ? by : by.negated();
    referee.clockSteps();
    clock.step(by);
    troubled = clock.real();
    return by.toString();
  }

  private String book(Book next) {
    harbour.book(next);
    referee.book(next);
    return next.toString();
  }

  private String mode(boolean observe) {
    harbour.observe(observe);
    referee.mode(observe);
    return observe ? "observe" : "enforce";
  }

  // --- time

  private String minutes(int count) {
    for (int i = 0; i < count; i++) {
      minute(MINUTE);
    }
    return count + " minutes";
  }

  private void minute(Duration length) {
    clock.pass(length);
    harbour.mark();
    List<Fault> over =
        faults.stream().filter(each -> each.until.compareTo(clock.real()) <= 0).toList();
    faults.removeAll(over);
    over.forEach(each -> each.end.run());
    if (!harbour.isUp()) {
      troubled = clock.real();
      if (!keptDown) {
        harbour.start();
      }
    }
    if (!resting) {
      people.conduct();
    }
    if (!faults.isEmpty() || referee.isJumpUnseen()) {
      troubled = clock.real();
    }
    referee.calm(troubled);
    look();
    sweep(JobName.SAMPLE);
    EACH_MINUTE.forEach(this::sweep);
    if (clock.real().minus(lastMinute).toMinutes() >= 5) {
      lastMinute = clock.real();
      sweep(JobName.RECONCILE);
    }
  }

  private void look() {
    boolean looked = harbour.notice();
    referee.looked(looked);
    referee.check();
  }

  private void sweep(JobName job) {
    boolean wasUp = harbour.isUp();
    Optional<Sweeps.Report> report = harbour.sweep(job);
    if (wasUp && !harbour.isUp()) {
      tell("  " + job.word() + ": the daemon is killed");
      referee.died();
    }
    boolean whole = report.map(each -> each.skipped().isEmpty()).orElse(false);
    referee.swept(job, whole);
    report
        .filter(each -> !each.skipped().isEmpty() || !each.acts().isEmpty())
        .ifPresent(
            each ->
                tell(
                    "  %s: %s%s"
                        .formatted(
                            job.word(),
                            each.skipped(),
                            each.acts().isEmpty() ? "" : each.acts().size() + " acts")));
    referee.check();
  }

  // --- the end

  /** Everything works again and everybody goes home: what falls due must go within a period. */
  void rest() {
    tell("at rest");
    resting = true;
    faults.forEach(each -> each.end.run());
    faults.clear();
    if (harbour.isObserving()) {
      mode(false);
    }
    book(Book.AT_REST);
    harbour.dies();
    harbour.start();
    engine.where(each -> each.ending).forEach(each -> engine.ends(each, Ship.End.BERTH, 137));
    engine
        .where(each -> each.state() == State.PAUSED && !each.container.autoRemove())
        .forEach(each -> engine.freeze(each, false));
    troubled = clock.real();
    Duration end = clock.real().plus(REST);
    while (clock.real().compareTo(end) < 0) {
      minute(SLOW);
    }
    referee.atRest();
  }

  private void tell(String what) {
    story.add("%s %s".formatted(clock.wall(), what));
  }

  @Override
  public void close() {
    harbour.close();
  }
}
