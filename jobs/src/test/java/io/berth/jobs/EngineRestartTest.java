package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.Ledger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restart of the Engine that takes a second, as seen by a daemon that hardly missed it. */
class EngineRestartTest {

  private static final Instant LAST_ANSWER = Instant.parse("2026-03-02T12:00:00.900Z");
  private static final Instant LONG_AGO = LAST_ANSWER.minus(Duration.ofDays(8));

  @TempDir Path folder;

  @Test
  void it_is_noticed_although_its_start_is_known_to_the_second_only() {
    try (Ledger ledger = Ledger.open(folder.resolve("ledger.db"), LONG_AGO)) {
      Outages outages = new Outages(ledger);
      outages.answered(LAST_ANSWER, LONG_AGO);

      // It really started 0.4 s after its last answer.
      outages.answered(LAST_ANSWER.plusSeconds(1), LAST_ANSWER.minusMillis(400));

      assertThat(outages.ended(endedWith(LAST_ANSWER))).isTrue();
    }
  }

  @Test
  void it_is_noticed_although_the_new_one_has_answered_before_its_start_was_looked_up() {
    try (Ledger ledger = Ledger.open(folder.resolve("ledger.db"), LONG_AGO)) {
      Outages outages = new Outages(ledger);
      outages.answered(LAST_ANSWER, LONG_AGO);
      outages.answered(LAST_ANSWER.plusSeconds(5), LONG_AGO);

      outages.answered(LAST_ANSWER.plusSeconds(6), LAST_ANSWER.plusSeconds(1));

      assertThat(outages.ended(endedWith(LAST_ANSWER))).isTrue();
    }
  }

  @Test
  void what_began_a_moment_before_it_was_ended_by_it_too() {
    try (Ledger ledger = Ledger.open(folder.resolve("ledger.db"), LONG_AGO)) {
      Outages outages = new Outages(ledger);
      outages.answered(LAST_ANSWER, LONG_AGO);
      outages.answered(LAST_ANSWER.plusSeconds(1), LAST_ANSWER.minusMillis(400));

      Container justBegun =
          Containers.exited("train")
              .startedAt(LAST_ANSWER.minusMillis(100))
              .finishedAt(LAST_ANSWER)
              .build();

      assertThat(outages.ended(justBegun)).isTrue();
    }
  }

  @Test
  void what_began_by_a_clock_that_was_set_back_since_was_ended_by_it_too() {
    try (Ledger ledger = Ledger.open(folder.resolve("ledger.db"), LONG_AGO)) {
      Outages outages = new Outages(ledger);
      outages.answered(LAST_ANSWER, LONG_AGO);
      outages.answered(LAST_ANSWER.plusSeconds(1), LAST_ANSWER.minusMillis(400));

      Container fromTheFuture =
          Containers.exited("train")
              .startedAt(LAST_ANSWER.plus(Duration.ofDays(3)))
              .finishedAt(LAST_ANSWER)
              .build();

      assertThat(outages.ended(fromTheFuture)).isTrue();
    }
  }

  @Test
  void what_ended_at_once_is_stamped_as_begun_after_that_and_ended_by_itself() {
    try (Ledger ledger = Ledger.open(folder.resolve("ledger.db"), LONG_AGO)) {
      Outages outages = new Outages(ledger);
      outages.answered(LAST_ANSWER, LAST_ANSWER.minusSeconds(5));

      Container stampedLate =
          Containers.exited("true")
              .startedAt(LAST_ANSWER.minusMillis(1))
              .finishedAt(LAST_ANSWER.minusMillis(2))
              .build();

      assertThat(outages.ended(stampedLate)).isFalse();
    }
  }

  @Test
  void a_start_that_is_told_a_second_later_each_time_is_none() {
    try (Ledger ledger = Ledger.open(folder.resolve("ledger.db"), LONG_AGO)) {
      Outages outages = new Outages(ledger);
      outages.answered(LAST_ANSWER, LONG_AGO);

      outages.answered(LAST_ANSWER.plusSeconds(60), LONG_AGO.plusSeconds(1));

      assertThat(outages.ended(endedWith(LAST_ANSWER))).isFalse();
    }
  }

  private static Container endedWith(Instant end) {
    return Containers.exited("train")
        .startedAt(end.minus(Duration.ofHours(3)))
        .finishedAt(end)
        .build();
  }
}
