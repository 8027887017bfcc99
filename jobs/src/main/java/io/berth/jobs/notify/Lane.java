package io.berth.jobs.notify;

import io.berth.policies.Durations;
import io.berth.policies.PolicyBook.Notifications;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A channel with threads of its own: one that takes notices in order from a bounded queue and
 * watches the time, and a few expendable ones that deliver. A delivery that does not even end when
 * it is interrupted costs one of those; when all are lost so, the channel fails at once.
 */
final class Lane implements AutoCloseable {

  static final int MAX_WAITING = 200;
  static final int MAX_HANGING = 4;
  private static final int IDLE_SECONDS = 30;
  private static final String GOING_DOWN = "berthd is going down";

  /** A notice in the queue. */
  private final class Job implements Runnable {

    private final Message message;
    private final Notifications settings;
    private final CompletableFuture<Delivery> result = new CompletableFuture<>();

    Job(Message message, Notifications settings) {
      this.message = message;
      this.settings = settings;
    }

    @Override
    public void run() {
      result.complete(inTime(message, settings));
    }

    void fail(String why) {
      result.complete(failed(why));
    }
  }

  private final Channel channel;
  private final ThreadPoolExecutor turns;
  private final ThreadPoolExecutor deliveries;

  Lane(Channel channel) {
    this.channel = channel;
    this.turns = threads(channel.name(), 1, new ArrayBlockingQueue<>(MAX_WAITING));
    this.deliveries = threads(channel.name() + "-call", MAX_HANGING, new SynchronousQueue<>());
  }

  /** Threads that end when they have nothing to do, and never keep the process alive. */
  static ThreadPoolExecutor threads(String name, int count, BlockingQueue<Runnable> queue) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            queue,
            task -> {
              Thread thread = new Thread(task, "berth-notify-" + name);
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  boolean isOn(Notifications settings) {
    return channel.isOn(settings);
  }

  /** Returns at once. What comes of it never is an exception. */
  CompletableFuture<Delivery> deliver(Message message, Notifications settings) {
    Job job = new Job(message, settings);
    try {
      turns.execute(job);
    } catch (RejectedExecutionException e) {
      job.fail(
          turns.isShutdown()
              ? GOING_DOWN
              : MAX_WAITING + " notices wait for this channel already: it is too slow");
    }
    return job.result;
  }

  private Delivery inTime(Message message, Notifications settings) {
    Future<Delivery> delivery;
    try {
      delivery = deliveries.submit(() -> channel.deliver(message, settings));
    } catch (RejectedExecutionException e) {
      return deliveries.isShutdown()
          ? failed(GOING_DOWN)
          : failed(MAX_HANGING + " earlier deliveries hang; not tried again before one ends");
    }
    try {
      return delivery.get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return failed(
          "gave up after "
              + Durations.format(settings.timeout())
              + " (notifications.timeout)"
              + channel.remedy(settings));
    } catch (InterruptedException e) {
      return failed(GOING_DOWN);
    } catch (ExecutionException e) {
      return failed(Plain.line(String.valueOf(said(e))));
    } finally {
      delivery.cancel(true);
    }
  }

  private static @Nullable String said(ExecutionException failure) {
    Throwable cause = failure.getCause();
    return cause instanceof IOException ? cause.getMessage() : failure.getMessage();
  }

  private Delivery failed(String why) {
    return Delivery.failed(channel.name(), why);
  }

  /** Gives up what waits and what is under way. */
  @Override
  public void close() {
    turns.shutdownNow().forEach(waiting -> ((Job) waiting).fail(GOING_DOWN));
    deliveries.shutdownNow();
  }
}
