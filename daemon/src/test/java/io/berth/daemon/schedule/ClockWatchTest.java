package io.berth.daemon.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClockWatchTest {

  private static final Instant START = Instant.parse("2026-11-03T12:00:00Z");
  private static final long SECOND = 1_000_000_000L;

  // Near the end of the range: nanoTime may begin anywhere and overflow.
  private static final long NANOS = Long.MAX_VALUE - SECOND;

  private final ClockWatch watch = new ClockWatch(Duration.ofMillis(500), START, NANOS);

  @Test
  void clocks_that_go_together_are_no_jump_however_far_they_went() {
    assertThat(watch.jump(START.plusSeconds(1), nanosAfter(1))).isEmpty();
    assertThat(watch.jump(START.plusSeconds(3601), nanosAfter(3601))).isEmpty();
  }

  @Test
  void a_step_back_is_negative_and_a_step_forward_positive() {
    assertThat(watch.jump(START.minusSeconds(3599), nanosAfter(1))).contains(Duration.ofHours(-1));
    assertThat(watch.jump(START.plusSeconds(2), nanosAfter(2))).contains(Duration.ofHours(1));
  }

  @Test
  void a_jump_is_told_once() {
    assertThat(watch.jump(START.minusSeconds(10), NANOS)).isPresent();
    assertThat(watch.jump(START.minusSeconds(9), nanosAfter(1))).isEmpty();
  }

  @Test
  void slewing_within_the_tolerance_never_adds_up() {
    for (int tick = 1; tick <= 100; tick++) {
      Instant slewed = START.plusMillis(1010L * tick);
      assertThat(watch.jump(slewed, nanosAfter(tick))).isEmpty();
    }
  }

  private static long nanosAfter(long seconds) {
    return NANOS + seconds * SECOND;
  }
}
