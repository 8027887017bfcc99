package io.berth.jobs.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.policies.TimeLimit;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClockTest {

  private static final Instant NOW = Given.NOW;
  private static final TimeLimit HALF_HOUR = TimeLimit.of(Duration.ofMinutes(30));

  @Test
  void starts_when_it_is_first_seen_whatever_the_stamp_says() {
    Clock clock = Clock.under(HALF_HOUR, null, Instant.MIN, NOW).orElseThrow();

    assertThat(clock).isEqualTo(new Clock(NOW, NOW.plus(Duration.ofMinutes(30))));
  }

  @Test
  void a_promised_moment_never_moves_earlier_when_the_limit_gets_shorter() {
    Clock promised = new Clock(NOW.minusSeconds(60), NOW.plusSeconds(7200));

    Clock clock = Clock.under(HALF_HOUR, promised, Instant.MIN, NOW).orElseThrow();

    assertThat(clock.due()).isEqualTo(promised.due());
  }

  @Test
  void moves_later_when_the_limit_gets_longer() {
    Clock promised = new Clock(NOW.minusSeconds(60), NOW.plusSeconds(60));

    Clock clock = Clock.under(HALF_HOUR, promised, Instant.MIN, NOW).orElseThrow();

    assertThat(clock.due()).isEqualTo(NOW.minusSeconds(60).plus(Duration.ofMinutes(30)));
  }

  @Test
  void the_limit_runs_in_full_after_a_boot_an_engine_start_or_the_switch_to_enforce() {
    Clock overdue = new Clock(NOW.minus(Duration.ofDays(3)), NOW.minus(Duration.ofDays(2)));

    Clock clock = Clock.under(HALF_HOUR, overdue, NOW.minusSeconds(1), NOW).orElseThrow();

    assertThat(clock.due()).isEqualTo(NOW.minusSeconds(1).plus(Duration.ofMinutes(30)));
  }

  @Test
  void there_is_none_without_a_limit() {
    assertThat(Clock.under(TimeLimit.NONE, new Clock(NOW, NOW), Instant.MIN, NOW)).isEmpty();
  }

  @Test
  void
      over_any_sequence_of_limits_and_floors_nothing_promised_moves_earlier_or_falls_due_at_once() {
    Random random = new Random(20261121);
    for (int run = 0; run < 2_000; run++) {
      Instant now = NOW;
      Instant floor = Instant.MIN;
      @Nullable Clock clock = null;
      for (int step = 0; step < 20; step++) {
        TimeLimit limit =
            random.nextInt(6) == 0
                ? TimeLimit.NONE
                : TimeLimit.of(Duration.ofMinutes(1 + random.nextInt(100)));
        if (random.nextInt(5) == 0) {
          floor = now;
        }
        Clock next = Clock.under(limit, clock, floor, now).orElse(null);
        if (next != null && clock == null) {
          assertThat(next.due())
              .as("a new clock grants its limit")
              .isEqualTo(limit.after(now).orElseThrow());
        }
        if (next != null && clock != null) {
          assertThat(next.due()).isAfterOrEqualTo(clock.due());
        }
        if (next != null && floor.equals(now)) {
          assertThat(next.due()).isAfterOrEqualTo(limit.after(now).orElseThrow());
        }
        clock = next;
        now = now.plusSeconds(random.nextInt(1800));
      }
    }
  }
}
