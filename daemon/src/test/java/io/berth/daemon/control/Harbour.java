package io.berth.daemon.control;

import io.berth.daemon.http.Health;
import io.berth.daemon.http.Vitals;
import io.berth.jobs.Allocator;
import io.berth.jobs.Bystanders;
import io.berth.jobs.Herald;
import io.berth.jobs.HostState;
import io.berth.jobs.Identification;
import io.berth.jobs.Lanes;
import io.berth.jobs.Modes;
import io.berth.jobs.ProcessKiller;
import io.berth.jobs.Prospect;
import io.berth.jobs.Pulse;
import io.berth.jobs.Requests;
import io.berth.jobs.Subject;
import io.berth.jobs.Sweeps;
import io.berth.jobs.Tally;
import io.berth.jobs.activity.Sample;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Infrastructure;
import io.berth.jobs.container.OwnerChain;
import io.berth.jobs.container.TypeChain;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import io.berth.policies.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A daemon's control socket over jobs that run only when asked, with an Engine in memory. */
final class Harbour implements AutoCloseable {

  static final String QUIET =
      """
      safety: {mode: enforce, startup_grace: 0s, boot_grace: 0s, breaker_share: 1}
      daemon: {admin_group: www-data}
      """;

  private final Path folder;
  private final InstantSource clock = Clock.systemUTC();
  private final QuietEngine engine;
  private final Ledger ledger;
  private final Sweeps sweeps;
  private final Requests requests;
  private final Modes modes;
  private final ControlServer server;
  private volatile PolicyBook book;
  private volatile List<Subject> seen = List.of();
  private volatile List<Sample> samples = List.of();
  private final TestNotifier notifier;
  volatile List<String> blindSpots = List.of();

  /**
   * @param folder is made; every user of the host can reach it
   */
  Harbour(Path folder, String yaml, int gpus) throws IOException {
    this(folder, yaml, gpus, (user, who) -> Map.of("terminal", "delivered"));
  }

  Harbour(Path folder, String yaml, int gpus, TestNotifier notifier) throws IOException {
    this(folder, yaml, gpus, notifier, new QuietEngine());
  }

  /** Where the Engine is down nothing is looked at before it is up. */
  Harbour(Path folder, String yaml, int gpus, TestNotifier notifier, QuietEngine engine)
      throws IOException {
    this.engine = engine;
    this.folder = Files.createDirectories(folder);
    this.book = load(yaml);
    this.notifier = notifier;
    this.ledger = Ledger.open(ledgerFile(), clock.instant());
    this.requests = new Requests(ledger, clock);
    this.modes = new Modes(ledger, null, () -> false);
    this.sweeps = sweeps(new FreeGpus(gpus));
    engine.subscribe(null, sweeps.listener(() -> {}));
    sweeps.run(JobName.RECONCILE);
    this.server = ControlServer.start(socket(), parts(new FreeGpus(gpus)));
  }

  private Sweeps sweeps(FreeGpus gpus) {
    HostState host =
        new HostState(
            "boot", Instant.now().minus(Duration.ofDays(9)), Instant.now().minusSeconds(700_000));
    return new Sweeps(
        new Sweeps.Parts(
            engine,
            new Inventory(engine, 1, Duration.ofSeconds(5)),
            gpus,
            new Processes(Path.of("/proc")),
            ProcessKiller.onHost(),
            ledger,
            clock,
            System::nanoTime,
            () -> host,
            () -> book,
            this::identification,
            modes,
            new Lanes(Runnable::run, Runnable::run),
            new Noting(),
            Pulse.NONE,
            Herald.NONE,
            () -> false));
  }

  private Identification identification(PolicyBook of) {
    OwnerChain owners = new OwnerChain(of.ownership(), uid -> new UserDatabase.Answer.NoSuchUser());
    Infrastructure infrastructure =
        new Infrastructure(of.monitoring(), requests::isProtected, null);
    return new Identification() {
      @Override
      public OwnerChain.Attribution attribute(Container container) {
        return owners.attribute(container);
      }

      @Override
      public ContainerType typeOf(Container container) {
        return TypeChain.typeOf(container);
      }

      @Override
      public @Nullable String protects(Container container) {
        return infrastructure.protection(container).orElse(null);
      }
    };
  }

  private ControlParts parts(FreeGpus gpus) {
    return new ControlParts(
        ledger,
        new LedgerReader(ledgerFile()),
        new Allocator(engine, ledger, gpus, new Processes(Path.of("/proc")), clock, () -> book),
        new Bystanders(gpus, new Processes(Path.of("/proc")), ledger),
        modes,
        requests,
        sweeps,
        id -> samples,
        () -> blindSpots,
        () -> book,
        new Handle(),
        clock,
        notifier);
  }

  private PolicyBook load(String yaml) throws IOException {
    Path file = Files.writeString(config(), yaml);
    PolicyLoader.Loaded loaded = PolicyLoader.load(file);
    return Objects.requireNonNull(loaded.book(), () -> loaded.problems().toString());
  }

  Path config() {
    return folder.resolve("resource-limits.yaml");
  }

  Path socket() {
    return folder.resolve("berth.sock");
  }

  Path ledgerFile() {
    return folder.resolve("ledger.db");
  }

  /** What every container is to have done of late. */
  void samples(List<Sample> did) {
    samples = did;
  }

  QuietEngine engine() {
    return engine;
  }

  Ledger ledger() {
    return ledger;
  }

  List<Route> routes() {
    return ControlRoutes.of(parts(new FreeGpus(0)));
  }

  Requests requests() {
    return requests;
  }

  Modes modes() {
    return modes;
  }

  PolicyBook book() {
    return book;
  }

  /** Has the jobs see what the Engine has. */
  Optional<Map<String, String>> look() {
    Optional<Map<String, String>> looked = sweeps.notice();
    sweeps.run(JobName.RECONCILE);
    return looked;
  }

  /** The events so far, by type. */
  List<String> eventTypes() {
    return ledger.read(tables -> tables.eventsAfter(0, 100_000)).stream()
        .map(JournalEntry::subject)
        .toList();
  }

  @Override
  public void close() {
    server.close();
    ledger.close();
  }

  /** Keeps what was last seen, as the daemon's gauges do. */
  private final class Noting implements Tally {

    @Override
    public void swept(JobName job, Duration took, boolean ok, Instant at) {
      Tally.NONE.swept(job, took, ok, at);
    }

    @Override
    public void act(
        JobName job,
        io.berth.jobs.rules.Action action,
        io.berth.jobs.rules.Reason reason,
        io.berth.jobs.Outcome outcome) {}

    @Override
    public void heldBack(JobName job, String guard, int count) {}

    @Override
    public void counted(List<Subject> subjects) {
      seen = subjects;
    }

    @Override
    public void assigned(
        io.berth.jobs.gpu.Reading<io.berth.jobs.gpu.Inventory> listed,
        io.berth.jobs.ledger.DeviceTables.Allocation allocation) {}

    @Override
    public void orphans(int count) {}

    @Override
    public void overQuota(int count) {}
  }

  private final class Handle implements DaemonHandle {

    @Override
    public String version() {
      return "0.0.0";
    }

    @Override
    public Instant started() {
      return Instant.EPOCH;
    }

    @Override
    public Path config() {
      return Harbour.this.config();
    }

    @Override
    public Vitals vitals() {
      return new CalmVitals(modes.inForce(book), sweeps.isBreakerTripped());
    }

    @Override
    public Health health() {
      return new Health() {
        @Override
        public List<String> ailments() {
          return List.of();
        }

        @Override
        public List<String> hindrances() {
          return List.of();
        }
      };
    }

    @Override
    public Set<JobName> jobs() {
      return sweeps.jobs();
    }

    @Override
    public Set<JobName> running() {
      return Set.of();
    }

    @Override
    public Optional<Instant> nextRun(JobName job) {
      return Optional.empty();
    }

    @Override
    public List<Subject> seen() {
      return seen;
    }

    @Override
    public Optional<Map<String, String>> look() {
      return Harbour.this.look();
    }

    @Override
    public Sweeps.Report sweep(JobName job) {
      return sweeps.run(job);
    }

    @Override
    public Reloaded reload(String who) {
      PolicyBook before = book;
      PolicyLoader.Loaded loaded = PolicyLoader.load(Harbour.this.config());
      PolicyBook now = loaded.book();
      book = now == null ? before : now;
      return now == null
          ? Reloaded.refused(loaded.problems(), before)
          : compared(loaded.problems(), before, now);
    }

    @Override
    public Reloaded suppose(PolicyLoader.Loaded candidate) {
      PolicyBook other = candidate.book();
      return other == null
          ? Reloaded.refused(candidate.problems(), book)
          : compared(candidate.problems(), book, other);
    }

    private Reloaded compared(List<Problem> problems, PolicyBook before, PolicyBook after) {
      Prospect prospect = sweeps.outlook().compare(before, after).orElse(null);
      return new Reloaded(true, problems, List.of(), before, after, prospect);
    }
  }

  /** Nothing is wrong. */
  private record CalmVitals(Mode mode, boolean breakerTripped) implements Vitals {

    @Override
    public Map<StateAndType, Integer> containers() {
      return Map.of();
    }

    @Override
    public Map<DeviceState, Share> devices() {
      return Map.of();
    }

    @Override
    public int orphanProcesses() {
      return 0;
    }

    @Override
    public int ownersOverQuota() {
      return 0;
    }

    @Override
    public String nvmlTrouble() {
      return "";
    }

    @Override
    public boolean engineUp() {
      return true;
    }

    @Override
    public boolean configValid() {
      return true;
    }

    @Override
    public boolean eventLogUp() {
      return true;
    }

    @Override
    public boolean journalUp() {
      return true;
    }
  }
}
