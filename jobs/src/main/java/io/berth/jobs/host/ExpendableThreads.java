package io.berth.jobs.host;

import io.berth.policies.Durations;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A bounded number of threads for calls that may never return, at most one for each key. A caller
 * waits for its deadline, and once more where another call for its key is in the way; while that
 * one is overdue, not at all.
 */
final class ExpendableThreads {

  private static final int IDLE_SECONDS = 30;

  /** Work under way. */
  private final class Call<T> extends FutureTask<T> {

    private volatile boolean overdue;

    Call(String key, Callable<T> work) {
      // The key is free, and room for another call, before anybody is told of the end.
      super(
          () -> {
            try {
              return work.call();
            } finally {
              running.remove(key);
              free.release();
            }
          });
    }

    boolean endsInTime() throws InterruptedIOException {
      try {
        get(deadline.toNanos(), TimeUnit.NANOSECONDS);
        return true;
      } catch (TimeoutException e) {
        overdue = true;
        return false;
      } catch (ExecutionException e) {
        return true; // told to whoever asked for it
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }
  }

  private final Duration deadline;
  private final int most;
  private final Semaphore free;
  private final ThreadPoolExecutor threads;
  private final Map<String, Call<?>> running = new ConcurrentHashMap<>();

  ExpendableThreads(String name, Duration deadline, int most) {
    this.deadline = deadline;
    this.most = most;
    this.free = new Semaphore(most);
    this.threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE, // one whose call has just ended may not be back for the next yet
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * The work's answer.
   *
   * @throws IOException the work's own; or there was no answer in time, another one hangs, or all
   *     threads do
   */
  <T> T call(String key, Callable<T> work) throws IOException {
    Call<T> mine = new Call<>(key, work);
    for (Call<?> other = running.putIfAbsent(key, mine);
        other != null;
        other = running.putIfAbsent(key, mine)) {
      if (other.overdue || !other.endsInTime()) {
        throw new IOException("an earlier access hangs: is something mounted there that hangs?");
      }
    }
    if (!free.tryAcquire()) {
      running.remove(key, mine);
      throw new IOException("all " + most + " threads for this hang or are busy");
    }
    threads.execute(mine);
    return answer(mine);
  }

  private <T> T answer(Call<T> call) throws IOException {
    if (!call.endsInTime()) {
      throw new IOException("no answer within " + Durations.format(deadline));
    }
    try {
      return call.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IOException("unexpected: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted");
  }
}
