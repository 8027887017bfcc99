package io.berth.daemon.schedule;

import static org.quartz.JobBuilder.newJob;
import static org.quartz.TriggerBuilder.newTrigger;

import io.berth.policies.JobName;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobExecutionContext;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.Trigger;
import org.quartz.TriggerKey;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.simpl.RAMJobStore;
import org.quartz.simpl.SimpleThreadPool;

/**
 * Quartz, narrowed to an alarm a job: it rings once, at the moment it was set to, on a thread of
 * the job's own, and never while the job still runs.
 *
 * <p>One-shot triggers instead of Quartz's repeating ones: those fire every moment that a long run
 * covered, one after the other, as long as it is within the misfire threshold.
 */
final class QuartzAlarm {

  /** Who is rung. */
  interface Ringing {

    /**
     * Runs the job; must not throw.
     *
     * @param at the moment that was set; empty where it was asked for at once
     */
    void ring(JobName job, Optional<Instant> at);
  }

  private static final String SET = "set";
  private static final String AT_ONCE = "at-once";

  private final Scheduler scheduler;

  private QuartzAlarm(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  static QuartzAlarm start(Ringing ringing) {
    try {
      StdSchedulerFactory factory = new StdSchedulerFactory();
      factory.initialize(settings());
      Scheduler scheduler = factory.getScheduler();
      scheduler.setJobFactory((bundle, quartz) -> new RingJob(ringing));
      for (JobName job : JobName.values()) {
        scheduler.addJob(
            newJob(RingJob.class).withIdentity(keyOf(job)).storeDurably().build(), true);
      }
      scheduler.start();
      return new QuartzAlarm(scheduler);
    } catch (SchedulerException e) {
      throw failed("start", e);
    }
  }

  private static Properties settings() {
    Properties settings = new Properties();
    // Quartz keeps schedulers in a map of the JVM by name: a second one must have another.
    settings.setProperty("org.quartz.scheduler.instanceName", "timetable-" + UUID.randomUUID());
    settings.setProperty("org.quartz.scheduler.threadName", "timetable");
    settings.setProperty("org.quartz.scheduler.makeSchedulerThreadDaemon", "true");
    settings.setProperty("org.quartz.jobStore.class", RAMJobStore.class.getName());
    settings.setProperty("org.quartz.threadPool.class", SimpleThreadPool.class.getName());
    settings.setProperty("org.quartz.threadPool.threadNamePrefix", "job");
    settings.setProperty("org.quartz.threadPool.makeThreadsDaemons", "true");
    // One for each job, so that one that hangs keeps none from the others.
    settings.setProperty(
        "org.quartz.threadPool.threadCount", String.valueOf(JobName.values().length));
    return settings;
  }

  /** Sets the job's alarm; the one before is forgotten. Null: no alarm. */
  void set(JobName job, @Nullable Instant at) {
    try {
      scheduler.unscheduleJob(trigger(job, SET));
      if (at != null) {
        scheduler.scheduleJob(once(job, SET, at));
      }
    } catch (SchedulerException e) {
      throw failed("set the alarm of " + job.word(), e);
    }
  }

  /** Rings as soon as the job does not run; does nothing if that was asked for already. */
  void atOnce(JobName job, Instant now) {
    try {
      if (!scheduler.checkExists(trigger(job, AT_ONCE))) {
        scheduler.scheduleJob(once(job, AT_ONCE, now));
      }
    } catch (SchedulerException e) {
      throw failed("run " + job.word(), e);
    }
  }

  /** Forgets a request of {@link #atOnce}, because a run begins now. */
  void answered(JobName job) {
    try {
      scheduler.unscheduleJob(trigger(job, AT_ONCE));
    } catch (SchedulerException e) {
      throw failed("begin " + job.word(), e);
    }
  }

  /** No alarm rings from now on. Does not wait for jobs that run. */
  void stop() {
    try {
      scheduler.shutdown(false);
    } catch (SchedulerException e) {
      throw failed("stop", e);
    }
  }

  private static Trigger once(JobName job, String kind, Instant at) {
    return newTrigger()
        .withIdentity(trigger(job, kind))
        .forJob(keyOf(job))
        .startAt(Date.from(at))
        .build();
  }

  private static JobKey keyOf(JobName job) {
    return new JobKey(job.name());
  }

  private static TriggerKey trigger(JobName job, String kind) {
    return new TriggerKey(job.name(), kind);
  }

  private static IllegalStateException failed(String what, SchedulerException why) {
    return new IllegalStateException("the scheduler could not " + what, why);
  }

  /** What Quartz runs: it says which job, and when that was due. */
  @DisallowConcurrentExecution
  static final class RingJob implements Job {
    private final Ringing ringing;

    RingJob(Ringing ringing) {
      this.ringing = ringing;
    }

    @Override
    public void execute(JobExecutionContext context) {
      boolean set = context.getTrigger().getKey().getGroup().equals(SET);
      ringing.ring(
          JobName.valueOf(context.getJobDetail().getKey().getName()),
          set ? Optional.of(context.getScheduledFireTime().toInstant()) : Optional.empty());
    }
  }
}
