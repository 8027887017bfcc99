package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClockGuardTest {

  private static final Duration TOLERANCE = Duration.ofMinutes(2);
  private static final Instant SINCE = World.START.minusSeconds(60);

  @TempDir Path folder;
  private Ledger ledger;
  private Instant wall = World.START;
  private long nanos = 7;
  private ClockGuard guard;

  @BeforeEach
  void open() {
    ledger = Ledger.open(folder.resolve("ledger.db"), wall);
    ledger.update(tables -> tables.enforcing(JobName.STALE_CLEANUP, SINCE));
    guard = another();
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @Test
  void the_first_pass_ever_finds_no_jump() {
    assertThat(guard.isSteady(TOLERANCE, 0)).isFalse();
    assertThat(check()).isEmpty();
    assertThat(guard.isSteady(TOLERANCE, 0)).isTrue();
  }

  @Test
  void time_that_passes_is_no_jump() {
    check();
    pass(Duration.ofDays(40));

    assertThat(check()).isEmpty();
  }

  @Test
  void a_step_up_to_the_tolerance_is_no_jump() {
    check();
    wall = wall.plus(TOLERANCE);
    assertThat(check()).isEmpty();

    wall = wall.minus(TOLERANCE).minusNanos(1);
    assertThat(check()).contains(TOLERANCE.plusNanos(1).negated());
  }

  @Test
  void a_jump_moves_what_is_pending_once() {
    check();
    pass(Duration.ofMinutes(1));
    wall = wall.plus(Duration.ofDays(3));

    assertThat(guard.isSteady(TOLERANCE, 0)).isFalse();
    assertThat(check()).contains(Duration.ofDays(3));
    assertThat(check()).isEmpty();
    assertThat(since()).isEqualTo(SINCE.plus(Duration.ofDays(3)));
  }

  @Test
  void what_was_read_before_a_jump_stays_of_another_time() {
    check();
    long before = guard.jumps();
    wall = wall.plus(Duration.ofDays(3));
    check();

    assertThat(guard.isSteady(TOLERANCE, before)).isFalse();
    assertThat(guard.isSteady(TOLERANCE, guard.jumps())).isTrue();
  }

  @Test
  void a_jump_while_the_daemon_was_down_is_found_by_the_next_one() {
    check();
    pass(Duration.ofHours(1));
    wall = wall.minus(Duration.ofDays(3));
    guard = another();

    assertThat(check()).contains(Duration.ofDays(-3));
    assertThat(since()).isEqualTo(SINCE.minus(Duration.ofDays(3)));
  }

  @Test
  void after_a_boot_only_a_clock_that_went_back_can_be_told() {
    check();
    nanos = 1;
    wall = wall.plus(Duration.ofDays(3));
    assertThat(guard.check("boot-2", TOLERANCE, Mode.ENFORCE)).isEmpty();

    wall = wall.minus(Duration.ofDays(1));
    assertThat(guard.check("boot-3", TOLERANCE, Mode.ENFORCE)).contains(Duration.ofDays(-1));
  }

  @Test
  void a_jump_that_can_not_be_recorded_is_found_again() {
    check();
    wall = wall.plus(Duration.ofDays(3));
    ledger.close();
    assertThatThrownBy(this::check).isInstanceOf(LedgerException.class);

    ledger = Ledger.open(folder.resolve("ledger.db"), wall);
    guard = another();
    assertThat(check()).contains(Duration.ofDays(3));
    assertThat(since()).isEqualTo(SINCE.plus(Duration.ofDays(3)));
  }

  private ClockGuard another() {
    return new ClockGuard(ledger, () -> wall, () -> nanos);
  }

  private Optional<Duration> check() {
    return guard.check("boot-1", TOLERANCE, Mode.ENFORCE);
  }

  private void pass(Duration time) {
    wall = wall.plus(time);
    nanos += time.toNanos();
  }

  private Instant since() {
    return ledger.read(tables -> tables.enforcingSince(JobName.STALE_CLEANUP).orElseThrow());
  }
}
