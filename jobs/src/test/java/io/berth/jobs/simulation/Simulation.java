package io.berth.jobs.simulation;

import io.berth.jobs.Allocator;
import io.berth.jobs.container.Container.State;
import io.berth.policies.PolicyLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;

/** One run: its steps, one after the other, each followed by the referee's check. */
final class Simulation implements AutoCloseable {

  /** In units: longer than any limit of any book but the runtime's. */
  private static final int REST = 136;

  /** What was warned of a runtime under one of those keeps the time it had there. */
  private static final int LONGEST_REST = REST + 300;

  /** What the sampler still takes for no gap. */
  private static final Duration SLOW = Duration.ofSeconds(115);

  private final Harbour harbour;
  private final List<Book> books;
  private final SimClock clock;
  private final SimEngine engine;
  private final People people;
  private final Referee referee;
  private final Routine routine;
  private final Trouble trouble;
  private final List<String> story = new ArrayList<>();

  Simulation(Path folder, Pace pace) {
    harbour = new Harbour(folder, pace);
    books = Book.all(pace);
    clock = harbour.clock;
    engine = harbour.engine;
    people = new People(harbour);
    referee = new Referee(harbour, this::tell);
    routine = new Routine(harbour, people, referee, this::tell);
    trouble = new Trouble(harbour, people, referee, routine);
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
    routine.look();
    referee.stepped();
  }

  private String step(Step.Kind kind, Random dice) {
    return switch (kind) {
      case TIME -> routine.minutes(1 + dice.nextInt(16));
      case ARRIVAL -> people.arrive(dice);
      case PERSON -> people.act(dice);
      case ALLOCATE -> allocate(dice);
      case RACE -> race(dice);
      case BOOK ->
          dice.nextInt(4) == 0 ? badBook(dice) : book(books.get(dice.nextInt(books.size())));
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
      case APPROVE -> harbour.approve(dice).toString();
      default -> trouble.come(kind, dice);
    };
  }

  // --- people and the allocator

  /** Two wrappers at once: who is granted something may come with it, or crash. */
  private String allocate(Random dice) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 2; i++) {
      String user = People.USERS.get(dice.nextInt(People.USERS.size()));
      String name = user + "-job" + dice.nextInt(5);
      String device = dice.nextInt(3) == 0 ? harbour.gpus.any(dice) : null;
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
    Optional<String> next = routine.untilNextIsDue();
    if (next.isEmpty()) {
      return "nobody is next";
    }
    String id = next.get();
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
      routine.minute();
    } else {
      betweenIntentAndAct(somebody);
    }
    return what.toString();
  }

  /** Where acts wait already, they go on when whatever keeps them waiting is over. */
  private void betweenIntentAndAct(Runnable somebody) {
    boolean parking = harbour.isParking();
    harbour.park(true);
    routine.minute();
    somebody.run();
    if (!parking) {
      harbour.park(false);
    }
    referee.check();
  }

  // --- what an admin sets

  private String book(Book next) {
    harbour.book(next);
    referee.book(next);
    return next.toString();
  }

  /** An admin saves what is wrong somewhere: the daemon has to see it, and goes on as it did. */
  private String badBook(Random dice) {
    List<String> lines = new ArrayList<>(harbour.book().yaml().lines().toList());
    int at = dice.nextInt(lines.size());
    lines.set(at, dice.nextBoolean() ? "\t" + lines.get(at) : lines.get(at).replace(":", "s: -"));
    PolicyLoader.Loaded loaded =
        PolicyLoader.parse("simulated.yaml", String.join("\n", lines) + "\n");
    Referee.require(loaded.book() == null, 12, "taken for good: %s", lines.get(at));
    return loaded.problems().get(0).toString();
  }

  private String mode(boolean observe) {
    harbour.observe(observe);
    referee.mode(observe);
    return observe ? "observe" : "enforce";
  }

  // --- the end

  /** What falls due must go within a period. */
  void rest() {
    tell("at rest");
    routine.rests();
    if (harbour.isObserving()) {
      mode(false);
    }
    book(Book.atRest(harbour.pace));
    harbour.dies();
    harbour.start();
    engine.where(each -> each.ending).forEach(each -> engine.ends(each, Ship.End.BERTH, 137));
    engine
        .where(each -> each.state() == State.PAUSED && !each.container.autoRemove())
        .forEach(each -> engine.freeze(each, false));
    Optional<Ship> failing = referee.staying().findFirst();
    failing.ifPresent(each -> fails(each, true));
    rest(REST, each -> failing.equals(Optional.of(each)), failing.isPresent() ? 14 : 9);
    failing.ifPresent(each -> fails(each, false));
    rest(0, each -> false, 9);
    referee.atRest();
  }

  /**
   * Until all but those are gone, or much too long; invariant 14 is that it does not come to that.
   */
  private void rest(int least, Predicate<Ship> mayStay, int invariant) {
    Duration began = clock.real();
    while (!clock.passed(began, harbour.pace.units(least))
        || (referee.staying().anyMatch(mayStay.negate())
            && !clock.passed(began, harbour.pace.units(LONGEST_REST)))) {
      routine.minute(SLOW);
    }
    referee.areGone(mayStay, invariant);
  }

  /** Nothing can be done to it, or not even told of it. */
  private void fails(Ship ship, boolean is) {
    if (people.lives() % 2 == 0) {
      ship.stubborn = is;
      if (!is && ship.ending) {
        engine.ends(ship, Ship.End.BERTH, 137);
      }
    } else {
      ship.mute = is;
    }
    tell(ship + (is ? " fails" : " is well again"));
  }

  private void tell(String what) {
    story.add("%s %s".formatted(clock.wall(), what));
  }

  @Override
  public void close() {
    harbour.close();
  }
}
