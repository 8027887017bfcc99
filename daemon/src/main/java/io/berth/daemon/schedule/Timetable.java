package io.berth.daemon.schedule;

import io.berth.policies.JobName;
import io.berth.policies.PolicyBook.Schedules;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timetable of the jobs: runs each one by its schedule, never twice at a time, and no job waits
 * for another.
 *
 * <p>A moment that comes while the job still runs is dropped; a {@link #runNow} that comes then is
 * kept, once. All state but Quartz's own is guarded by this object's lock, which is never held
 * while a job runs.
 */
public final class Timetable {

  /** How often the clocks are compared: a step back costs no job more than this and one period. */
  private static final Duration WATCH_PERIOD = Duration.ofSeconds(1);

  /** A shorter jump delays a job by no more than itself, and is left alone. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMillis(500);

  /** Between the first runs of the jobs, so that they don't all start at once. */
  private static final Duration STAGGER = Duration.ofSeconds(1);

  /** What is left to a job after it was interrupted. */
  private static final Duration LAST_WORD = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(Timetable.class);

  /**
   * One job's rhythm, how soon it begins, when it is due, and the thread it runs on; the ticks are
   * those of its due time and of its run's begin.
   */
  private static final class Slot {
    private final Duration soon;
    private Rhythm rhythm;
    private @Nullable Instant due;
    private long dueTick;
    private @Nullable Thread thread;
    private long beganTick;

    Slot(Duration soon, Rhythm rhythm) {
      this.soon = soon;
      this.rhythm = rhythm;
    }
  }

  private final Sweeps sweeps;
  private final Sweeps.Failures failures;
  private final InstantSource wall;
  private final LongSupplier ticker;
  private final Map<JobName, Slot> slots = new EnumMap<>(JobName.class);
  private final QuartzAlarm alarm;
  private final ScheduledExecutorService watchdog;
  private boolean closed;

  private Timetable(
      Schedules schedules,
      Sweeps sweeps,
      Sweeps.Failures failures,
      InstantSource wall,
      LongSupplier ticker) {
    this.sweeps = sweeps;
    this.failures = failures;
    this.wall = wall;
    this.ticker = ticker;
    Duration soon = Duration.ZERO;
    for (JobName job : JobName.values()) {
      soon = soon.plus(STAGGER);
      slots.put(job, new Slot(soon, rhythmOf(job, schedules)));
    }
    watchdog = Executors.newSingleThreadScheduledExecutor(Timetable::watchdogThread);
    alarm = QuartzAlarm.start(this::run);
  }

  /**
   * Starts the jobs: those with a period soon and one after the other, those with a cron line at
   * its next moment.
   *
   * @param wall the system's clock, which is also Quartz's
   * @param ticker a monotonic clock in nanoseconds, {@link System#nanoTime}
   */
  public static Timetable start(
      Schedules schedules,
      Sweeps sweeps,
      Sweeps.Failures failures,
      InstantSource wall,
      LongSupplier ticker) {
    Timetable timetable = new Timetable(schedules, sweeps, failures, wall, ticker);
    timetable.setFirst();
    timetable.watchClocks();
    return timetable;
  }

  /** Takes over other schedules. A job whose schedule is the same keeps its next moment. */
  public synchronized void replace(Schedules schedules) {
    Instant now = now();
    for (JobName job : JobName.values()) {
      Rhythm rhythm = rhythmOf(job, schedules);
      Slot slot = slot(job);
      if (!rhythm.sameAs(slot.rhythm)) {
        slot.rhythm = rhythm;
        set(job, rhythm.takenOver(slot.due, now, slot.soon));
      }
    }
  }

  /** Runs the job once, now or as soon as its run in hand is over; also one that is off. */
  public synchronized void runNow(JobName job) {
    if (!closed) {
      alarm.atOnce(job, now());
    }
  }

  /** When that job is due next; empty where it is off. */
  public synchronized Optional<Instant> nextRun(JobName job) {
    return Optional.ofNullable(slot(job).due);
  }

  /** The jobs that run at this moment. */
  public synchronized Set<JobName> running() {
    Set<JobName> running = EnumSet.noneOf(JobName.class);
    slots.forEach(
        (job, slot) -> {
          if (slot.thread != null) {
            running.add(job);
          }
        });
    return running;
  }

  /**
   * What does not go on, in words: a job that has been at work for longer than {@code patience}, or
   * one that was due that long ago and has not begun. On the monotonic clock: a clock that was set
   * makes nothing late. Empty while all is well, and after the shutdown.
   */
  public synchronized Optional<String> stuck(Duration patience) {
    long now = ticker.getAsLong();
    return slots.entrySet().stream()
        .filter(entry -> !closed && waitedSince(entry.getValue(), now) > patience.toNanos())
        .map(entry -> entry.getKey().word() + lateness(entry.getValue()))
        .findFirst();
  }

  private static long waitedSince(Slot slot, long now) {
    if (slot.thread != null) {
      return now - slot.beganTick;
    }
    return slot.due == null ? 0 : now - slot.dueTick;
  }

  private static String lateness(Slot slot) {
    return slot.thread == null
        ? " was due at " + slot.due + " and has not begun"
        : ", due at " + slot.due + ", has begun and does not end";
  }

  /**
   * Starts nothing more, waits for what runs, then interrupts it. Returns after {@code patience}
   * and a second at the latest.
   *
   * @return the jobs that still run; their threads do not keep the process alive
   */
  public Set<JobName> shutdown(Duration patience) {
    close();
    awaitIdle(patience);
    interruptAll();
    awaitIdle(LAST_WORD);
    return running();
  }

  private synchronized void close() {
    closed = true;
    watchdog.shutdownNow();
    alarm.stop();
  }

  private synchronized void setFirst() {
    Instant now = now();
    slots.forEach((job, slot) -> set(job, slot.rhythm.first(now, slot.soon)));
  }

  private void run(JobName job, Optional<Instant> at) {
    if (!begin(job)) {
      return;
    }
    try {
      sweeps.run(job);
    } catch (Throwable e) {
      report(job, e);
    } finally {
      end(job, at);
    }
  }

  private synchronized boolean begin(JobName job) {
    if (closed) {
      return false;
    }
    alarm.answered(job);
    Slot slot = slot(job);
    slot.thread = Thread.currentThread();
    slot.beganTick = ticker.getAsLong();
    return true;
  }

  private synchronized void end(JobName job, Optional<Instant> at) {
    Slot slot = slot(job);
    slot.thread = null;
    notifyAll();
    if (closed || slot.due == null) {
      return;
    }
    // Quartz fires up to 2 ms early: what was fired has passed, whatever the clock says.
    Instant now = now();
    boolean early = slot.due.isAfter(now) && at.filter(slot.due::equals).isPresent();
    set(job, slot.rhythm.next(slot.due, early ? slot.due : now));
  }

  private void report(JobName job, Throwable why) {
    try {
      failures.failed(job, why);
    } catch (RuntimeException e) {
      e.addSuppressed(why);
      LOG.error("{} failed, and so did reporting it", job.word(), e);
    }
  }

  private void watchClocks() {
    ClockWatch watch = new ClockWatch(CLOCK_TOLERANCE, wall.instant(), ticker.getAsLong());
    long period = WATCH_PERIOD.toMillis();
    var unused =
        watchdog.scheduleWithFixedDelay(
            () -> watch.jump(wall.instant(), ticker.getAsLong()).ifPresent(this::clockJumped),
            period,
            period,
            TimeUnit.MILLISECONDS);
  }

  private synchronized void clockJumped(Duration jump) {
    if (closed) {
      return;
    }
    LOG.warn("the wall clock jumped by {}: the jobs are rescheduled", jump);
    Instant now = now();
    slots.forEach(
        (job, slot) -> {
          if (slot.due != null) {
            set(job, slot.rhythm.moved(slot.due, jump, now));
          }
        });
  }

  private void set(JobName job, Optional<Instant> due) {
    Instant at = due.map(moment -> moment.truncatedTo(ChronoUnit.MILLIS)).orElse(null);
    Slot slot = slot(job);
    slot.due = at;
    if (at != null) {
      slot.dueTick = ticker.getAsLong() + Duration.between(wall.instant(), at).toNanos();
    }
    alarm.set(job, at);
  }

  private synchronized void awaitIdle(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      for (long left = patience.toNanos(); left > 0 && !running().isEmpty(); ) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
        left = deadline - System.nanoTime();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // whoever shuts down is in a hurry
    }
  }

  private synchronized void interruptAll() {
    for (Slot slot : slots.values()) {
      if (slot.thread != null) {
        slot.thread.interrupt();
      }
    }
  }

  private Slot slot(JobName job) {
    Slot slot = slots.get(job);
    if (slot == null) {
      throw new IllegalStateException("no slot for " + job.word());
    }
    return slot;
  }

  /** To the millisecond, which is what Quartz counts in. */
  private Instant now() {
    return wall.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private static Rhythm rhythmOf(JobName job, Schedules schedules) {
    return new Rhythm(schedules.of(job), schedules.timezone());
  }

  private static Thread watchdogThread(Runnable work) {
    Thread thread = new Thread(work, "clock-watch");
    thread.setDaemon(true);
    return thread;
  }
}
