package io.berth.jobs.simulation;

import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Everybody who has containers: what they bring, what they do to them, and how those behave. */
final class People {

  static final List<String> USERS = List.of("ada", "bob", "cem", "dia");

  private final Harbour harbour;
  private final SimEngine engine;
  private int lives;

  People(Harbour harbour) {
    this.harbour = harbour;
    this.engine = harbour.engine;
  }

  /** How many lives of containers began. */
  int lives() {
    return lives;
  }

  // --- bringing

  String arrive(Random dice) {
    StringBuilder all = new StringBuilder(comes(dice));
    for (int more = dice.nextInt(harbour.pace.crowd()); more > 0; more--) {
      all.append(", ").append(comes(dice));
    }
    return all.toString();
  }

  private String comes(Random dice) {
    List<Habit> habits = List.of(Habit.values());
    Habit habit = habits.get(dice.nextInt(habits.size()));
    if (habit != Habit.STACKED) {
      return bring(habit, owner(dice), dice);
    }
    StringBuilder all = new StringBuilder();
    for (int i = 1 + dice.nextInt(3); i > 0; i--) {
      all.append(bring(habit, owner(dice), dice)).append(' ');
    }
    return all.toString();
  }

  private static @Nullable String owner(Random dice) {
    int number = dice.nextInt(USERS.size() + 1);
    return number == USERS.size() ? null : USERS.get(number);
  }

  private String bring(Habit habit, @Nullable String owner, Random dice) {
    String name =
        dice.nextInt(8) == 0 && owner == null
            ? "box._." + (1000 + dice.nextInt(4))
            : owner + "-" + habit.name().toLowerCase(java.util.Locale.ROOT) + dice.nextInt(4);
    List<String> devices = List.of(harbour.gpus.any(dice));
    return dock(habit, owner, name, devices, dice);
  }

  /** A wrapper's container, on what it was granted. */
  String dock(Habit habit, @Nullable String owner, String name, List<String> devices, Random dice) {
    Optional<Ship> old = engine.where(each -> each.name().equals(name)).stream().findFirst();
    if (old.isPresent()) {
      if (old.get().state().isLive()) {
        return name + " is taken";
      }
      engine.remove(old.get());
    }
    long salt = dice.nextLong();
    Containers builder = Containers.created(name).id("%064x".formatted(salt).replace(' ', '0'));
    builder.createdAt(harbour.clock.wall());
    if (owner != null) {
      builder.owner(owner);
    }
    dress(builder, habit, devices);
    Ship ship = new Ship(salt, habit, builder.build());
    engine.create(ship);
    lives++;
    boolean fails = ship.isPinned() && devices.stream().anyMatch(d -> !harbour.gpus.canSee(d));
    if (habit != Habit.FORGOTTEN && !fails) {
      engine.start(ship);
    }
    return ship.toString();
  }

  private static void dress(Containers builder, Habit habit, List<String> devices) {
    switch (habit) {
      case STACKED -> builder.label("com.docker.compose.project", "stack");
      case WATCHING -> builder.allGpus();
      case GUARDED -> builder.label("ds01.protected", "yes").gpu(devices.get(0));
      case WRAPPED -> builder.type("orchestration").gpu(devices.toArray(String[]::new));
      case PASSING -> builder.autoRemove().gpu(devices.get(0));
      case REVIVED -> builder.restartPolicy("always").gpu(devices.get(0));
      default -> builder.gpu(devices.get(0));
    }
  }

  // --- doing

  /** Somebody does something to one of them. */
  String act(Random dice) {
    Optional<Ship> picked = pick(dice, each -> true);
    if (picked.isEmpty()) {
      return "nobody is there";
    }
    Ship ship = picked.get();
    String before = ship.toString();
    return before + ": " + act(ship, dice);
  }

  String act(Ship ship, Random dice) {
    if (ship.state() == State.RUNNING) {
      return actOnRunning(ship, dice);
    }
    if (ship.state() == State.PAUSED) {
      engine.freeze(ship, false);
      return "resumed";
    }
    if (dice.nextInt(4) == 0) {
      engine.remove(ship);
      return "removed";
    }
    engine.start(ship);
    lives++;
    return "started";
  }

  private String actOnRunning(Ship ship, Random dice) {
    switch (dice.nextInt(5)) {
      case 0 -> {
        engine.freeze(ship, true);
        return "paused";
      }
      case 1 -> {
        engine.visit(ship);
        return "visited" + (dice.nextBoolean() ? "" : ", keep-alive file: " + touch(ship, dice));
      }
      case 2 -> {
        String name = ship.name() + "-x";
        if (engine.isNameFree(name) && !ship.name().contains("._.")) {
          engine.rename(ship, name);
        }
        return "renamed";
      }
      case 3 -> {
        engine.stopped(ship);
        if (engine.ship(ship.id()).isPresent()) {
          engine.start(ship);
          ship.restartUnheard = !engine.isHeard();
          lives++;
        }
        return "restarted";
      }
      default -> {
        engine.stopped(ship);
        return "stopped";
      }
    }
  }

  /** It is touched: now, for later, with an old file; or taken away. */
  private @Nullable Instant touch(Ship ship, Random dice) {
    Instant now = harbour.clock.wall();
    Duration some = harbour.pace.units(dice.nextInt(100));
    ship.touched = harbour.clock.real();
    ship.keepFile =
        switch (dice.nextInt(6)) {
          case 0 -> null;
          case 1 -> now.plus(some);
          case 2 -> now.minus(some);
          default -> now;
        };
    return ship.keepFile;
  }

  Optional<Ship> pick(Random dice, Predicate<Ship> which) {
    List<Ship> found = engine.where(which);
    return found.isEmpty() ? Optional.empty() : Optional.of(found.get(dice.nextInt(found.size())));
  }

  // --- being

  /** What each of them does by itself in the minute that ends now. */
  void conduct() {
    Duration now = harbour.clock.real();
    for (Ship each : engine.ships()) {
      Random dice = each.dice(now, harbour.pace);
      if (each.state() == State.RUNNING) {
        runs(each, now, dice);
      } else if (each.habit == Habit.RETRIED
          && each.state() == State.EXITED
          && dice.nextInt(5) == 0) {
        retry(each, dice);
      }
    }
  }

  /** With the same container, or with a new one of the same name. */
  private void retry(Ship failed, Random dice) {
    if (dice.nextBoolean()) {
      engine.start(failed);
      lives++;
    } else {
      String owner = failed.container.labels().get("ds01.user");
      List<String> devices = List.copyOf(failed.container.gpus().devices());
      dock(failed.habit, owner, failed.name(), devices, dice);
    }
  }

  private void runs(Ship ship, Duration now, Random dice) {
    if (ship.ending && dice.nextInt(3) == 0) {
      engine.ends(ship, Ship.End.BERTH, 137);
    } else if (ship.habit.ends(dice)) {
      if (ship.habit == Habit.REVIVED && !ship.ending) {
        engine.revive(ship);
      } else {
        Ship.End how = ship.ending ? Ship.End.BERTH : Ship.End.SELF;
        engine.ends(ship, how, ship.habit == Habit.RETRIED ? 1 : 0);
      }
    } else if (ship.habit.works(ship, now, harbour.pace)) {
      ship.worked = now;
      ship.busy = now;
      ship.cpuMicros += harbour.pace.unit().toNanos() / 2_000; // half a core
      ship.networkBytes += 1_000_000;
    } else if (ship.habit == Habit.VISITED && dice.nextInt(45) == 0) {
      engine.visit(ship);
    }
  }
}
