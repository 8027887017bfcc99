package io.berth.daemon.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.policies.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RhythmTest {

  private static final ZoneId UTC = ZoneId.of("UTC");
  private static final Instant NOON = Instant.parse("2026-11-03T12:00:00Z");
  private static final Duration SOON = Duration.ofSeconds(2);
  private static final Rhythm EVERY_MINUTE = every(Duration.ofMinutes(1));
  private static final Rhythm AT_TEN_PAST = cron("0 10 * * * ?", UTC);
  private static final Rhythm OFF = new Rhythm(new Schedule.Off(), UTC);

  @Test
  void a_period_begins_soon_and_a_cron_line_at_its_moment() {
    assertThat(EVERY_MINUTE.first(NOON, SOON)).contains(NOON.plus(SOON));
    assertThat(every(Duration.ofSeconds(1)).first(NOON, SOON)).contains(NOON.plusSeconds(1));
    assertThat(AT_TEN_PAST.first(NOON, SOON)).contains(NOON.plusSeconds(600));
    assertThat(OFF.first(NOON, SOON)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0, 60", "1, 60", "59, 60", "60, 120", "61, 120", "3599, 3600", "3600, 3660"})
  void moments_that_passed_are_dropped_and_the_grid_stays(long passed, long next) {
    assertThat(EVERY_MINUTE.next(NOON, NOON.plusSeconds(passed))).contains(NOON.plusSeconds(next));
  }

  @Test
  void a_moment_that_is_still_to_come_stays() {
    assertThat(EVERY_MINUTE.next(NOON.plusSeconds(5), NOON)).contains(NOON.plusSeconds(5));
    assertThat(AT_TEN_PAST.next(NOON.plusSeconds(600), NOON)).contains(NOON.plusSeconds(600));
  }

  @Test
  void a_cron_line_has_one_next_moment_however_long_the_run_was() {
    Instant planned = NOON.plusSeconds(600);

    assertThat(AT_TEN_PAST.next(planned, planned)).contains(planned.plusSeconds(3600));
    assertThat(AT_TEN_PAST.next(planned, planned.plus(Duration.ofHours(30))))
        .contains(planned.plus(Duration.ofHours(31)));
  }

  @Test
  void a_clock_that_steps_back_leaves_a_period_its_remaining_time() {
    Instant planned = NOON.plusSeconds(40);
    Instant steppedBack = NOON.minus(Duration.ofHours(1));

    assertThat(EVERY_MINUTE.moved(planned, Duration.ofHours(-1), steppedBack))
        .contains(steppedBack.plusSeconds(40));
  }

  @Test
  void after_any_jump_a_period_is_over_within_one_period() {
    Instant planned = NOON.plusSeconds(3640); // already counted by the clock that had jumped

    assertThat(EVERY_MINUTE.moved(planned, Duration.ofHours(1), NOON))
        .contains(NOON.plusSeconds(60));
  }

  @Test
  void a_cron_line_follows_the_wall_clock() {
    Instant planned = NOON.plusSeconds(600);

    assertThat(AT_TEN_PAST.moved(planned, Duration.ofHours(-1), NOON.minusSeconds(3600)))
        .contains(planned.minusSeconds(3600));
    assertThat(AT_TEN_PAST.moved(planned, Duration.ofHours(2), NOON.plusSeconds(7200)))
        .contains(planned.plusSeconds(7200));
  }

  @Test
  void another_period_neither_loses_nor_doubles_the_run_that_was_planned() {
    Instant planned = NOON.plusSeconds(50);

    assertThat(every(Duration.ofHours(1)).takenOver(planned, NOON, SOON)).contains(planned);
    assertThat(every(Duration.ofSeconds(10)).takenOver(planned, NOON, SOON))
        .contains(NOON.plusSeconds(10));
    assertThat(EVERY_MINUTE.takenOver(null, NOON, SOON)).contains(NOON.plus(SOON));
    assertThat(AT_TEN_PAST.takenOver(planned, NOON, SOON)).contains(NOON.plusSeconds(600));
    assertThat(OFF.takenOver(planned, NOON, SOON)).isEmpty();
  }

  @Test
  void a_zone_makes_a_difference_to_cron_lines_only() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");

    assertThat(AT_TEN_PAST.sameAs(cron("0 10 * * * ?", UTC))).isTrue();
    assertThat(AT_TEN_PAST.sameAs(cron("0 10 * * * ?", berlin))).isFalse();
    assertThat(EVERY_MINUTE.sameAs(new Rhythm(new Schedule.Every(Duration.ofMinutes(1)), berlin)))
        .isTrue();
    assertThat(EVERY_MINUTE.sameAs(OFF)).isFalse();
  }

  @Test
  void a_period_that_does_not_advance_is_refused() {
    assertThatThrownBy(() -> every(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
  }

  private static Rhythm every(Duration period) {
    return new Rhythm(new Schedule.Every(period), UTC);
  }

  private static Rhythm cron(String line, ZoneId zone) {
    return new Rhythm(new Schedule.Cron(line, List.of(line)), zone);
  }
}
