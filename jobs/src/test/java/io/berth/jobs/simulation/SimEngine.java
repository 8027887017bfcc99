package io.berth.jobs.simulation;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.engine.EngineException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An Engine that lies, forgets, fails and comes back, as it is told. */
final class SimEngine implements Engine {

  /** Sees each act on its way, before anything comes of it. */
  interface Witness {
    void asked(String act, @Nullable Ship ship, Duration grace);
  }

  private final SimClock clock;

  /** How long the daemon waits for an answer. */
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  /** So many events are told again to whoever asks for them. */
  private static final int KEPT = 256;

  /** How far back a stream that broke asks for them. */
  private static final Duration OVERLAP = Duration.ofSeconds(2);

  private final Fuse fuse;
  private final Deque<Event> kept = new ArrayDeque<>();
  private Instant lastTold = Instant.EPOCH.plus(OVERLAP);
  private final Map<String, Ship> ships = new LinkedHashMap<>();
  private @Nullable EventListener listener;
  private Witness witness = (act, ship, grace) -> {};
  private Runnable afterList = () -> {};
  private List<Summary> stale = List.of();
  private boolean lies;
  private boolean down;
  private boolean closing;
  private boolean deaf;
  private boolean hangs;
  private @Nullable Random errors;
  private long journal;
  private long lists;

  SimEngine(SimClock clock, Fuse fuse) {
    this.clock = clock;
    this.fuse = fuse;
  }

  // --- what happens to it

  void witness(Witness who) {
    witness = who;
  }

  /** Which row of the journal was the last one; what changes now, changes after it. */
  void journalIsAt(long row) {
    journal = row;
  }

  /** Happens between the next list and whatever follows it. */
  void afterNextList(Runnable what) {
    afterList = what;
  }

  void down(boolean is) {
    if (is == down) {
      return;
    }
    down = is;
    if (is) {
      tell(told -> told.disconnected("closed"));
    } else {
      tell(EventListener::connected);
      replay(lastTold.minus(OVERLAP));
    }
  }

  /** It was started anew: it has no event of before. */
  void forgets() {
    kept.clear();
  }

  private void replay(Instant since) {
    for (Event each : List.copyOf(kept)) {
      if (listener != null && !fuse.isBlown() && !each.at().isBefore(since)) {
        tell(each);
      }
    }
  }

  /** It shuts down: it answers whoever is connected, and nobody else. */
  void closes(boolean is) {
    closing = is;
  }

  /** How many lists it gave. */
  long lists() {
    return lists;
  }

  /** It accepts every call and answers none, and is silent. */
  void hangs(boolean is) {
    hangs = is;
  }

  /** No event reaches the daemon, and it does not know. */
  void deaf(boolean is) {
    deaf = is;
  }

  /** One call in five fails; null: none. */
  void errors(@Nullable Random dice) {
    errors = dice;
  }

  /** From now on every list is the one of now. */
  void lies(boolean is) {
    stale = is ? summaries() : List.of();
    lies = is;
  }

  // --- ships

  Collection<Ship> ships() {
    return List.copyOf(ships.values());
  }

  Optional<Ship> ship(String id) {
    return Optional.ofNullable(ships.get(id));
  }

  List<Ship> where(Predicate<Ship> which) {
    return ships.values().stream().filter(which).toList();
  }

  boolean isNameFree(String name) {
    return ships.values().stream().noneMatch(each -> each.name().equals(name));
  }

  void create(Ship ship) {
    ships.put(ship.id(), ship);
    moved(ship, "create");
  }

  void start(Ship ship) {
    ship.pauseTold = false;
    ship.told = null;
    ship.lifeStart = clock.real();
    ship.ageless = false;
    ship.restartUnheard = false;
    ship.busy = clock.real();
    int pid =
        1000 + Math.floorMod(ship.container.id().hashCode() + clock.real().hashCode(), 1 << 22);
    ship.change(
        c -> c.state(State.RUNNING).startedAt(clock.wall()).pid(pid).restartCount(0).exitCode(0));
    moved(ship, "start");
  }

  void revive(Ship ship) {
    ship.told = null;
    ship.ageless |= ship.restartUnheard;
    ship.change(
        c ->
            c.state(State.RUNNING)
                .finishedAt(clock.wall())
                .startedAt(clock.wall())
                .restartCount(ship.container.restartCount() + 1));
    moved(ship, "start");
  }

  void ends(Ship ship, Ship.End how, int exitCode) {
    ship.end = how;
    ship.ending = false;
    ship.change(c -> c.state(State.EXITED).finishedAt(clock.wall()).exitCode(exitCode).pid(0));
    moved(ship, "die");
    if (ship.container.autoRemove()) {
      remove(ship);
    }
  }

  /** Somebody stops it. Where no event tells of that, it looks as if it ended by itself. */
  void stopped(Ship ship) {
    Ship.End how = isHeard() ? Ship.End.USER : Ship.End.SELF;
    ship.told = clock.wall();
    tell(ship.id(), "kill");
    ends(ship, how, ship.habit == Habit.WRAPPED ? 0 : 143);
  }

  /** It goes down, and stops it before. */
  void stopsByItself(Ship ship) {
    tell(ship.id(), "kill");
    ends(ship, Ship.End.ENGINE, 137);
  }

  /** Whoever is frozen while being stopped is saved by it. */
  void freeze(Ship ship, boolean frozen) {
    ship.ending &= !frozen;
    ship.change(c -> c.state(frozen ? State.PAUSED : State.RUNNING));
    if (!frozen) {
      resumed(ship);
    }
    moved(ship, frozen ? "pause" : "unpause");
  }

  /** A pause that nobody told of, between two looks, leaves no trace. */
  private void resumed(Ship ship) {
    if (ship.pauseTold) {
      ship.resumed = clock.real();
    }
    if (ship.pauseTold || isHeard()) {
      ship.unseen = clock.real();
    }
    ship.pauseTold = false;
  }

  boolean isHeard() {
    return !deaf && !down && !hangs && listener != null;
  }

  void rename(Ship ship, String name) {
    ship.change(
        c -> {
          Container now = c.build();
          return Containers.from(
              new Container(
                  now.id(),
                  name,
                  now.image(),
                  now.labels(),
                  now.state(),
                  now.created(),
                  now.startedAt(),
                  now.finishedAt(),
                  now.exitCode(),
                  now.oomKilled(),
                  now.error(),
                  now.pid(),
                  now.restartPolicy(),
                  now.restartCount(),
                  now.autoRemove(),
                  now.stopTimeout(),
                  now.networkMode(),
                  now.mounts(),
                  now.healthcheck(),
                  now.gpus()));
        });
    tell(ship.id(), "rename");
  }

  void visit(Ship ship) {
    tell(ship.id(), "exec_start: bash");
  }

  void remove(Ship ship) {
    ships.remove(ship.id());
    tell(ship.id(), "destroy");
  }

  /** Each change takes its time, so that no two have the same stamp. */
  private void moved(Ship ship, String event) {
    clock.pass(Duration.ofMillis(1));
    ship.moved = clock.real();
    ship.movedAtRow = journal;
    tell(ship.id(), event);
  }

  private void tell(String id, String action) {
    Event event = new Event(clock.wall(), id, action, Map.of());
    kept.add(event);
    if (kept.size() > KEPT) {
      kept.remove();
    }
    if (isHeard()) {
      tell(event);
    }
  }

  /** From now on it is known who came to it, and who stopped it. */
  private void tell(Event event) {
    lastTold = event.at().isAfter(lastTold) ? event.at() : lastTold;
    Ship ship = ships.get(event.containerId());
    if (ship != null && event.action().startsWith("exec_")) {
      Duration at = clock.realOf(event.at());
      Duration real = at.compareTo(clock.real()) > 0 ? clock.real() : at;
      ship.busy = SimClock.latest(ship.busy, real);
    }
    if (ship != null && event.at().equals(ship.told) && ship.end == Ship.End.SELF) {
      ship.end = Ship.End.USER;
    }
    tell(told -> told.event(event));
  }

  private void tell(Consumer<EventListener> what) {
    EventListener told = listener;
    if (told != null) {
      try {
        what.accept(told);
      } catch (Fuse.Killed e) {
        // The daemon has died of it. Who did it does not notice.
      }
    }
  }

  // --- Engine

  @Override
  public Info info() throws EngineException {
    check();
    return new Info("simulated", "0", "1.41");
  }

  @Override
  public void ping() throws EngineException {
    check();
    if (closing) {
      throw new EngineException(Kind.UNREACHABLE, "it takes no new connection");
    }
  }

  @Override
  public List<Summary> list() throws EngineException {
    fuse.point();
    check();
    lists++;
    List<Summary> listed = lies ? stale : summaries();
    Runnable next = afterList;
    afterList = () -> {};
    next.run();
    fuse.point();
    return listed;
  }

  private List<Summary> summaries() {
    return ships.values().stream()
        .map(each -> each.container)
        .map(each -> new Summary(each.id(), each.name(), each.image(), each.state(), each.labels()))
        .toList();
  }

  /** Called on a thread of the inventory's, where an error would be lost. */
  @Override
  public Optional<Container> inspect(String id) throws EngineException {
    if (fuse.burns()) {
      throw new EngineException(Kind.UNREACHABLE, "the daemon is dead");
    }
    Optional<Ship> asked = ship(id);
    asked.ifPresent(each -> each.missed = clock.real());
    check();
    if (asked.filter(each -> each.mute).isPresent()) {
      throw new EngineException(Kind.TIMEOUT, "no answer by the deadline");
    }
    asked.ifPresent(each -> each.missed = null);
    return asked.map(each -> each.container);
  }

  @Override
  public ActResult remove(String id) {
    return act(
        "remove",
        id,
        Duration.ZERO,
        ship -> {
          if (ship.state().isLive()) {
            return new ActResult(ActResult.Kind.REFUSED, "it is running");
          }
          remove(ship);
          return new ActResult(ActResult.Kind.DONE, "");
        });
  }

  @Override
  public ActResult stop(String id, Duration grace) {
    return act(
        "stop",
        id,
        grace,
        ship -> {
          if (!ship.state().isLive()) {
            return new ActResult(ActResult.Kind.ALREADY, "");
          }
          tell(id, "kill");
          ends(ship, Ship.End.BERTH, 143);
          return new ActResult(ActResult.Kind.DONE, "");
        });
  }

  @Override
  public ActResult pause(String id) {
    return act(
        "pause",
        id,
        Duration.ZERO,
        ship -> {
          if (ship.state() != State.RUNNING) {
            return new ActResult(ActResult.Kind.REFUSED, "it does not run");
          }
          freeze(ship, true);
          return new ActResult(ActResult.Kind.DONE, "");
        });
  }

  private ActResult act(String what, String id, Duration grace, Function<Ship, ActResult> act) {
    fuse.point();
    Ship ship = ships.get(id);
    witness.asked(what, ship, grace);
    if (down || closing) {
      return new ActResult(ActResult.Kind.FAILED, "nobody listens");
    }
    if (ship == null) {
      return new ActResult(ActResult.Kind.GONE, "");
    }
    if (hangs) {
      clock.pass(DEADLINE);
    }
    if (hangs || ship.stubborn || isError()) {
      ship.ending |= what.equals("stop") && ship.state().isLive();
      return new ActResult(ActResult.Kind.FAILED, "no answer by the deadline");
    }
    ActResult result = act.apply(ship);
    fuse.point();
    return result;
  }

  @Override
  public ActResult unpause(String id) {
    throw new AssertionError("no job resumes anything");
  }

  @Override
  public Subscription subscribe(@Nullable Instant since, EventListener receiver) {
    listener = receiver;
    if (!down) {
      receiver.connected();
      if (since != null && !hangs) {
        replay(since);
      }
    }
    return () -> listener = null;
  }

  /** The daemon is gone. */
  void nobodyListens() {
    listener = null;
  }

  private void check() throws EngineException {
    if (down) {
      throw new EngineException(Kind.UNREACHABLE, "nobody listens");
    }
    if (hangs) {
      clock.pass(DEADLINE);
    }
    if (hangs || isError()) {
      throw new EngineException(Kind.TIMEOUT, "no answer by the deadline");
    }
  }

  private boolean isError() {
    Random dice = errors;
    return dice != null && dice.nextInt(5) == 0;
  }

  @Override
  public void close() {}
}
