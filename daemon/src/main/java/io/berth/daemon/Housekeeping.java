package io.berth.daemon;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done beside the jobs: soon, or again and again. An error ends only the one run that had
 * it; what is asked for after the end is not done.
 */
final class Housekeeping implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);
  private static final int AT_ONCE = 2;
  private static final Duration LAST_WORK = Duration.ofSeconds(10);

  private final ScheduledThreadPoolExecutor threads =
      new ScheduledThreadPoolExecutor(
          AT_ONCE, Housekeeping::thread, new ThreadPoolExecutor.DiscardPolicy());

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "housekeeping");
    thread.setDaemon(true);
    return thread;
  }

  /** Has it done again and again, for the first time after one period. */
  void every(Duration period, Runnable work) {
    Future<?> unused =
        threads.scheduleWithFixedDelay(
            guarded(work), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Has it done at once, on another thread. */
  void now(Runnable work) {
    threads.execute(guarded(work));
  }

  /** To be called as often as one likes: has it done once, so long after the first of the calls. */
  Runnable gathered(Duration delay, Runnable work) {
    AtomicBoolean isDue = new AtomicBoolean();
    Runnable once =
        guarded(
            () -> {
              isDue.set(false);
              work.run();
            });
    return () -> {
      if (isDue.compareAndSet(false, true)) {
        Future<?> unused = threads.schedule(once, delay.toMillis(), TimeUnit.MILLISECONDS);
      }
    };
  }

  private static Runnable guarded(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        log.error("an error that nobody expected; it is tried again at the next occasion", e);
      }
    };
  }

  /** Lets what is under way, or was to be done at once, come to its end, as far as it is quick. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      threads.awaitTermination(LAST_WORK.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
