package io.berth.daemon;

import static io.berth.policies.JobName.RECONCILE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.berth.daemon.schedule.Timetable;
import io.berth.policies.JobName;
import io.berth.policies.PolicyBook.Schedules;
import io.berth.policies.Schedule;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DaemonLifeTest {

  private final CountDownLatch release = new CountDownLatch(1);
  private volatile Duration passed = Duration.ZERO;
  private Timetable timetable;

  @BeforeEach
  void aJobThatDoesNotEnd() {
    Map<JobName, Schedule> schedules = new EnumMap<>(JobName.class);
    for (JobName job : JobName.values()) {
      schedules.put(job, new Schedule.Off());
    }
    timetable =
        Timetable.start(
            new Schedules(ZoneId.of("UTC"), schedules),
            job -> release.await(),
            (job, why) -> {},
            InstantSource.system(),
            () -> System.nanoTime() + passed.toNanos());
    timetable.runNow(RECONCILE);
    await().until(() -> timetable.running().contains(RECONCILE));
  }

  @AfterEach
  void end() {
    release.countDown();
    timetable.shutdown(Duration.ofSeconds(1));
  }

  @Test
  void a_job_is_stuck_after_five_times_of_the_watchdog_and_four_calls_to_the_engine() {
    DaemonLife life = life(Optional.of(Duration.ofHours(2)));

    passed = Duration.ofHours(13);
    assertThat(life.stuck()).isEmpty();
    passed = Duration.ofHours(15);
    assertThat(life.stuck()).hasValueSatisfying(words -> assertThat(words).startsWith("reconcile"));
  }

  @Test
  void without_a_watchdog_it_is_after_ten_minutes() {
    DaemonLife life = life(Optional.empty());

    passed = Duration.ofHours(4);
    assertThat(life.stuck()).isEmpty();
    passed = Duration.ofHours(4).plusMinutes(11);
    assertThat(life.stuck()).isPresent();
  }

  private DaemonLife life(Optional<Duration> watchdog) {
    return new DaemonLife(timetable, watchdog, () -> Duration.ofHours(1), () -> "");
  }
}
