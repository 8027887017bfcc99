package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.ledger.Ledger;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModesTest {

  private static final JobName JOB = JobName.STALE_CLEANUP;
  private static final Instant NOW = World.START.plusNanos(1_234);
  private static final Instant LATER = NOW.plusSeconds(60);

  @TempDir Path folder;
  private Ledger ledger;

  @BeforeEach
  void open() {
    ledger = Ledger.open(folder.resolve("ledger.db"), NOW);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @ParameterizedTest
  @CsvSource({
    // disable file, command line, set by command, book: in force
    "false,        ,        , OBSERVE, OBSERVE",
    "false,        ,        , ENFORCE, ENFORCE",
    "false,        , OBSERVE, ENFORCE, OBSERVE",
    "false,        , ENFORCE, OBSERVE, ENFORCE",
    "false, OBSERVE, ENFORCE, ENFORCE, OBSERVE",
    "false, ENFORCE, OBSERVE, OBSERVE, ENFORCE",
    "true,  ENFORCE, ENFORCE, ENFORCE, OBSERVE",
    "true,         ,        , ENFORCE, OBSERVE"
  })
  void the_first_that_says_anything_counts(
      boolean disabled, @Nullable Mode commandLine, @Nullable Mode set, Mode book, Mode inForce) {
    if (set != null) {
      ledger.update(tables -> tables.keep("mode", set.name()));
    }
    Modes modes = new Modes(ledger, commandLine, () -> disabled);

    assertThat(modes.inForce(book(book, ""))).isEqualTo(inForce);
    assertThat(modes.of(JOB, book(book, ""))).isEqualTo(inForce);
  }

  @Test
  void a_job_kept_in_observe_stays_there_whatever_enforces() {
    Modes modes = new Modes(ledger, Mode.ENFORCE, () -> false);
    PolicyBook book = book(Mode.ENFORCE, "  jobs:\n    stale-cleanup: observe\n");

    assertThat(modes.of(JOB, book)).isEqualTo(Mode.OBSERVE);
    assertThat(modes.of(JobName.CREATED_CLEANUP, book)).isEqualTo(Mode.ENFORCE);
  }

  @Test
  void since_when_it_enforces_survives_a_restart_and_is_ended_by_observe() {
    Instant since = modes().enforcingSince(JOB, Mode.ENFORCE, NOW);
    assertThat(since).isEqualTo(World.START.plusNanos(1_000)); // as the ledger keeps it
    assertThat(modes().enforcingSince(JOB, Mode.ENFORCE, LATER)).isEqualTo(since);

    assertThat(modes().enforcingSince(JOB, Mode.OBSERVE, LATER)).isEqualTo(Instant.MIN);
    assertThat(modes().enforcingSince(JOB, Mode.ENFORCE, LATER.plusSeconds(1)))
        .isAfterOrEqualTo(LATER);
  }

  @Test
  void each_job_has_its_own_account() {
    modes().enforcingSince(JOB, Mode.ENFORCE, NOW);
    modes().enforcingSince(JobName.CREATED_CLEANUP, Mode.OBSERVE, NOW);

    assertThat(modes().enforcingSince(JOB, Mode.ENFORCE, LATER)).isBefore(LATER);
  }

  @Test
  void it_enforces_without_a_break_until_a_sweep_observed() {
    PolicyBook book = book(Mode.ENFORCE, "");
    Instant since = modes().enforcingSince(JOB, Mode.ENFORCE, NOW);
    assertThat(modes().isEnforcing(JOB, book, since)).isTrue();
    assertThat(modes().isEnforcing(JOB, book(Mode.OBSERVE, ""), since)).isFalse();

    modes().enforcingSince(JOB, Mode.OBSERVE, LATER);
    assertThat(modes().isEnforcing(JOB, book, since)).isFalse();
    modes().enforcingSince(JOB, Mode.ENFORCE, LATER);
    assertThat(modes().isEnforcing(JOB, book, since)).isFalse();
  }

  private Modes modes() {
    return new Modes(ledger, null, () -> false);
  }

  private static PolicyBook book(Mode mode, String more) {
    return World.parse("safety:\n  mode: " + mode.word() + "\n" + more);
  }
}
