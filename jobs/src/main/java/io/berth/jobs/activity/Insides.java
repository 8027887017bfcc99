package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import io.berth.jobs.gpu.Reading;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is read through the containers' own file systems, on threads of their own, since a mount
 * there may hang: that costs a thread, and its container the news. One question a container is
 * under way at a time; what it last answered counts until it answers again.
 */
final class Insides implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Insides.class);
  private static final int THREADS = 16;
  private static final Duration IDLE_THREAD = Duration.ofMinutes(2);

  private final Terminals terminals;
  private final KeepAliveFiles files;
  private final Duration patience;
  private final ThreadPoolExecutor threads;
  private final Map<String, CompletableFuture<Look.Inside>> underWay = new ConcurrentHashMap<>();
  private final Map<String, Look.Inside> answers = new ConcurrentHashMap<>();

  /**
   * @param patience for all containers of one look together
   */
  Insides(Terminals terminals, KeepAliveFiles files, Duration patience) {
    this.terminals = terminals;
    this.files = files;
    this.patience = patience;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_THREAD.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(), // holds one for each container at most
            Insides::thread,
            new ThreadPoolExecutor.DiscardPolicy()); // once closed, nobody is answered any more
    threads.allowCoreThreadTimeOut(true);
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "berth-insides");
    thread.setDaemon(true);
    return thread;
  }

  /** Asks all of them; one that does not answer in time is answered for by what it said last. */
  void ask(Collection<Container> containers, String keepAliveFile, Instant now) {
    List<CompletableFuture<Look.Inside>> asked = new ArrayList<>();
    for (Container each : containers) {
      CompletableFuture<Look.Inside> fresh = new CompletableFuture<>();
      if (underWay.putIfAbsent(each.id(), fresh) == null) {
        asked.add(fresh);
        threads.execute(() -> answer(each, keepAliveFile, now, fresh));
      }
    }
    await(CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)));
  }

  Look.Inside of(Container container) {
    return answers.getOrDefault(container.id(), Look.Inside.UNANSWERED);
  }

  /** How many have not answered for longer than one look waits. */
  int silent() {
    return underWay.size();
  }

  /** Why input in terminals is not seen, for each container that answered so. */
  List<String> unseen() {
    return answers.values().stream()
        .filter(each -> !each.input().isKnown())
        .map(each -> each.input().why())
        .toList();
  }

  /** Forgets the others. */
  void retain(Set<String> containerIds) {
    answers.keySet().retainAll(containerIds);
  }

  private void answer(
      Container container, String path, Instant now, CompletableFuture<Look.Inside> asked) {
    try {
      answers.put(
          container.id(), new Look.Inside(input(container, now), keepAlive(container, path)));
    } catch (RuntimeException e) {
      log.error("looking into {} failed", container.name(), e);
      answers.put(container.id(), Look.Inside.unknown(e.toString()));
    } finally {
      underWay.remove(container.id());
      asked.complete(of(container));
    }
  }

  private Reading<Optional<Instant>> input(Container container, Instant now) {
    try {
      return Reading.known(terminals.lastInput(container.pid(), now));
    } catch (IOException e) {
      return Reading.unknown(container.name() + ": " + e);
    }
  }

  private Reading<Optional<Instant>> keepAlive(Container container, String path) {
    try {
      return Reading.known(files.modifiedAt(container, path));
    } catch (IOException e) {
      return Reading.unknown(path + ": " + e.getMessage());
    }
  }

  private void await(CompletableFuture<?> all) {
    try {
      all.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.debug("{} containers have not answered yet", underWay.size());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("an answer never fails", e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
