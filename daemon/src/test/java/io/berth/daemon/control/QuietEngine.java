package io.berth.daemon.control;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** An Engine in memory, whose containers are what a test put there. */
final class QuietEngine implements Engine {

  private static final ActResult DONE = new ActResult(ActResult.Kind.DONE, "");

  private final Map<String, Container> containers = new ConcurrentHashMap<>();
  private volatile boolean down;
  private volatile String silent = "";

  void has(Containers builder) {
    Container container = builder.build();
    containers.put(container.id(), container);
  }

  /** From now on it does not say what there is. */
  void goesDown() {
    down = true;
  }

  void comesUp() {
    down = false;
  }

  /** It lists that one and says nothing more of it. */
  void isSilentOf(String name) {
    silent = Containers.idOf(name);
  }

  State stateOf(String name) {
    return Objects.requireNonNull(containers.get(Containers.idOf(name))).state();
  }

  @Override
  public Info info() {
    return new Info("quiet", "0", "1.41");
  }

  @Override
  public void ping() {}

  @Override
  public List<Summary> list() throws EngineException {
    if (down) {
      throw new EngineException(EngineException.Kind.UNREACHABLE, "it is down");
    }
    return containers.values().stream()
        .map(each -> new Summary(each.id(), each.name(), each.image(), each.state(), each.labels()))
        .toList();
  }

  @Override
  public Optional<Container> inspect(String id) throws EngineException {
    if (id.equals(silent)) {
      throw new EngineException(EngineException.Kind.TIMEOUT, "no answer of " + id);
    }
    return Optional.ofNullable(containers.get(id));
  }

  @Override
  public ActResult remove(String id) {
    containers.remove(id);
    return DONE;
  }

  @Override
  public ActResult stop(String id, Duration grace) {
    throw new AssertionError("nobody may stop anything here");
  }

  @Override
  public ActResult pause(String id) {
    return become(id, State.PAUSED);
  }

  @Override
  public ActResult unpause(String id) {
    return become(id, State.RUNNING);
  }

  private ActResult become(String id, State state) {
    containers.computeIfPresent(id, (same, before) -> Containers.from(before).state(state).build());
    return DONE;
  }

  @Override
  public Subscription subscribe(@Nullable Instant since, EventListener listener) {
    listener.connected();
    return () -> {};
  }

  @Override
  public void close() {}
}
