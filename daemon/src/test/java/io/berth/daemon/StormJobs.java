package io.berth.daemon;

import io.berth.daemon.events.Backlog;
import io.berth.daemon.events.EventLog;
import io.berth.jobs.Allocator;
import io.berth.jobs.Herald;
import io.berth.jobs.HostState;
import io.berth.jobs.Lanes;
import io.berth.jobs.Modes;
import io.berth.jobs.ProcessKiller;
import io.berth.jobs.Pulse;
import io.berth.jobs.Sweeps;
import io.berth.jobs.Tally;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import io.berth.policies.TimeLimit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** The jobs, the allocator and the event log as the daemon has them, over a {@link StormEngine}. */
final class StormJobs implements AutoCloseable {

  /** Everything falls due within the life of a process that is about to be killed. */
  private static final String BOOK =
      """
      safety: {mode: enforce, startup_grace: 0s, boot_grace: 0s, breaker_share: 1}
      policies: {created_container_timeout: 0.2s, reservation_timeout: 0.3s}
      defaults:
        gpu_hold_after_stop: 0.1s
        container_hold_after_stop: 0.2s
        interrupted_hold: 0.2s
        max_gpu_equivalents: 2
        max_containers_per_user: null
      """;

  static final int GPUS = 6;

  final StormEngine engine;
  final Ledger ledger;
  final Sweeps sweeps;
  final Allocator allocator;
  final EventLog eventLog;
  final ScheduledExecutorService threads = Executors.newScheduledThreadPool(6);
  private final ExecutorService lanes = Executors.newFixedThreadPool(4);
  private final Inventory inventory;

  StormJobs(Path folder) throws IOException {
    InstantSource clock = Clock.systemUTC();
    PolicyBook book = Objects.requireNonNull(PolicyLoader.parse("storm.yaml", BOOK).book());
    engine = new StormEngine(folder.resolve("engine"), clock);
    ledger = Ledger.open(folder.resolve("ledger.db"), clock.instant());
    inventory = new Inventory(engine, 1, Duration.ofSeconds(30));
    BenchGpus gpus = new BenchGpus(GPUS);
    Processes processes = new Processes(folder.resolve("proc"));
    EventLog.Retention keepAll =
        new EventLog.Retention(1L << 30, TimeLimit.of(Duration.ofDays(1)), Long.MAX_VALUE);
    eventLog = new EventLog(folder.resolve("events.jsonl"), () -> keepAll, this::backlog, clock);
    Instant longAgo = Instant.parse("2026-01-01T00:00:00Z");
    Identifications identifications =
        new Identifications(uid -> new UserDatabase.Answer.NoSuchUser(), id -> false, null);
    sweeps =
        new Sweeps(
            new Sweeps.Parts(
                engine,
                inventory,
                gpus,
                processes,
                ProcessKiller.onHost(),
                ledger,
                clock,
                System::nanoTime,
                () -> new HostState("boot", longAgo, longAgo),
                () -> book,
                identifications::of,
                new Modes(ledger, Mode.ENFORCE, () -> false),
                new Lanes(lanes, lanes),
                Tally.NONE,
                Pulse.NONE,
                Herald.NONE,
                () -> false));
    allocator = new Allocator(engine, ledger, gpus, processes, clock, () -> book);
  }

  private List<Backlog.Row> backlog(long seq, int limit) {
    return ledger.read(tables -> tables.eventsAfter(seq, limit)).stream()
        .map(each -> new Backlog.Row(each.seq(), Objects.requireNonNull(each.event())))
        .toList();
  }

  /** One sweep and all that it begins. */
  void run(JobName job) {
    Sweeps.Report report = sweeps.run(job);
    if (!report.skipped().isEmpty()) {
      throw new IllegalStateException(job.word() + " was skipped: " + report.skipped());
    }
    report.acts().forEach(CompletableFuture::join);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    lanes.shutdownNow();
    eventLog.close();
    inventory.close();
    ledger.close();
    engine.close();
  }
}
