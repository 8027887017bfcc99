package io.berth.daemon;

import io.berth.daemon.events.Backlog;
import io.berth.daemon.events.EventLog;
import io.berth.jobs.ActivityPulse;
import io.berth.jobs.Allocator;
import io.berth.jobs.Herald;
import io.berth.jobs.Lanes;
import io.berth.jobs.Modes;
import io.berth.jobs.Outcome;
import io.berth.jobs.ProcessKiller;
import io.berth.jobs.Sweeps;
import io.berth.jobs.Tally;
import io.berth.jobs.activity.Activity;
import io.berth.jobs.engine.DockerEngine;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.host.ContainerFiles;
import io.berth.jobs.host.GetentUserDatabase;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import io.berth.policies.TimeLimit;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The jobs as {@link Wiring} puts them together, without scheduler and HTTP: the real Engine, a
 * ledger and an event log on disk, the event stream open, looks after events included.
 */
final class BenchJobs implements AutoCloseable {

  static final int AT_ONCE = 8;
  private static final long LOG_SIZE = 100_000_000;

  private static final Path PROC = Path.of("/proc");

  private volatile Duration skipped = Duration.ZERO;
  private final InstantSource clock = () -> Clock.systemUTC().instant().plus(skipped);
  private final PolicyBook book;
  private final DockerEngine engine;
  private final Ledger ledger;
  private final Inventory inventory;
  private final EventLog eventLog;
  private final Activity activity;
  private final ExecutorService lanes = Executors.newFixedThreadPool(AT_ONCE);
  private final Housekeeping housekeeping = new Housekeeping();
  private final CountDownLatch firstLook = new CountDownLatch(1);
  private final Sweeps sweeps;
  private final Engine.Subscription subscription;

  /**
   * @param gpus of the host
   * @param folder for the ledger and the event log; on a disk, since the ledger waits for it
   * @param yaml the configuration
   * @param looks whether they look a moment after each event, as the daemon does, the event
   *     stream's opening being the first; else each sweep is the only one that looks
   */
  BenchJobs(URI host, Gpus gpus, Path folder, String yaml, boolean looks)
      throws IOException, InterruptedException {
    book = parse(yaml);
    engine = new DockerEngine(host, () -> Duration.ofSeconds(30), () -> true);
    ledger = Ledger.open(folder.resolve("ledger.db"), clock.instant());
    inventory = new Inventory(engine, AT_ONCE, Duration.ofSeconds(60));
    EventLog.Retention keepAll =
        new EventLog.Retention(LOG_SIZE, TimeLimit.of(Duration.ofDays(1)), Long.MAX_VALUE);
    eventLog = new EventLog(folder.resolve("events.jsonl"), () -> keepAll, this::backlog, clock);
    ledger.whenEventsAreWritten(housekeeping.gathered(Duration.ZERO, eventLog::pump));
    Path cgroups = Path.of("/sys/fs/cgroup");
    ContainerFiles files = new ContainerFiles(PROC, Duration.ofSeconds(5));
    activity = new Activity(PROC, cgroups, gpus, new Processes(PROC), files::modifiedAt, ledger);
    sweeps = new Sweeps(parts(host, gpus));
    CountDownLatch connected = new CountDownLatch(1);
    Runnable soon = housekeeping.gathered(Wiring.GATHER, this::look);
    subscription =
        engine.subscribe(
            null,
            sweeps.listener(
                () -> {
                  connected.countDown();
                  if (looks) {
                    soon.run();
                  }
                }));
    if (!connected.await(30, TimeUnit.SECONDS)) {
      throw new IOException("the Engine's event stream does not open");
    }
    if (looks) {
      firstLook.await();
    }
  }

  private Sweeps.Parts parts(URI host, Gpus gpus) throws IOException {
    Identifications identifications =
        new Identifications(new GetentUserDatabase(clock), id -> false, null);
    return new Sweeps.Parts(
        engine,
        inventory,
        gpus,
        new Processes(PROC),
        ProcessKiller.onHost(),
        ledger,
        clock,
        () -> System.nanoTime() + skipped.toNanos(),
        new HostWatch(PROC, host),
        () -> book,
        identifications::of,
        new Modes(ledger, Mode.ENFORCE, () -> false),
        new Lanes(lanes, lanes),
        Tally.NONE,
        new ActivityPulse(activity, ledger),
        Herald.NONE,
        () -> false);
  }

  private void look() {
    sweeps.notice();
    firstLook.countDown();
  }

  private List<Backlog.Row> backlog(long seq, int limit) {
    return ledger.read(tables -> tables.eventsAfter(seq, limit)).stream()
        .map(each -> new Backlog.Row(each.seq(), Objects.requireNonNull(each.event())))
        .toList();
  }

  private static PolicyBook parse(String yaml) {
    PolicyLoader.Loaded loaded = PolicyLoader.parse("bench.yaml", yaml);
    return Objects.requireNonNull(loaded.book(), () -> loaded.problems().toString());
  }

  /** Over the same ledger. */
  Allocator allocator(Gpus gpus) {
    return new Allocator(engine, ledger, gpus, new Processes(PROC), clock, () -> book);
  }

  /** Lets time pass for the jobs, all clocks together. */
  void skip(Duration time) {
    skipped = skipped.plus(time);
  }

  /** One sweep, the acts it begins included; how many containers were removed by it. */
  int run(JobName job) {
    Sweeps.Report report = sweeps.run(job);
    if (!report.skipped().isEmpty()) {
      throw new IllegalStateException(job.word() + " was skipped: " + report.skipped());
    }
    List<Outcome> outcomes = report.acts().stream().map(CompletableFuture::join).toList();
    if (!outcomes.stream().allMatch(Outcome.DONE::equals)) {
      throw new IllegalStateException("an act was not done: " + outcomes);
    }
    return outcomes.size();
  }

  @Override
  public void close() {
    subscription.close();
    lanes.shutdownNow();
    housekeeping.close();
    eventLog.close();
    activity.close();
    inventory.close();
    engine.close();
    ledger.close();
  }
}
