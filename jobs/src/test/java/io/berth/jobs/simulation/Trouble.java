package io.berth.jobs.simulation;

import io.berth.jobs.container.Container.State;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** What goes wrong: with the Engine, the GPUs, the host, its disk and its clock, and the daemon. */
final class Trouble {

  private final Harbour harbour;
  private final SimClock clock;
  private final SimEngine engine;
  private final People people;
  private final Referee referee;
  private final Routine routine;

  Trouble(Harbour harbour, People people, Referee referee, Routine routine) {
    this.harbour = harbour;
    this.clock = harbour.clock;
    this.engine = harbour.engine;
    this.people = people;
    this.referee = referee;
    this.routine = routine;
  }

  /** Brings it about; in words. */
  String come(Step.Kind kind, Random dice) {
    return switch (kind) {
      case PARK ->
          routine.fault(1 + dice.nextInt(4), () -> harbour.park(true), () -> harbour.park(false));
      case STUBBORN -> stubborn(dice);
      case ENGINE_DOWN -> dice.nextBoolean() ? engineIsDown(dice) : engineHangs(dice);
      case ENGINE_RESTART -> engineRestarts(dice);
      case ENGINE_FLAKY ->
          routine.fault(
              1 + dice.nextInt(10),
              () -> engine.errors(new Random(dice.nextLong())),
              () -> engine.errors(null));
      case STALE_LISTS ->
          routine.fault(1 + dice.nextInt(3), () -> engine.lies(true), () -> engine.lies(false));
      case LOST_EVENTS ->
          routine.fault(1 + dice.nextInt(8), () -> engine.deaf(true), () -> engine.deaf(false));
      case NVML_FAILS ->
          routine.fault(
              1 + dice.nextInt(20),
              () -> harbour.gpus.fails(true),
              () -> harbour.gpus.fails(false));
      case DEVICE_LOST -> deviceFails(dice);
      case DIRECTORY_DOWN ->
          routine.fault(
                  5 + dice.nextInt(60),
                  () -> harbour.directoryDown(true),
                  () -> harbour.directoryDown(false))
              + "; "
              + mountFails(dice);
      case KILL -> kill(dice);
      case DOWNTIME -> downtime(1 + dice.nextInt(90));
      case REBOOT -> reboot(dice);
      case DISK_FULL -> diskFull(dice);
      case CLOCK_STEP -> clockSteps(dice);
      default -> throw new IllegalArgumentException(kind + " is no trouble");
    };
  }

  /** A container that will not stop, or of which the Engine does not tell. */
  private String stubborn(Random dice) {
    return people
        .pick(dice, each -> true)
        .map(each -> each.name() + " " + (dice.nextInt(3) == 0 ? mute(each) : stubborn(each)))
        .orElse("nobody");
  }

  private String stubborn(Ship ship) {
    return "does not stop "
        + routine.faultOfOne(20, () -> ship.stubborn = true, () -> ship.stubborn = false);
  }

  private String mute(Ship ship) {
    return "is not told of "
        + routine.faultOfOne(20, () -> ship.mute = true, () -> ship.mute = false);
  }

  private String deviceFails(Random dice) {
    String uuid = harbour.gpus.any(dice);
    boolean lost = dice.nextBoolean();
    int minutes = 1 + dice.nextInt(40);
    if (!lost && dice.nextInt(3) > 0) {
      return harbour.gpus.partition(dice);
    }
    String time =
        routine.fault(minutes, () -> fail(uuid, lost, true), () -> fail(uuid, lost, false));
    return uuid + (lost ? " lost " : " absent ") + time;
  }

  private void fail(String uuid, boolean lost, boolean is) {
    if (lost) {
      harbour.gpus.lost(uuid, is);
    } else {
      harbour.gpus.absent(uuid, is);
    }
  }

  /** That of somebody's working directory. One that hangs costs a second each time. */
  private String mountFails(Random dice) {
    Optional<Ship> picked =
        people.pick(dice, each -> each.state() == State.RUNNING && each.container.gpus().any());
    if (picked.isEmpty()) {
      return "nobody";
    }
    String id = picked.get().id();
    int minutes = 1 + dice.nextInt(60);
    boolean hangs = dice.nextInt(4) == 0;
    String time =
        hangs
            ? routine.fault(minutes, () -> harbour.files.hangs(id), () -> harbour.files.answers(id))
            : routine.fault(
                minutes,
                () -> harbour.files.breaks(id, true),
                () -> harbour.files.breaks(id, false));
    return picked.get() + (hangs ? " hangs " : " fails ") + time;
  }

  private String engineIsDown(Random dice) {
    return routine.fault(1 + dice.nextInt(6), () -> engine.down(true), () -> engine.down(false));
  }

  private String engineHangs(Random dice) {
    return "hangs "
        + routine.fault(1 + dice.nextInt(6), () -> engine.hangs(true), () -> engine.hangs(false));
  }

  /** In order, with everybody looking on, or at once. */
  private String engineRestarts(Random dice) {
    boolean inOrder = dice.nextBoolean();
    engine.closes(inOrder);
    engine.down(!inOrder);
    clock.pass(Duration.ofSeconds(3));
    engine.where(each -> each.state().isLive()).forEach(engine::stopsByItself);
    if (inOrder) {
      routine.watch();
    }
    engine.closes(false);
    engine.down(true);
    engine.forgets();
    clock.pass(Duration.ofSeconds(3));
    clock.engineStarts();
    engine.down(false);
    routine.troubled();
    return "all containers ended" + (inOrder ? " in order" : "");
  }

  private String kill(Random dice) {
    int points = 1 + dice.nextInt(120);
    harbour.fuse.light(points);
    routine.minutes(1 + dice.nextInt(3));
    routine.troubled();
    return "at point " + points + (harbour.isUp() ? ", survived" : "");
  }

  private String downtime(int minutes) {
    harbour.dies();
    routine.minutesWithoutDaemon(minutes);
    harbour.start();
    routine.troubled();
    return minutes + " minutes";
  }

  /** What ended long before the boot, and before Berth ever looked, may be anybody's doing. */
  private String reboot(Random dice) {
    if (referee.isJumpUnseen() || !referee.hasLooked()) {
      return "not now";
    }
    engine.down(true);
    engine
        .where(each -> each.state().isLive())
        .forEach(each -> engine.ends(each, Ship.End.ENGINE, 255));
    harbour.dies();
    clock.pass(Duration.ofMinutes(1 + dice.nextInt(300)));
    engine.forgets();
    clock.boot();
    clock.pass(Duration.ofSeconds(8));
    clock.engineStarts();
    engine.down(false);
    harbour.start();
    routine.troubled();
    return "";
  }

  /** For some rows there is no room. Where it is intents, that is so when the next act is due. */
  private String diskFull(Random dice) {
    String table = List.of("journal", "journal", "clock", "claim").get(dice.nextInt(4));
    String when = "1";
    if (table.equals("journal")) {
      when = List.of("1", "NEW.kind = 'OUTCOME'", "NEW.kind = 'INTENT'").get(dice.nextInt(3));
    }
    if (when.endsWith("'INTENT'")) {
      routine.untilNextIsDue();
    }
    String condition = when;
    return table
        + " "
        + when
        + " "
        + routine.fault(
            1 + dice.nextInt(8),
            () -> {
              if (harbour.isUp()) {
                harbour.fill(table, condition);
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
    routine.troubled();
    return by.toString();
  }
}
