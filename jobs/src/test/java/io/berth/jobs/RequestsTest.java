package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.RequestTables.Protection;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.TimeLimit;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people ask for: it is kept, it is told, and it ends by itself. */
class RequestsTest {

  private static final Instant START = Instant.parse("2026-03-02T12:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Known TRAIN =
      new Known(
          "c1",
          "train",
          new Owner("ada", "label:ds01.user"),
          ContainerType.DOCKER,
          Container.State.RUNNING,
          START,
          START,
          null,
          EndedBy.UNKNOWN,
          0,
          null);

  @TempDir private Path folder;
  private Instant now = START;
  private Ledger ledger;
  private Requests requests;

  @BeforeEach
  void open() {
    ledger = Ledger.open(folder.resolve("ledger.db"), now);
    requests = new Requests(ledger, () -> now);
    ledger.update(tables -> tables.put(TRAIN));
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @Test
  void a_protection_ends_by_itself() {
    requests.protect(TRAIN, HOUR, "demo", "root", Mode.ENFORCE);

    now = START.plus(HOUR).minusMillis(1);
    assertThat(requests.isProtected("c1")).isTrue();
    now = START.plus(HOUR);
    assertThat(requests.isProtected("c1")).isFalse();
    assertThat(requests.unprotect(TRAIN, "root", Mode.ENFORCE)).isFalse();
  }

  @Test
  void a_protection_without_end_outlives_the_daemon_and_what_is_known_of_the_container() {
    requests.protect(TRAIN, null, "demo", "root", Mode.ENFORCE);
    ledger.update(tables -> tables.forget("c1"));
    ledger.close();
    ledger = Ledger.open(folder.resolve("ledger.db"), now);

    assertThat(new Requests(ledger, () -> now).isProtected("c1")).isTrue();
  }

  @Test
  void a_keep_alive_is_no_longer_than_allowed_and_goes_with_its_container() {
    TimeLimit longest = TimeLimit.of(HOUR);

    assertThat(
            requests.keepAlive(TRAIN, HOUR.multipliedBy(9), longest, "ada", Mode.OBSERVE).until())
        .isEqualTo(START.plus(HOUR));
    assertThat(requests.keepAlive(TRAIN, Duration.ZERO, longest, "ada", Mode.OBSERVE).until())
        .isEqualTo(START);
    assertThat(requests.keepAlives()).containsOnlyKeys("c1");
    ledger.update(tables -> tables.forget("c1"));
    assertThat(requests.keepAlives()).isEmpty();
  }

  @Test
  void the_rest_of_a_job_ends_by_itself() {
    requests.pause(JobName.STALE_CLEANUP, HOUR, "disks", "root", Mode.ENFORCE);

    assertThat(requests.pauses()).containsOnlyKeys(JobName.STALE_CLEANUP);
    now = START.plus(HOUR);
    assertThat(requests.pauses()).isEmpty();
    assertThat(requests.resume(JobName.STALE_CLEANUP, "root", Mode.ENFORCE)).isFalse();
  }

  @Test
  void what_is_taken_back_is_in_force_no_more_and_that_is_told() {
    requests.protect(TRAIN, HOUR, "demo", "root", Mode.ENFORCE);
    requests.pause(JobName.RECONCILE, HOUR, "disks", "root", Mode.ENFORCE);

    assertThat(requests.unprotect(TRAIN, "root", Mode.ENFORCE)).isTrue();
    assertThat(requests.resume(JobName.RECONCILE, "root", Mode.ENFORCE)).isTrue();

    assertThat(requests.isProtected("c1")).isFalse();
    assertThat(ledger.<List<Protection>>read(tables -> tables.requests().protections())).isEmpty();
    assertThat(requests.pauses()).isEmpty();
    assertThat(ledger.<List<JournalEntry>>read(tables -> tables.eventsAfter(0, 10)))
        .extracting(JournalEntry::subject)
        .containsExactly("container.protect", "job.pause", "container.unprotect", "job.resume");
  }

  @Test
  void all_that_is_asked_for_can_be_listed() {
    requests.protect(TRAIN, HOUR, "demo", "root", Mode.ENFORCE);
    ClockRow later = new ClockRow("c1", "runtime", now, now, now.plus(HOUR), 0, null, null);
    ClockRow first = new ClockRow("c1", "idle", now, now, now, 0, null, null);
    ledger.update(
        tables -> {
          tables.put(later);
          tables.put(first);
        });

    assertThat(ledger.<List<Protection>>read(tables -> tables.requests().protections()))
        .containsExactly(new Protection("c1", now.plus(HOUR), "demo", "root", now));
    assertThat(ledger.<List<ClockRow>>read(tables -> tables.requests().clocks()))
        .containsExactly(first, later);
  }

  @Test
  void what_remains_stays_what_it_was_when_the_clock_jumps() {
    requests.protect(TRAIN, HOUR, "demo", "root", Mode.ENFORCE);
    requests.pause(JobName.RECONCILE, HOUR, "disks", "root", Mode.ENFORCE);

    ledger.update(tables -> tables.shift(Duration.ofDays(365)));
    now = START.plus(Duration.ofDays(365)).plus(HOUR).minusSeconds(1);

    assertThat(requests.isProtected("c1")).isTrue();
    assertThat(requests.pauses()).isNotEmpty();
  }

  @Test
  void each_is_an_event_that_says_who_asked() {
    requests.protect(TRAIN, HOUR, "demo", "grace", Mode.ENFORCE);
    requests.pause(JobName.RECONCILE, HOUR, "disks", "grace", Mode.ENFORCE);

    List<JournalEntry> events = ledger.read(tables -> tables.eventsAfter(0, 10));
    assertThat(events)
        .extracting(entry -> entry.subject() + " " + entry.source())
        .containsExactly("container.protect cli", "job.pause cli");
    assertThat(events).allSatisfy(entry -> assertThat(entry.event()).contains("\"who\":\"grace\""));
  }
}
