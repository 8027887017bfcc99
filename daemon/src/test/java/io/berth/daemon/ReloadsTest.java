package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.daemon.config.BookInForce;
import io.berth.daemon.schedule.Timetable;
import io.berth.jobs.DaemonJournal;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the event of a reload says. */
class ReloadsTest {

  private static final String HOLDING =
      """
      schedules: {sample: off, reconcile: off, created-cleanup: off, stale-cleanup: off, idle-stop: off, max-runtime: off, gpu-release: off}
      policies: {created_container_timeout: 2h}
      """;
  private static final String HASTY = HOLDING.replace("2h", "1h");

  @TempDir private Path folder;
  private StormJobs jobs;
  private BookInForce books;
  private Timetable timetable;
  private Reloads reloads;

  @BeforeEach
  void start() throws Exception {
    InstantSource clock = Clock.systemUTC();
    jobs = new StormJobs(Files.createDirectory(folder.resolve("run")));
    books = BookInForce.start(write(1, HOLDING));
    timetable =
        Timetable.start(
            books.book().schedules(), job -> {}, (job, why) -> {}, clock, System::nanoTime);
    DaemonJournal journal = new DaemonJournal(jobs.ledger, clock, () -> Mode.ENFORCE);
    reloads = new Reloads(books, journal, timetable, jobs.sweeps.outlook());
    for (int i = 0; i < 4; i++) {
      jobs.engine.create("litter" + i, "ada", "0");
    }
    jobs.run(JobName.RECONCILE);
  }

  @AfterEach
  void stop() {
    timetable.shutdown(Duration.ZERO);
    jobs.close();
  }

  @Test
  void it_has_the_times_at_which_the_breaker_would_trip() throws IOException {
    Instant before = Instant.now();
    write(0.5, HASTY);

    JsonNode details = reloaded();

    assertThat(details.path("new_times").asInt()).isEqualTo(4);
    assertThat(details.path("breaker_would_trip_at")).hasSize(1);
    assertThat(Instant.parse(details.path("breaker_would_trip_at").path(0).asText()))
        .isBetween(before.plus(Duration.ofMinutes(59)), before.plus(Duration.ofMinutes(61)));
  }

  @Test
  void it_has_none_where_the_breaker_would_not_trip() throws IOException {
    write(1, HASTY);

    JsonNode details = reloaded();

    assertThat(details.path("new_times").asInt()).isEqualTo(4);
    assertThat(details.path("breaker_would_trip_at").isArray()).isTrue();
    assertThat(details.path("breaker_would_trip_at")).isEmpty();
  }

  @Test
  void it_says_neither_where_the_engine_does_not_answer() throws IOException {
    write(0.5, HASTY);
    jobs.engine.goesDown();

    JsonNode details = reloaded();

    assertThat(details.path("who").asText()).isEqualTo("grace");
    assertThat(details.has("new_times")).isFalse();
    assertThat(details.has("breaker_would_trip_at")).isFalse();
  }

  private Path write(double share, String sections) throws IOException {
    String text =
        """
        safety: {mode: enforce, breaker_share: %s, breaker_min_removals: 2, max_removals_per_sweep: 1}
        daemon: {ledger: %s}
        """
            .formatted(share, folder.resolve("ledger.db"));
    return Files.writeString(folder.resolve("berth.yaml"), text + sections);
  }

  private JsonNode reloaded() throws IOException {
    assertThat(reloads.reload("grace").accepted()).isTrue();
    List<JournalEntry> entries = jobs.ledger.read(tables -> tables.eventsAfter(0, 1_000));
    String event =
        entries.stream()
            .filter(each -> each.subject().equals("config.reload"))
            .map(each -> Objects.requireNonNull(each.event()))
            .reduce((one, other) -> other)
            .orElseThrow();
    return new ObjectMapper().readTree(event).path("details");
  }
}
