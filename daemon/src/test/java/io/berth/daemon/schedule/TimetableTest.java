package io.berth.daemon.schedule;

import static io.berth.policies.JobName.CREATED_CLEANUP;
import static io.berth.policies.JobName.RECONCILE;
import static io.berth.policies.JobName.SAMPLE;
import static io.berth.policies.JobName.STALE_CLEANUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.berth.policies.JobName;
import io.berth.policies.PolicyBook.Schedules;
import io.berth.policies.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimetableTest {

  private static final Duration TICK = Duration.ofMillis(100);
  private static final Duration NEVER = Duration.ofDays(1);

  private final List<Timetable> started = new ArrayList<>();
  private final Map<JobName, AtomicInteger> runs = new ConcurrentHashMap<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicReference<Duration> clockStep = new AtomicReference<>(Duration.ZERO);
  private final InstantSource wall = () -> InstantSource.system().instant().plus(clockStep.get());

  @AfterEach
  void stop() {
    release.countDown();
    started.forEach(timetable -> timetable.shutdown(Duration.ZERO));
  }

  @Test
  void each_job_runs_by_its_own_schedule_and_one_that_is_off_does_not() {
    start(every(SAMPLE, TICK, RECONCILE, TICK), this::count);

    await().until(() -> runsOf(SAMPLE) >= 3 && runsOf(RECONCILE) >= 3);
    assertThat(runsOf(STALE_CLEANUP)).isZero();
  }

  @Test
  void a_cron_line_fires() {
    Schedule everySecond = new Schedule.Cron("* * * * * ?", List.of("* * * * * ?"));
    start(schedules(Map.of(SAMPLE, everySecond)), this::count);

    await().until(() -> runsOf(SAMPLE) >= 2);
  }

  @Test
  void a_job_that_fires_early_or_is_fast_does_not_run_twice_for_one_moment() {
    Timetable timetable = start(every(SAMPLE, Duration.ofMillis(50)), this::count);
    Instant begin = Instant.now();
    await().until(() -> runsOf(SAMPLE) >= 40);

    long moments = Duration.between(begin, Instant.now()).toMillis() / 50;
    timetable.shutdown(Duration.ofSeconds(1));
    assertThat(runsOf(SAMPLE)).isLessThanOrEqualTo((int) moments + 2);
  }

  @Test
  void after_a_long_run_nothing_is_made_up_for() throws Exception {
    AtomicInteger atRelease = new AtomicInteger();
    Timetable timetable = start(every(SAMPLE, Duration.ofSeconds(1)), this::countAndHang);
    await().until(() -> runsOf(SAMPLE) == 1);
    Instant due = timetable.nextRun(SAMPLE).orElseThrow();

    await().until(() -> Instant.now().isAfter(due.plusMillis(2500))); // two moments are missed
    atRelease.set(runsOf(SAMPLE));
    release.countDown();
    await().until(() -> timetable.nextRun(SAMPLE).orElseThrow().isAfter(due));

    assertThat(atRelease).hasValue(1);
    assertThat(timetable.nextRun(SAMPLE)).contains(due.plusSeconds(3));
    await().until(() -> runsOf(SAMPLE) >= 2);
    assertThat(Instant.now()).isAfterOrEqualTo(due.plusMillis(2990));
  }

  @Test
  void a_hung_job_delays_no_other() {
    Timetable timetable = start(every(SAMPLE, TICK, RECONCILE, TICK), this::hangIfReconcile);

    await().until(() -> timetable.running().contains(RECONCILE));
    int soFar = runsOf(SAMPLE);
    await().until(() -> runsOf(SAMPLE) >= soFar + 5);
    assertThat(runsOf(RECONCILE)).isEqualTo(1);
  }

  @Test
  void a_job_that_does_not_end_is_stuck_and_one_that_does_is_not() {
    Timetable timetable = start(every(SAMPLE, TICK, RECONCILE, TICK), this::hangIfReconcile);
    assertThat(timetable.stuck(Duration.ofSeconds(30))).isEmpty();

    await().until(() -> timetable.stuck(Duration.ofMillis(500)).isPresent());
    assertThat(timetable.stuck(Duration.ofMillis(500)).orElseThrow())
        .startsWith("reconcile")
        .contains("does not end");
    assertThat(timetable.stuck(Duration.ofSeconds(30))).isEmpty();
    release.countDown();
    await().until(() -> timetable.stuck(Duration.ofMillis(500)).isEmpty());
  }

  @Test
  void a_clock_that_was_set_leaves_no_job_stuck() {
    Timetable timetable = start(every(SAMPLE, NEVER), this::count);

    clockStep.set(Duration.ofDays(3));

    assertThat(timetable.stuck(Duration.ofSeconds(30))).isEmpty();
  }

  @Test
  void when_all_other_jobs_hang_the_last_still_runs() {
    Map<JobName, Schedule> all = new EnumMap<>(JobName.class);
    for (JobName job : JobName.values()) {
      all.put(job, new Schedule.Every(TICK));
    }
    start(
        schedules(all),
        job -> {
          count(job);
          if (job != SAMPLE) {
            release.await();
          }
        });

    await().until(() -> runs.size() == JobName.values().length);
    int soFar = runsOf(SAMPLE);
    await().until(() -> runsOf(SAMPLE) >= soFar + 3);
  }

  @Test
  void a_job_that_throws_is_reported_and_runs_again() {
    start(
        every(SAMPLE, TICK),
        job -> {
          count(job);
          if (runsOf(job) == 1) {
            throw new AssertionError("a bug");
          }
          throw new java.io.IOException("no");
        });

    await().until(() -> failures.size() >= 2);
    assertThat(failures.get(0)).isEqualTo("sample: a bug");
    assertThat(failures.get(1)).isEqualTo("sample: no");
  }

  @Test
  void run_now_during_a_run_is_kept_once() {
    Timetable timetable = start(every(SAMPLE, NEVER), this::countAndHang);
    timetable.runNow(STALE_CLEANUP);
    await().until(() -> runsOf(STALE_CLEANUP) == 1);

    timetable.runNow(STALE_CLEANUP);
    timetable.runNow(STALE_CLEANUP);
    timetable.runNow(STALE_CLEANUP);
    timetable.runNow(CREATED_CLEANUP);
    await().until(() -> runsOf(CREATED_CLEANUP) == 1);
    assertThat(runsOf(STALE_CLEANUP)).isEqualTo(1);

    release.countDown();
    await().until(() -> runsOf(STALE_CLEANUP) == 2);
    await().until(() -> timetable.running().isEmpty());
    timetable.runNow(CREATED_CLEANUP);
    await().until(() -> runsOf(CREATED_CLEANUP) == 2);
    assertThat(runsOf(STALE_CLEANUP)).isEqualTo(2);
    assertThat(timetable.nextRun(STALE_CLEANUP)).isEmpty();
  }

  @Test
  void run_now_does_not_move_the_planned_run() {
    Timetable timetable = start(every(SAMPLE, NEVER), this::count);
    await().until(() -> runsOf(SAMPLE) == 1 && timetable.running().isEmpty());
    var planned = timetable.nextRun(SAMPLE);

    timetable.runNow(SAMPLE);

    await().until(() -> runsOf(SAMPLE) == 2 && timetable.running().isEmpty());
    assertThat(timetable.nextRun(SAMPLE)).isEqualTo(planned).isPresent();
  }

  @Test
  void schedules_are_replaced_whole_and_equal_ones_keep_their_moment() {
    Timetable timetable = start(every(SAMPLE, NEVER, RECONCILE, TICK), this::count);
    await().until(() -> runsOf(SAMPLE) == 1 && runsOf(RECONCILE) >= 1);
    await().until(() -> timetable.nextRun(SAMPLE).isPresent() && timetable.running().isEmpty());
    var planned = timetable.nextRun(SAMPLE);

    timetable.replace(every(SAMPLE, NEVER, STALE_CLEANUP, TICK));

    assertThat(timetable.nextRun(SAMPLE)).isEqualTo(planned);
    assertThat(timetable.nextRun(RECONCILE)).isEmpty();
    await().until(() -> runsOf(STALE_CLEANUP) >= 2);
    assertThat(runsOf(SAMPLE)).isEqualTo(1);
  }

  @Test
  void schedules_replaced_during_a_run_count_when_it_ends() {
    Timetable timetable = start(every(SAMPLE, NEVER), this::countAndHang);
    await().until(() -> runsOf(SAMPLE) == 1);

    timetable.replace(every(SAMPLE, TICK));
    release.countDown();

    await().until(() -> runsOf(SAMPLE) >= 3);
  }

  @Test
  void a_job_switched_off_during_its_run_does_not_run_again() {
    Timetable timetable = start(every(SAMPLE, TICK, RECONCILE, TICK), this::hangIfReconcile);
    await().until(() -> runsOf(RECONCILE) == 1);

    timetable.replace(every(SAMPLE, TICK));
    release.countDown();
    int soFar = runsOf(SAMPLE);

    await().until(() -> runsOf(SAMPLE) >= soFar + 5);
    assertThat(runsOf(RECONCILE)).isEqualTo(1);
  }

  @Test
  void a_wall_clock_that_steps_back_does_not_stop_the_jobs() {
    clockStep.set(Duration.ofHours(3)); // so that what is planned lies three hours ahead for Quartz
    Timetable timetable = start(every(SAMPLE, TICK), this::count);
    assertThat(timetable.nextRun(SAMPLE).orElseThrow()).isAfter(Instant.now().plusSeconds(3600));
    assertThat(runsOf(SAMPLE)).isZero();

    clockStep.set(Duration.ZERO);

    await().atMost(Duration.ofSeconds(5)).until(() -> runsOf(SAMPLE) >= 3);
  }

  @Test
  void shutdown_waits_for_a_run_that_ends() {
    CountDownLatch running = new CountDownLatch(1);
    AtomicInteger finished = new AtomicInteger();
    Timetable timetable =
        start(
            every(SAMPLE, TICK),
            job -> {
              running.countDown();
              release.await();
              finished.incrementAndGet();
            });
    await().until(() -> running.getCount() == 0);
    Thread later = new Thread(release::countDown);

    later.start();
    assertThat(timetable.shutdown(Duration.ofSeconds(20))).isEmpty();

    assertThat(finished).hasValue(1);
  }

  @Test
  void shutdown_interrupts_a_run_that_does_not_end() {
    Timetable timetable = start(every(SAMPLE, TICK), this::countAndHang);
    await().until(() -> runsOf(SAMPLE) == 1);

    assertThat(timetable.shutdown(Duration.ofMillis(50))).isEmpty();

    assertThat(failures).hasSize(1);
  }

  @Test
  void shutdown_names_a_run_that_even_ignores_interrupts_and_does_not_wait_for_it() {
    Timetable timetable =
        start(
            every(RECONCILE, TICK),
            job -> {
              count(job);
              hangForGood();
            });
    await().until(() -> runsOf(RECONCILE) == 1);
    Instant begin = Instant.now();

    assertThat(timetable.shutdown(Duration.ofMillis(50))).containsExactly(RECONCILE);

    assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(10));
    timetable.runNow(SAMPLE); // is ignored
  }

  @Test
  void several_timetables_live_in_one_process() {
    Timetable one = start(every(SAMPLE, TICK), this::count);
    start(every(RECONCILE, TICK), this::count);

    one.shutdown(Duration.ofSeconds(1));
    int soFar = runsOf(RECONCILE);

    await().until(() -> runsOf(RECONCILE) >= soFar + 3);
  }

  private Timetable start(Schedules schedules, Sweeps sweeps) {
    Timetable timetable =
        Timetable.start(
            schedules,
            sweeps,
            (job, why) -> failures.add(job.word() + ": " + why.getMessage()),
            wall,
            System::nanoTime);
    started.add(timetable);
    return timetable;
  }

  private void count(JobName job) {
    runs.computeIfAbsent(job, j -> new AtomicInteger()).incrementAndGet();
  }

  private void countAndHang(JobName job) throws InterruptedException {
    count(job);
    release.await();
  }

  private void hangIfReconcile(JobName job) throws InterruptedException {
    count(job);
    if (job == RECONCILE) {
      release.await();
    }
  }

  private void hangForGood() {
    while (release.getCount() > 0) {
      try {
        release.await();
      } catch (InterruptedException e) {
        // what this job is here for
      }
    }
  }

  private int runsOf(JobName job) {
    AtomicInteger count = runs.get(job);
    return count == null ? 0 : count.get();
  }

  private static Schedules every(JobName job, Duration period) {
    return schedules(Map.of(job, new Schedule.Every(period)));
  }

  private static Schedules every(JobName one, Duration period, JobName other, Duration others) {
    return schedules(Map.of(one, new Schedule.Every(period), other, new Schedule.Every(others)));
  }

  private static Schedules schedules(Map<JobName, Schedule> some) {
    Map<JobName, Schedule> all = new EnumMap<>(JobName.class);
    for (JobName job : JobName.values()) {
      all.put(job, some.getOrDefault(job, new Schedule.Off()));
    }
    return new Schedules(ZoneId.of("UTC"), all);
  }
}
