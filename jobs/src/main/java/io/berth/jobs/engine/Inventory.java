package io.berth.jobs.engine;

import io.berth.jobs.container.Container;
import io.berth.jobs.engine.EngineException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The Engine's containers as they are now, for the price of a list call, a ping and the inspects
 * that are really needed.
 *
 * <p>A snapshot stays good as long as the stream of events has been open without a break since it
 * was taken, no event of its container came ({@link #markDirty}), and the list shows the same name
 * and state. A running container's pid, start and restarts change only with an event. Without the
 * stream every container is inspected every time.
 *
 * <p>One container whose inspect hangs holds nobody up: after {@code patience} it is reported as
 * failed, and is not waited for again until the Engine answered or the call's deadline passed.
 *
 * <p>Safe for use by several threads.
 */
public final class Inventory implements AutoCloseable {

  /**
   * What there was at one moment.
   *
   * @param containers those that are known, in the list's order
   * @param failed id to why, of those that could not be inspected: unknown facts, which are neither
   *     absence nor idleness
   * @param inspected how many were inspected for it
   */
  public record Survey(List<Container> containers, Map<String, String> failed, int inspected) {
    public Survey {
      containers = List.copyOf(containers);
      failed = Map.copyOf(failed);
    }
  }

  /** A state of knowledge: what was inspected in one is worth nothing in the next. */
  private record Era(long number, boolean connected) {}

  /** When a container was asked about: in which era, after which of its events. */
  private record Stamp(Era era, long lastEvent) {}

  private record Snapshot(Container container, Stamp stamp) {}

  private record Inspection(Stamp stamp, CompletableFuture<Optional<Container>> answer) {}

  private final Engine engine;
  private final Duration patience;
  private final ExecutorService threads;
  private final Map<String, Snapshot> snapshots = new ConcurrentHashMap<>();
  private final AtomicLong events = new AtomicLong();
  private final Map<String, Long> lastEvents = new ConcurrentHashMap<>();
  private final Map<String, Inspection> underWay = new ConcurrentHashMap<>();
  private final Set<String> hanging = ConcurrentHashMap.newKeySet();
  private Era era = new Era(0, false);

  /**
   * @param inspectsAtOnce how many inspects may be under way
   * @param patience how long a survey waits for its inspects, all together
   */
  public Inventory(Engine engine, int inspectsAtOnce, Duration patience) {
    this.engine = engine;
    this.patience = patience;
    threads =
        Executors.newFixedThreadPool(
            inspectsAtOnce, task -> Lane.daemonThread("berth-inventory", task));
  }

  /** The container's snapshot is not to be used any more: an event told of a change. */
  public void markDirty(String id) {
    lastEvents.put(id, events.incrementAndGet());
  }

  /** From now on events tell of changes. */
  public synchronized void streamConnected() {
    era = new Era(era.number() + 1, true);
  }

  /** From now on no event tells of changes. */
  public synchronized void streamLost() {
    era = new Era(era.number() + 1, false);
  }

  /**
   * The containers, inspecting those whose snapshot is not good any more.
   *
   * @throws EngineException if they can't be listed, or if the Engine takes no new connection
   *     afterwards: it may be shutting down, and what was seen its own doing
   */
  public Survey take() throws EngineException {
    return survey(eraOf(false));
  }

  /** As {@link #take}, but all of them inspected now. */
  public Survey takeFresh() throws EngineException {
    return survey(eraOf(true));
  }

  /** Without the stream each survey is an era of its own. */
  private synchronized Era eraOf(boolean fresh) {
    if (fresh || !era.connected()) {
      era = new Era(era.number() + 1, era.connected());
    }
    return era;
  }

  private Survey survey(Era now) throws EngineException {
    List<Engine.Summary> listed = engine.list();
    forgetAllBut(listed);
    Map<String, Container> known = new HashMap<>();
    Map<String, Inspection> inspections = new LinkedHashMap<>();
    for (Engine.Summary each : listed) {
      Snapshot snapshot = snapshots.get(each.id());
      if (snapshot != null && isGood(snapshot, each, now)) {
        known.put(each.id(), snapshot.container());
      } else if (!hanging.contains(each.id())) {
        inspections.put(each.id(), inspection(each.id(), now));
      }
    }
    await(inspections);
    engine.ping();
    return result(listed, known, inspections);
  }

  private void forgetAllBut(List<Engine.Summary> listed) {
    List<String> ids = listed.stream().map(Engine.Summary::id).toList();
    Set<String> known = Set.copyOf(ids);
    snapshots.keySet().retainAll(known);
    lastEvents.keySet().retainAll(known);
  }

  private Stamp stamp(String id, Era now) {
    return new Stamp(now, lastEvents.getOrDefault(id, 0L));
  }

  private boolean isGood(Snapshot snapshot, Engine.Summary listed, Era now) {
    return snapshot.stamp().equals(stamp(listed.id(), now))
        && snapshot.container().state() == listed.state()
        && snapshot.container().name().equals(listed.name());
  }

  /**
   * The one that another survey has under way, where it is as good as a new one; else a new one.
   */
  private Inspection inspection(String id, Era now) {
    Stamp stamp = stamp(id, now);
    return underWay.compute(
        id,
        (key, existing) ->
            existing != null && existing.stamp().equals(stamp) ? existing : inspect(id, stamp));
  }

  private Inspection inspect(String id, Stamp stamp) {
    Inspection inspection = new Inspection(stamp, new CompletableFuture<>());
    threads.execute(() -> run(id, inspection));
    return inspection;
  }

  private void run(String id, Inspection inspection) {
    try {
      Optional<Container> found = engine.inspect(id);
      found.ifPresent(c -> snapshots.put(id, new Snapshot(c, inspection.stamp())));
      underWay.remove(id, inspection);
      inspection.answer().complete(found);
    } catch (EngineException | RuntimeException e) {
      underWay.remove(id, inspection);
      inspection.answer().completeExceptionally(e);
    } finally {
      hanging.remove(id);
    }
  }

  private void await(Map<String, Inspection> inspections) throws EngineException {
    CompletableFuture<?>[] answers =
        inspections.values().stream().map(Inspection::answer).toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(answers).get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // Which ones, and why, is in the answers themselves.
      inspections.forEach(this::noteIfHanging);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException(Kind.TIMEOUT, "interrupted while containers were inspected", e);
    }
  }

  private void noteIfHanging(String id, Inspection inspection) {
    if (!inspection.answer().isDone()) {
      hanging.add(id);
      if (inspection.answer().isDone()) {
        hanging.remove(id);
      }
    }
  }

  private static Survey result(
      List<Engine.Summary> listed,
      Map<String, Container> known,
      Map<String, Inspection> inspections) {
    List<Container> containers = new ArrayList<>();
    Map<String, String> failed = new LinkedHashMap<>();
    for (Engine.Summary each : listed) {
      String id = each.id();
      Container snapshot = known.get(id);
      Inspection inspection = inspections.get(id);
      if (snapshot != null) {
        containers.add(snapshot);
      } else if (inspection == null || !inspection.answer().isDone()) {
        failed.put(id, stillHangs(id));
      } else {
        sort(id, inspection.answer(), containers, failed);
      }
    }
    return new Survey(containers, failed, inspections.size());
  }

  /** A container that is gone between the list and its inspect is neither known nor failed. */
  private static void sort(
      String id,
      CompletableFuture<Optional<Container>> answer,
      List<Container> containers,
      Map<String, String> failed) {
    try {
      answer.join().ifPresent(containers::add);
    } catch (CompletionException e) {
      failed.put(
          id,
          e.getCause() instanceof EngineException failure
              ? failure.getMessage()
              : "container " + id + ": " + e.getCause());
    }
  }

  private static String stillHangs(String id) {
    return "container %s: the Engine has not answered its inspect yet; does 'docker inspect' answer?"
        .formatted(id);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
