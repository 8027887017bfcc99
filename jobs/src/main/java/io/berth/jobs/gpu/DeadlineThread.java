package io.berth.jobs.gpu;

import io.berth.policies.Durations;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One expendable thread for calls that may never return. A caller waits for its deadline at most.
 * While a call is overdue every other is refused at once, so that neither threads nor callers pile
 * up; once it ends, calls are taken again. The thread does not keep the process alive.
 */
final class DeadlineThread {

  private record Running(String what, Instant since) {}

  private final String name;
  private final Duration deadline;
  private final InstantSource clock;
  private final ExecutorService executor;

  private final Object lock = new Object();
  private @Nullable Running running;
  private boolean overdue;

  DeadlineThread(String name, Duration deadline, InstantSource clock) {
    this.name = name;
    this.deadline = deadline;
    this.clock = clock;
    this.executor =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * The work's answer, or why there is none yet.
   *
   * @param what the work, in words that go into "(what)"
   */
  <T> Reading<T> call(String what, Callable<Reading<T>> work) {
    Future<Reading<T>> answer;
    synchronized (lock) {
      if (overdue && running != null) {
        return Reading.unknown(notAnsweredSince(running));
      }
      try {
        answer = executor.submit(() -> run(what, work));
      } catch (RejectedExecutionException e) {
        return Reading.unknown(name + " is closed: berthd is going down");
      }
    }
    return await(what, answer);
  }

  /** Takes no more calls. One that hangs is left behind. */
  void close() {
    executor.shutdown();
  }

  private <T> Reading<T> run(String what, Callable<Reading<T>> work) throws Exception {
    synchronized (lock) {
      running = new Running(what, clock.instant());
    }
    try {
      return work.call();
    } finally {
      synchronized (lock) {
        running = null;
        overdue = false;
      }
    }
  }

  private <T> Reading<T> await(String what, Future<Reading<T>> answer) {
    try {
      return answer.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      answer.cancel(false); // an interrupt does not reach a native call
      return late(what);
    } catch (InterruptedException e) {
      answer.cancel(false);
      Thread.currentThread().interrupt();
      return Reading.unknown("interrupted while waiting for " + name + " (" + what + ")");
    } catch (ExecutionException | CancellationException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return Reading.unknown(name + " (" + what + "): " + cause);
    }
  }

  private <T> Reading<T> late(String what) {
    synchronized (lock) {
      if (running == null) { // it ended in this very moment
        return Reading.unknown(
            name + " did not answer within " + Durations.format(deadline) + " (" + what + ")");
      }
      overdue = true;
      return Reading.unknown(notAnsweredSince(running));
    }
  }

  private String notAnsweredSince(Running call) {
    return name
        + " has not answered since "
        + call.since
        + " ("
        + call.what
        + "); it is asked again once it does. If it is only slow, raise gpu.nvml_timeout";
  }
}
