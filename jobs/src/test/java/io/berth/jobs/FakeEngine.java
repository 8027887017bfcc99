package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An Engine in memory: containers live by what a test does to them, and calls fail where it says
 * so.
 */
final class FakeEngine implements Engine {

  /** As many as Docker's. */
  private static final int KEPT_EVENTS = 256;

  private final Supplier<Instant> now;
  private final Map<String, Container> containers =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private final List<String> calls = new ArrayList<>();

  /** What each stop was given between SIGTERM and SIGKILL. */
  final List<Duration> graces = new ArrayList<>();

  private final Map<String, ActResult> answers = new HashMap<>();
  private final Map<String, Runnable> meanwhile = new ConcurrentHashMap<>();
  private Consumer<Container> removals = container -> {};
  private final List<Event> told = new ArrayList<>();
  private @Nullable EventListener listener;
  private boolean deaf;
  private boolean closing;
  private @Nullable List<Summary> oldList;
  private volatile @Nullable EngineException down;
  private String engineId = "fake";

  FakeEngine(Supplier<Instant> now) {
    this.now = now;
  }

  // --- what people do

  void has(Containers builder) {
    Container container = builder.build();
    containers.put(container.id(), container);
  }

  /** Somebody runs it: created and started now. */
  void run(Containers builder) {
    Container made = builder.createdAt(now.get()).startedAt(now.get()).finishedAt(null).build();
    containers.put(made.id(), made);
    tell(made.id(), "create");
    tell(made.id(), "start");
  }

  void start(String name) {
    Container before = get(name);
    put(Containers.from(before).state(State.RUNNING).startedAt(now.get()));
    tell(before.id(), "start");
  }

  /** Its process ends by itself. */
  void exits(String name, int exitCode) {
    ends(name, exitCode);
    tell(get(name).id(), "die");
  }

  /** Somebody stops it. */
  void stopped(String name) {
    tell(get(name).id(), "kill");
    exits(name, 143);
  }

  /** It ends, and no event tells. */
  void ends(String name, int exitCode) {
    put(
        Containers.from(get(name))
            .state(State.EXITED)
            .finishedAt(now.get())
            .exitCode(exitCode)
            .pid(0));
  }

  /** Events get lost, and nobody knows. */
  void deaf(boolean is) {
    deaf = is;
  }

  /** Lists are answered from now on with what there is now. */
  void listsOnlyWhatIsThereNow() throws EngineException {
    oldList = list();
  }

  void paused(String name) {
    put(Containers.from(get(name)).state(State.PAUSED));
    tell(get(name).id(), "pause");
  }

  void resumed(String name) {
    put(Containers.from(get(name)).state(State.RUNNING));
    tell(get(name).id(), "unpause");
  }

  /** Its restart policy starts it again. */
  void restarts(String name) {
    Container before = get(name);
    put(
        Containers.from(before)
            .state(State.RUNNING)
            .finishedAt(now.get())
            .startedAt(now.get())
            .restartCount(before.restartCount() + 1));
    tell(before.id(), "start");
  }

  void renamed(String name, String to) {
    Container before = get(name);
    Container after = Containers.from(before).name(to).build();
    containers.put(before.id(), after);
    tell(before.id(), "rename");
  }

  void executes(String name, String command) {
    tell(get(name).id(), "exec_start: " + command);
  }

  void attaches(String name) {
    tell(get(name).id(), "attach");
  }

  /** Somebody removes it. */
  void removed(String name) {
    String id = Containers.idOf(name);
    containers.remove(id);
    tell(id, "destroy");
  }

  // --- what goes wrong

  void goesDown() {
    down = new EngineException(EngineException.Kind.UNREACHABLE, "nobody listens");
    if (listener != null) {
      listener.disconnected("closed");
    }
  }

  /** It shuts down: it stops what runs, and goes on answering whoever is connected. */
  void shutsDown() {
    closing = true;
    List.copyOf(containers.values()).stream()
        .filter(each -> each.state().isLive())
        .forEach(each -> stopped(each.name()));
  }

  void comesUp() {
    closing = false;
    down = null;
    if (listener != null) {
      listener.connected();
    }
  }

  /** What an act on that container comes to, instead of the act. */
  void answers(String name, ActResult result) {
    answers.put(Containers.idOf(name), result);
  }

  void answersAsUsual(String name) {
    answers.remove(Containers.idOf(name));
  }

  /** While the Engine answers the next {@code list}, {@code inspect} or {@code remove}, once. */
  void during(String call, Runnable somethingElse) {
    meanwhile.put(call, somethingElse);
  }

  /** Shows every container that is asked to be removed, as it is then. */
  void watchRemovals(Consumer<Container> watcher) {
    removals = watcher;
  }

  private void happenDuring(String call) {
    Runnable somethingElse = meanwhile.remove(call);
    if (somethingElse != null) {
      somethingElse.run();
    }
  }

  /** Another Engine is behind the same address, and has none of the containers. */
  void isAnotherOne() {
    engineId = "another";
    containers.clear();
  }

  // --- what a test asks

  boolean isThere(String name) {
    return containers.containsKey(Containers.idOf(name));
  }

  /** The acts that were asked for, such as {@code remove train}. */
  List<String> calls() {
    return calls;
  }

  Container get(String name) {
    Container container = containers.get(Containers.idOf(name));
    if (container == null) {
      throw new IllegalStateException("no container " + name);
    }
    return container;
  }

  private void put(Containers builder) {
    Container container = builder.build();
    containers.put(container.id(), container);
  }

  private void tell(String id, String action) {
    if (down == null && !deaf) {
      Event event = new Event(now.get(), id, action, Map.of());
      told.add(event);
      if (told.size() > KEPT_EVENTS) {
        told.remove(0);
      }
      if (listener != null) {
        listener.event(event);
      }
    }
  }

  /** The daemon has gone; what happens now is told to the next one. */
  void nobodyListens() {
    listener = null;
  }

  // --- Engine

  @Override
  public Info info() throws EngineException {
    check();
    return new Info(engineId, "0", "1.41");
  }

  @Override
  public void ping() throws EngineException {
    check();
    if (closing) {
      throw new EngineException(EngineException.Kind.UNREACHABLE, "it takes no new connection");
    }
  }

  @Override
  public List<Summary> list() throws EngineException {
    check();
    happenDuring("list");
    return oldList != null ? oldList : summaries();
  }

  private List<Summary> summaries() {
    return List.copyOf(containers.values()).stream()
        .map(each -> new Summary(each.id(), each.name(), each.image(), each.state(), each.labels()))
        .toList();
  }

  @Override
  public Optional<Container> inspect(String id) throws EngineException {
    check();
    happenDuring("inspect");
    return Optional.ofNullable(containers.get(id));
  }

  @Override
  public ActResult remove(String id) {
    Container container = containers.get(id);
    calls.add("remove " + (container == null ? id : container.name()));
    happenDuring("remove");
    if (down != null) {
      return new ActResult(ActResult.Kind.FAILED, "nobody listens");
    }
    if (container != null) {
      removals.accept(container);
    }
    ActResult answer = answers.get(id);
    if (answer != null) {
      return answer;
    }
    if (container == null) {
      return new ActResult(ActResult.Kind.GONE, "");
    }
    if (container.state().isLive()) {
      return new ActResult(ActResult.Kind.REFUSED, "it is running");
    }
    containers.remove(id);
    tell(id, "destroy");
    return new ActResult(ActResult.Kind.DONE, "");
  }

  /** A paused one is resumed first, as Docker does. */
  @Override
  public ActResult stop(String id, Duration grace) {
    graces.add(grace);
    return act(
        "stop",
        id,
        container -> {
          tell(id, "kill");
          put(
              Containers.from(container)
                  .state(State.EXITED)
                  .finishedAt(now.get())
                  .exitCode(143)
                  .pid(0));
          tell(id, "die");
          if (container.autoRemove()) {
            containers.remove(id);
            tell(id, "destroy");
          }
        });
  }

  @Override
  public ActResult pause(String id) {
    return act("pause", id, container -> paused(container.name()));
  }

  /** An act on what runs. */
  private ActResult act(String what, String id, Consumer<Container> act) {
    Container container = containers.get(id);
    calls.add(what + " " + (container == null ? id : container.name()));
    happenDuring(what);
    ActResult answer = answers.get(id);
    if (down != null || answer != null) {
      return answer != null ? answer : new ActResult(ActResult.Kind.FAILED, "nobody listens");
    }
    if (container == null) {
      return new ActResult(ActResult.Kind.GONE, "");
    }
    if (!container.state().isLive()) {
      return new ActResult(ActResult.Kind.ALREADY, "");
    }
    act.accept(container);
    return new ActResult(ActResult.Kind.DONE, "");
  }

  @Override
  public ActResult unpause(String id) {
    throw new AssertionError("no job resumes anything");
  }

  @Override
  public Subscription subscribe(@Nullable Instant since, EventListener receiver) {
    listener = receiver;
    receiver.connected();
    if (since != null) {
      told.stream().filter(each -> !each.at().isBefore(since)).forEach(receiver::event);
    }
    return () -> listener = null;
  }

  private void check() throws EngineException {
    EngineException now = down;
    if (now != null) {
      throw now;
    }
  }

  @Override
  public void close() {}
}
