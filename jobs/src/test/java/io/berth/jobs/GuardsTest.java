package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Clock;
import io.berth.jobs.rules.Reason;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.PolicyBook;
import io.berth.policies.Schedule;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuardsTest {

  private static final Instant NOW = World.START;
  private static final String GRACES =
      """
      safety:
        startup_grace: 5m
        boot_grace: 30m
        max_removals_per_sweep: 2
      """;

  private static final Schedule EVERY_MINUTE = new Schedule.Every(Duration.ofMinutes(1));

  private long nanos = Long.MAX_VALUE - 1; // nanoTime may start anywhere, and wrap
  private final Guards guards = new Guards(() -> nanos);
  private Instant boot = NOW.minus(Duration.ofDays(1));

  @Test
  void in_the_startup_grace_nothing_goes_and_all_is_counted() {
    pass(Duration.ofMinutes(5).minusNanos(1));
    assertThat(heldBack(3)).isEqualTo(Map.of("startup_grace", 3));

    pass(Duration.ofNanos(1));
    assertThat(heldBack(2)).isEmpty();
  }

  @Test
  void in_the_boot_grace_nothing_goes() {
    pass(Duration.ofMinutes(5));
    boot = NOW.minus(Duration.ofMinutes(30)).plusNanos(1);
    assertThat(heldBack(1)).isEqualTo(Map.of("boot_grace", 1));

    boot = boot.minusNanos(1);
    assertThat(heldBack(1)).isEmpty();
  }

  @Test
  void the_breaker_holds_back_everything() {
    pass(Duration.ofMinutes(5));

    Guards.Passed passed = guards.pass(wanted(3), each -> true, 0, picture());

    assertThat(passed.go()).isEmpty();
    assertThat(passed.heldBack()).isEqualTo(Map.of("breaker", 3));
  }

  @Test
  void the_cap_lets_the_first_go_and_counts_the_rest() {
    pass(Duration.ofMinutes(5));

    Guards.Passed passed = guards.pass(wanted(5), each -> false, 0, picture());

    assertThat(passed.go().stream().map(each -> each.subject().container().name()))
        .containsExactly("c0", "c1");
    assertThat(passed.heldBack()).isEqualTo(Map.of("max_removals_per_sweep", 3));
  }

  @Test
  void what_the_caps_would_do_is_told_with_the_number_of_stops_that_would_go() {
    PolicyBook.Safety safety =
        World.parse("safety: {max_stops_per_sweep: 2, max_removals_per_sweep: 4}").safety();
    List<String> held = new ArrayList<>();

    int stops = Guards.capped(wanted(3, Action.STOP), 0, safety, (each, cap) -> held.add(cap));
    int none = Guards.capped(wanted(3, Action.REMOVE), 0, safety, (each, cap) -> held.add(cap));

    assertThat(stops).isEqualTo(2);
    assertThat(none).isZero();
    assertThat(held).containsExactly("max_stops_per_sweep");
  }

  @Test
  void a_removal_is_no_stop_of_the_hour(@TempDir Path folder) {
    try (Ledger ledger = Ledger.open(folder.resolve("ledger.db"), NOW)) {
      ledger.update(
          tables -> {
            for (Action each : List.of(Action.REMOVE, Action.STOP, Action.REMOVE, Action.PAUSE)) {
              tables.append(
                  Acts.entry(
                      JobName.IDLE_STOP,
                      wanted(1, each).get(0),
                      JournalEntry.Kind.INTENT,
                      null,
                      null,
                      "",
                      NOW));
            }
          });

      assertThat(Guards.stopsInHour(ledger, NOW)).isEqualTo(2);
    }
  }

  @Test
  void what_backs_off_takes_no_place_under_the_cap() {
    pass(Duration.ofMinutes(5));
    guards.failed(Containers.idOf("c0"), EVERY_MINUTE, Duration.ZERO);

    Guards.Passed passed = guards.pass(wanted(3), each -> false, 0, picture());

    assertThat(passed.go()).hasSize(2);
    assertThat(passed.heldBack()).isEqualTo(Map.of("backoff", 1));
  }

  @Test
  void it_backs_off_for_twice_as_long_each_time_up_to_64_minutes() {
    pass(Duration.ofMinutes(5));
    for (int minutes : new int[] {1, 2, 4, 8, 16, 32, 64, 64, 64}) {
      guards.failed(Containers.idOf("c0"), EVERY_MINUTE, Duration.ZERO);
      pass(Duration.ofMinutes(minutes).minusNanos(1));
      assertThat(heldBack(1)).isEqualTo(Map.of("backoff", 1));
      pass(Duration.ofNanos(1));
      assertThat(heldBack(1)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"every 10s, PT10S", "every 1m, PT1M", "every 5m, PT1M", "* * * * *, PT1M"})
  void it_backs_off_for_a_period_of_its_job_first_but_no_more_than_a_minute(
      String schedule, Duration first) {
    Schedule parsed =
        World.parse("schedules: {idle-stop: \"" + schedule + "\"}")
            .schedules()
            .of(JobName.IDLE_STOP);
    pass(Duration.ofMinutes(5));
    for (int times : new int[] {1, 2, 4}) {
      guards.failed(Containers.idOf("c0"), parsed, Duration.ZERO);
      pass(first.multipliedBy(times).minusNanos(1));
      assertThat(heldBack(1)).isEqualTo(Map.of("backoff", 1));
      pass(Duration.ofNanos(1));
      assertThat(heldBack(1)).isEmpty();
    }
  }

  @Test
  void it_backs_off_for_the_grace_of_the_act_where_that_is_longer() {
    pass(Duration.ofMinutes(5));
    guards.failed(Containers.idOf("c0"), EVERY_MINUTE, Duration.ofMinutes(10));

    pass(Duration.ofMinutes(10).minusNanos(1));
    assertThat(heldBack(1)).isEqualTo(Map.of("backoff", 1));
    pass(Duration.ofNanos(1));
    assertThat(heldBack(1)).isEmpty();
  }

  @Test
  void once_settled_or_long_ago_a_failure_counts_no_more() {
    pass(Duration.ofMinutes(5));
    guards.failed(Containers.idOf("c0"), EVERY_MINUTE, Duration.ZERO);
    guards.failed(Containers.idOf("c0"), EVERY_MINUTE, Duration.ZERO);
    guards.settled(Containers.idOf("c0"));
    assertThat(heldBack(1)).isEmpty();

    guards.failed(Containers.idOf("c0"), EVERY_MINUTE, Duration.ZERO);
    guards.failed(Containers.idOf("c0"), EVERY_MINUTE, Duration.ZERO);
    pass(Duration.ofHours(4));
    guards.failed(Containers.idOf("c0"), EVERY_MINUTE, Duration.ZERO);
    pass(Duration.ofMinutes(1));
    assertThat(heldBack(1)).isEmpty();
  }

  private Map<String, Integer> heldBack(int count) {
    return guards.pass(wanted(count), each -> false, 0, picture()).heldBack();
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private Picture picture() {
    PolicyBook book = World.parse(GRACES);
    return new Picture(NOW, book, List.of(), Map.of(), Instant.MIN, boot);
  }

  private static List<Wanted> wanted(int count) {
    return wanted(count, Action.REMOVE);
  }

  private static List<Wanted> wanted(int count, Action action) {
    List<Wanted> wanted = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Subject subject =
          new Subject(
              Containers.created("c" + i).build(),
              Owner.UNKNOWN,
              null,
              ContainerType.DOCKER,
              null,
              EndedBy.UNKNOWN,
              null);
      Verdict.Cause cause = new Verdict.Cause(action, Reason.CREATED_NEVER_STARTED, Map.of());
      ClockRow clock = new ClockRow(subject.id(), "created", NOW, NOW, NOW, 0, null, null);
      wanted.add(new Wanted(subject, new Verdict.Act(cause, "", new Clock(NOW, NOW)), clock));
    }
    return wanted;
  }
}
