package io.berth.daemon.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronTimesTest {

  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final LocalDate FORWARD = LocalDate.of(2026, 3, 29);
  private static final LocalDate BACK = LocalDate.of(2026, 10, 25);

  @ParameterizedTest
  @CsvSource({
    "0 */5 * * * ?, 2026-11-03T10:02:00Z, 2026-11-03T10:05:00Z",
    "0 */5 * * * ?, 2026-11-03T10:05:00Z, 2026-11-03T10:10:00Z",
    "0 */5 * * * ?, 2026-11-03T10:04:59.999Z, 2026-11-03T10:05:00Z",
    "0 30 2 * * ?, 2026-11-03T10:00:00Z, 2026-11-04T01:30:00Z",
    "0 0 9 ? * MON-FRI, 2026-11-06T09:00:00Z, 2026-11-09T08:00:00Z",
    "0 0 0 29 2 ?, 2026-11-03T10:00:00Z, 2028-02-28T23:00:00Z",
    "*/10 * * * * ?, 2026-11-03T10:00:05Z, 2026-11-03T10:00:10Z",
  })
  void on_ordinary_days_it_is_what_the_line_says(String line, Instant now, Instant next) {
    assertThat(times(line).after(now)).contains(next);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 */5 * * * ?", "0 2/5 * * * ?", "0 0/5 0-23 * * ?"})
  void every_five_minutes_stays_every_five_minutes_on_both_days_of_change(String line) {
    for (LocalDate day : List.of(FORWARD, BACK)) {
      List<Instant> moments = on(day, line);

      long minutes = Duration.between(startOf(day), startOf(day.plusDays(1))).toMinutes();
      assertThat(moments).hasSize((int) minutes / 5);
      for (int i = 1; i < moments.size(); i++) {
        assertThat(Duration.between(moments.get(i - 1), moments.get(i))).hasMinutes(5);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2026-03-29, 23", "2026-10-25, 25", "2026-10-26, 24"})
  void an_hourly_line_runs_once_in_each_hour_that_there_is(LocalDate day, int runs) {
    assertThat(on(day, "0 0 * * * ?")).hasSize(runs).doesNotHaveDuplicates();
    assertThat(on(day, "0 7 * * * ?")).hasSize(runs).doesNotHaveDuplicates();
  }

  @Test
  void a_daily_time_that_is_skipped_runs_when_the_clocks_change() {
    assertThat(on(FORWARD, "0 30 2 * * ?")).containsExactly(Instant.parse("2026-03-29T01:00:00Z"));
    assertThat(on(FORWARD, "0 0 2 * * ?")).containsExactly(Instant.parse("2026-03-29T01:00:00Z"));
  }

  @Test
  void a_daily_time_that_is_repeated_runs_the_first_time_only() {
    assertThat(on(BACK, "0 30 2 * * ?")).containsExactly(Instant.parse("2026-10-25T00:30:00Z"));
    assertThat(on(BACK, "0 0 2 * * ?")).containsExactly(Instant.parse("2026-10-25T00:00:00Z"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 59 1 * * ?", "0 0 3 * * ?", "0 0 0 * * ?", "59 59 23 * * ?"})
  void a_daily_time_beside_the_change_runs_once(String line) {
    assertThat(on(FORWARD, line)).hasSize(1);
    assertThat(on(BACK, line)).hasSize(1);
  }

  @Test
  void several_skipped_times_run_once_together() {
    assertThat(on(FORWARD, "0 10,40 2,3 * * ?"))
        .containsExactly(
            Instant.parse("2026-03-29T01:00:00Z"),
            Instant.parse("2026-03-29T01:10:00Z"),
            Instant.parse("2026-03-29T01:40:00Z"));
  }

  @Test
  void a_line_that_recurs_in_the_morning_is_not_silent_in_the_repeated_hour() {
    List<Instant> moments = on(BACK, "0 */10 1-4 * * ?");

    assertThat(moments).hasSize(5 * 6);
    for (int i = 1; i < moments.size(); i++) {
      assertThat(Duration.between(moments.get(i - 1), moments.get(i))).hasMinutes(10);
    }
  }

  @Test
  void half_an_hour_of_change_is_no_different() {
    ZoneId lordHowe = ZoneId.of("Australia/Lord_Howe");
    LocalDate back = LocalDate.of(2026, 4, 5);
    LocalDate forward = LocalDate.of(2026, 10, 4);

    assertThat(on(back, "0 */5 * * * ?", lordHowe)).hasSize(24 * 12 + 6);
    assertThat(on(forward, "0 */5 * * * ?", lordHowe)).hasSize(24 * 12 - 6);
    assertThat(on(back, "0 45 1 * * ?", lordHowe)).hasSize(1);
    assertThat(on(forward, "0 15 2 * * ?", lordHowe)).hasSize(1);
  }

  @Test
  void a_change_at_midnight_loses_no_day() {
    ZoneId santiago = ZoneId.of("America/Santiago"); // 2026-09-06 begins at 01:00

    assertThat(on(LocalDate.of(2026, 9, 6), "0 0 0 * * ?", santiago)).hasSize(1);
    assertThat(on(LocalDate.of(2026, 9, 6), "0 30 0 * * ?", santiago)).hasSize(1);
  }

  @Test
  void the_earliest_of_several_lines_counts() {
    CronTimes either = new CronTimes(List.of("0 0 4 13 * ?", "0 0 4 ? * FRI"), BERLIN);

    assertThat(either.after(Instant.parse("2026-11-07T12:00:00Z")))
        .contains(Instant.parse("2026-11-13T03:00:00Z"));
    assertThat(either.after(Instant.parse("2026-11-13T03:00:00Z")))
        .contains(Instant.parse("2026-11-20T03:00:00Z"));
  }

  @Test
  void a_line_whose_years_are_over_has_no_moment_left() {
    assertThat(times("0 0 4 * * ? 2020").after(Instant.parse("2026-11-03T10:00:00Z"))).isEmpty();
    assertThat(times("0 */5 * * * ? 2020").after(Instant.parse("2026-11-03T10:00:00Z"))).isEmpty();
  }

  @Test
  void what_is_no_cron_line_is_refused_by_name() {
    assertThatThrownBy(() -> times("0 0 4 * * MONDAYS"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 0 4 * * MONDAYS");
  }

  private static CronTimes times(String line) {
    return new CronTimes(List.of(line), BERLIN);
  }

  private static List<Instant> on(LocalDate day, String line) {
    return on(day, line, BERLIN);
  }

  /** All moments of that local day, as a timetable would meet them one after the other. */
  private static List<Instant> on(LocalDate day, String line, ZoneId zone) {
    CronTimes times = new CronTimes(List.of(line), zone);
    Instant end = day.plusDays(1).atStartOfDay(zone).toInstant();
    List<Instant> moments = new ArrayList<>();
    Instant now = day.atStartOfDay(zone).toInstant().minusMillis(1);
    while (true) {
      now = times.after(now).orElseThrow();
      if (!now.isBefore(end)) {
        return moments;
      }
      moments.add(now);
    }
  }

  private static Instant startOf(LocalDate day) {
    return day.atStartOfDay(BERLIN).toInstant();
  }
}
