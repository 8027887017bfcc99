package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TimeLimitTest {

  @Test
  void no_limit_is_the_longest() {
    TimeLimit day = TimeLimit.of(Duration.ofDays(1));

    assertThat(day.orLonger(TimeLimit.NONE)).isEqualTo(TimeLimit.NONE);
    assertThat(TimeLimit.NONE.orLonger(day)).isEqualTo(TimeLimit.NONE);
    assertThat(day.orLonger(TimeLimit.of(Duration.ofHours(25)))).hasToString("1d1h");
  }
}
