package io.berth.jobs.simulation;

import io.berth.jobs.activity.KeepAliveFiles;
import io.berth.jobs.container.Container;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** The keep-alive files in containers, some of them on mounts that fail or hang. */
final class SimFiles implements KeepAliveFiles {

  /** Somebody who waits for a mount. */
  private static final class Reader {
    private final Thread thread = Thread.currentThread();
    private volatile boolean goesOn;

    boolean isBusy() {
      Thread.State state = thread.getState();
      return !goesOn || state == Thread.State.RUNNABLE || state == Thread.State.BLOCKED;
    }
  }

  /** A mount that hangs. */
  private static final class Hung {
    private final CountDownLatch end = new CountDownLatch(1);
    private final Queue<Reader> readers = new ConcurrentLinkedQueue<>();
  }

  private final SimEngine engine;
  private final Map<String, Hung> hung = new ConcurrentHashMap<>();
  private final Set<String> broken = ConcurrentHashMap.newKeySet();

  SimFiles(SimEngine engine) {
    this.engine = engine;
  }

  void breaks(String id, boolean is) {
    if (is) {
      broken.add(id);
    } else {
      broken.remove(id);
    }
  }

  void hangs(String id) {
    hung.putIfAbsent(id, new Hung());
  }

  /**
   * Whoever waited is answered when this returns, so that what comes next is the same each time.
   */
  void answers(String id) {
    Hung before = hung.remove(id);
    if (before != null) {
      before.end.countDown();
      while (before.readers.stream().anyMatch(Reader::isBusy)) {
        Thread.onSpinWait();
      }
    }
  }

  boolean canRead(Ship ship) {
    return !hung.containsKey(ship.id()) && !broken.contains(ship.id());
  }

  @Override
  public Optional<Instant> modifiedAt(Container container, String path) throws IOException {
    Hung mount = hung.get(container.id());
    if (mount != null) {
      await(mount);
    }
    if (broken.contains(container.id())) {
      throw new IOException("stale file handle");
    }
    return engine.ship(container.id()).map(each -> each.keepFile);
  }

  private static void await(Hung mount) throws IOException {
    Reader reader = new Reader();
    mount.readers.add(reader);
    try {
      mount.end.await();
    } catch (InterruptedException e) {
      throw new IOException("the daemon is gone", e);
    } finally {
      reader.goesOn = true;
    }
  }
}
