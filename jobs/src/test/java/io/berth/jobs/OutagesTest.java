package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutagesTest {

  private static final Instant LAST_SEEN = World.START;
  private static final Instant UP_AGAIN = LAST_SEEN.plusSeconds(300);
  private static final Instant LONG_AGO = LAST_SEEN.minus(Duration.ofDays(8));

  @TempDir Path folder;
  private Ledger ledger;
  private Outages outages;

  @BeforeEach
  void open() {
    ledger = Ledger.open(folder.resolve("ledger.db"), World.START);
    outages = new Outages(ledger);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @ParameterizedTest
  @CsvSource({
    // its last life, in seconds from when the Engine was last seen: started, ended: by the outage?
    "-600, -31, false", // before the Engine can have begun to stop
    "-600, -30, true",
    "-600, 100, true",
    "-600, 360, true", // marked as ended when the Engine was up again
    "-600, 361, false",
    " 300, 310, true", // the start is told up to a second early
    " 301, 310, false" // started after it
  })
  void what_ended_around_an_outage_was_ended_by_it(int started, int ended, boolean byIt) {
    outages.answered(LAST_SEEN, LONG_AGO);
    outages.answered(UP_AGAIN.plusSeconds(9), UP_AGAIN);

    assertThat(outages.ended(life(started, ended))).isEqualTo(byIt);
    assertThat(new Outages(ledger).ended(life(started, ended))).isEqualTo(byIt);
  }

  @Test
  void an_engine_that_goes_on_has_no_outage() {
    outages.answered(LAST_SEEN, LONG_AGO);
    outages.streamBroke();
    outages.answered(UP_AGAIN, LONG_AGO);

    assertThat(outages.ended(life(-600, 100))).isFalse();
  }

  @Test
  void an_engine_that_still_answers_after_the_stream_broke_may_be_going_down() {
    outages.answered(LAST_SEEN, LONG_AGO);
    outages.streamConnected();
    outages.streamBroke();
    outages.answered(LAST_SEEN.plusSeconds(1), LONG_AGO);
    outages.streamConnected();
    outages.answered(UP_AGAIN, null);

    assertThat(outages.ended(life(-600, 100))).isTrue();
  }

  @Test
  void where_its_start_can_not_be_told_a_broken_stream_counts() {
    outages.answered(LAST_SEEN, null);
    assertThat(outages.lastStart()).isEmpty();
    outages.streamBroke();
    outages.answered(UP_AGAIN, null);

    assertThat(outages.lastStart()).contains(UP_AGAIN);
    assertThat(outages.ended(life(-600, 100))).isTrue();
    outages.answered(UP_AGAIN.plusSeconds(60), null);
    assertThat(outages.lastStart()).contains(UP_AGAIN);
  }

  @Test
  void where_its_start_can_not_be_told_the_time_the_daemon_was_down_counts() {
    outages.answered(LAST_SEEN, null);
    outages = new Outages(ledger);
    outages.answered(UP_AGAIN, null);

    assertThat(outages.ended(life(-600, 100))).isTrue();
  }

  @Test
  void an_outage_that_can_not_be_written_is_found_again() {
    outages.answered(LAST_SEEN, null);
    outages.streamBroke();
    ledger.close();
    assertThatThrownBy(() -> outages.answered(UP_AGAIN, null)).isInstanceOf(LedgerException.class);
    assertThatThrownBy(() -> outages.answered(UP_AGAIN.plusSeconds(60), null))
        .isInstanceOf(LedgerException.class);

    ledger = Ledger.open(folder.resolve("ledger.db"), UP_AGAIN);
    outages = new Outages(ledger);
    outages.answered(UP_AGAIN.plusSeconds(120), null);

    assertThat(outages.ended(life(-600, 100))).isTrue();
  }

  @Test
  void an_outage_is_not_mistaken_after_a_failed_write_within_the_same_daemon() throws SQLException {
    outages.answered(LAST_SEEN, null);
    outages.streamBroke();
    sql("CREATE TRIGGER t BEFORE INSERT ON fact BEGIN SELECT RAISE(ABORT, 'refused'); END");
    assertThatThrownBy(() -> outages.answered(UP_AGAIN, null)).isInstanceOf(LedgerException.class);
    sql("DROP TRIGGER t");
    outages.answered(UP_AGAIN.plusSeconds(60), null);

    assertThat(outages.ended(life(-600, 100))).isTrue();
  }

  @Test
  void a_clock_that_was_set_back_hides_no_outage() {
    outages.answered(LAST_SEEN, LONG_AGO);
    Duration back = Duration.ofDays(-300);
    outages.clockWentBack(back);

    outages.answered(UP_AGAIN.plus(back), UP_AGAIN.minusSeconds(5).plus(back));

    Container killed =
        Containers.exited("train")
            .startedAt(LAST_SEEN.minusSeconds(60).plus(back))
            .finishedAt(LAST_SEEN.plusSeconds(60).plus(back))
            .build();
    assertThat(outages.ended(killed)).isTrue();
  }

  @Test
  void what_an_outage_ended_is_its_doing_after_the_clock_was_set_back_as_well() {
    outages.answered(LAST_SEEN, LONG_AGO);
    outages.answered(UP_AGAIN.plusSeconds(9), UP_AGAIN);
    outages.clockWentBack(Duration.ofDays(-2));
    outages.clockWentBack(Duration.ofDays(-1));

    assertThat(outages.ended(life(-600, 100))).isTrue(); // its stamps are of before
    assertThat(new Outages(ledger).ended(life(-600, 100))).isTrue();
    assertThat(outages.ended(life(-600, 361))).isFalse();
  }

  @Test
  void what_an_outage_ended_is_its_doing_where_it_is_found_after_the_clock_was_set_back() {
    outages.answered(LAST_SEEN, LONG_AGO);
    Duration back = Duration.ofDays(-2);
    outages.clockWentBack(back.dividedBy(2));
    outages.clockWentBack(back.dividedBy(2));
    outages = new Outages(ledger);

    outages.answered(UP_AGAIN.plusSeconds(9).plus(back), UP_AGAIN.plus(back));

    assertThat(outages.ended(life(-600, 100))).isTrue(); // its stamps are of before
    assertThat(new Outages(ledger).ended(life(-600, 100))).isTrue();
    assertThat(outages.ended(life(-600, 361))).isFalse();
    assertThat(outages.ended(life(-600, -31))).isFalse();
  }

  @Test
  void a_clock_that_was_set_back_long_before_an_outage_says_nothing_of_it() {
    outages.answered(LAST_SEEN, LONG_AGO);
    Duration back = Duration.ofDays(-2);
    outages.clockWentBack(back);
    outages.answered(LAST_SEEN.plus(back), LONG_AGO.plus(back));

    outages.answered(UP_AGAIN.plusSeconds(9).plus(back), UP_AGAIN.plus(back));

    assertThat(outages.ended(life(-600, 100))).isFalse();
    assertThat(new Outages(ledger).ended(life(-600, 100))).isFalse();
  }

  @Test
  void a_clock_that_was_set_back_leaves_no_start_ahead() {
    outages.answered(LAST_SEEN, null);
    outages.streamBroke();
    outages.answered(UP_AGAIN, null);

    outages.clockWentBack(Duration.ofDays(-300));

    assertThat(outages.lastStart()).contains(UP_AGAIN.minus(Duration.ofDays(300)));
    assertThat(new Outages(ledger).lastStart()).isEqualTo(outages.lastStart());
  }

  @Test
  void what_an_outage_ended_is_its_doing_where_it_is_seen_only_after_the_next_one() {
    outages.answered(LAST_SEEN, LONG_AGO);
    outages.answered(UP_AGAIN, UP_AGAIN);
    Instant next = UP_AGAIN.plus(Duration.ofDays(1));
    outages.answered(next.minusSeconds(60), UP_AGAIN);
    outages.answered(next.plusSeconds(9), next);

    assertThat(outages.ended(life(-600, 100))).isTrue();
    assertThat(outages.ended(life(-600, 361))).isFalse();
    assertThat(new Outages(ledger).ended(life(-600, 100))).isTrue();
  }

  private void sql(String statement) throws SQLException {
    try (Connection other =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"));
        Statement execution = other.createStatement()) {
      execution.execute(statement);
    }
  }

  private static Container life(int started, int ended) {
    return Containers.exited("train")
        .startedAt(LAST_SEEN.plusSeconds(started))
        .finishedAt(LAST_SEEN.plusSeconds(ended))
        .build();
  }
}
