package io.berth.jobs.engine;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.engine.EngineException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** An Engine of containers whose facts the test sets. */
final class FakeEngine implements Engine {
  final Map<String, Container> all = new ConcurrentSkipListMap<>();
  final Map<String, EngineException> failures = new ConcurrentHashMap<>();
  final Map<String, CountDownLatch> hanging = new ConcurrentHashMap<>();
  final List<String> inspected = new CopyOnWriteArrayList<>();
  volatile @Nullable String goneAfterList;
  volatile @Nullable EngineException listFailure;
  volatile @Nullable EngineException pingFailure;
  volatile Runnable duringInspect = () -> {};

  void put(String id, State state) {
    put(id, id, state, 1);
  }

  void put(String id, String name, State state, int pid) {
    all.put(id, container(id, name, state, pid));
  }

  void letGo() {
    hanging.values().forEach(CountDownLatch::countDown);
    hanging.clear();
  }

  List<String> takeInspected() {
    List<String> ids = inspected.stream().sorted().toList();
    inspected.clear();
    return ids;
  }

  @Override
  public void ping() throws EngineException {
    if (pingFailure != null) {
      throw pingFailure;
    }
  }

  @Override
  public List<Summary> list() throws EngineException {
    if (listFailure != null) {
      throw listFailure;
    }
    return all.values().stream()
        .map(c -> new Summary(c.id(), c.name(), c.image(), c.state(), c.labels()))
        .toList();
  }

  @Override
  public Optional<Container> inspect(String id) throws EngineException {
    inspected.add(id);
    duringInspect.run();
    CountDownLatch hang = hanging.get(id);
    if (hang != null) {
      try {
        hang.await();
      } catch (InterruptedException e) {
        throw new EngineException(Kind.TIMEOUT, id + " hung", e);
      }
    }
    if (failures.containsKey(id)) {
      throw failures.get(id);
    }
    return id.equals(goneAfterList) ? Optional.empty() : Optional.ofNullable(all.get(id));
  }

  @Override
  public Info info() {
    throw new UnsupportedOperationException();
  }

  @Override
  public ActResult remove(String id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ActResult stop(String id, Duration grace) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ActResult pause(String id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ActResult unpause(String id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Subscription subscribe(@Nullable Instant since, EventListener listener) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}

  private static Container container(String id, String name, State state, int pid) {
    return new Container(
        id,
        name,
        "busybox",
        Map.of(),
        state,
        Instant.EPOCH,
        null,
        null,
        0,
        false,
        "",
        pid,
        "no",
        0,
        false,
        null,
        "none",
        List.of(),
        null,
        GpuRequest.NONE);
  }
}
