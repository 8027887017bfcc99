package io.berth.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.Infrastructure;
import io.berth.jobs.container.OwnerChain;
import io.berth.jobs.container.TypeChain;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** The jobs over an Engine in memory and a clock that a test sets; the ledger is a real one. */
final class World implements AutoCloseable {

  static final Instant START = Instant.parse("2026-03-02T12:00:00Z");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Enforces, without the graces that most tests would have to wait for. */
  static final String ENFORCE =
      """
      safety:
        mode: enforce
        startup_grace: 0s
        boot_grace: 0s
        breaker_share: 1
      """;

  private final Path file;
  private final Path proc;
  private Instant now = START;
  private long nanos = 1_000_000_000L;
  private HostState host =
      new HostState("boot-1", START.minus(Duration.ofDays(9)), START.minus(Duration.ofDays(8)));
  private PolicyBook book;
  private boolean stopping;
  private boolean disabled;
  private final Set<String> adminProtected = new HashSet<>();
  private UserDatabase.Answer users = new UserDatabase.Answer.NoSuchUser();
  private final Deque<Runnable> parked = new ArrayDeque<>();
  private boolean parking;
  private boolean closed;
  final FakeGpus gpus = new FakeGpus();
  final FakePulse pulse = new FakePulse();
  final List<String> told = new ArrayList<>();
  private Runnable whileTelling = () -> {};
  private Runnable whileIdentifying = () -> {};
  final Counts tally = new Counts();
  ProcessKiller killer = (pid, isStill) -> Outcome.FAILED;
  final FakeEngine engine = new FakeEngine(() -> now);
  private Ledger ledger;
  private Sweeps sweeps;

  World(Path folder, String yaml) {
    this.file = folder.resolve("ledger.db");
    this.proc = folder.resolve("proc");
    this.book = parse(yaml);
    this.ledger = Ledger.open(file, now);
    this.sweeps = begin();
    engine.subscribe(Instant.EPOCH, sweeps.listener(() -> {}));
  }

  private Sweeps begin() {
    return new Sweeps(
        new Sweeps.Parts(
            engine,
            new Inventory(engine, 1, Duration.ofSeconds(30)),
            gpus,
            processes(),
            (pid, isStill) -> killer.kill(pid, isStill),
            ledger,
            () -> now,
            () -> nanos,
            () -> host,
            () -> book,
            this::identification,
            new Modes(ledger, null, () -> disabled),
            new Lanes(this::act, this::act),
            tally,
            pulse,
            (kind, job, subject, cause, why, at, of) ->
                tell(kind + " " + subject.container().name() + " " + at),
            () -> stopping));
  }

  private void tell(String news) {
    told.add(news);
    Runnable now = whileTelling;
    whileTelling = () -> {};
    now.run();
  }

  private void act(Runnable act) {
    if (closed) {
      throw new RejectedExecutionException("closed");
    }
    if (parking) {
      parked.add(act);
    } else {
      act.run();
    }
  }

  private Identification identification(PolicyBook of) {
    OwnerChain owners = new OwnerChain(of.ownership(), uid -> users);
    Infrastructure infrastructure =
        new Infrastructure(of.monitoring(), adminProtected::contains, null);
    return new Identification() {
      @Override
      public OwnerChain.Attribution attribute(Container container) {
        Runnable now = whileIdentifying;
        whileIdentifying = () -> {};
        now.run();
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

  static PolicyBook parse(String yaml) {
    PolicyLoader.Loaded loaded = PolicyLoader.parse("test.yaml", yaml);
    return Objects.requireNonNull(loaded.book(), () -> loaded.problems().toString());
  }

  // --- time and circumstances

  Instant now() {
    return now;
  }

  void pass(Duration time) {
    now = now.plus(time);
    nanos += time.toNanos();
  }

  /** The wall clock is set. The kernel tells the boot, and what started since, by it. */
  void clockJumps(Duration by) {
    now = now.plus(by);
    Instant engineStart = host.engineStart();
    host =
        new HostState(
            host.bootId(), host.boot().plus(by), engineStart == null ? null : engineStart.plus(by));
  }

  PolicyBook book() {
    return book;
  }

  void book(String yaml) {
    book = parse(yaml);
  }

  /** ... and that user is exempt from that limit, without an end. */
  void bookWithExemption(String yaml, String user, String limit) {
    try {
      Path folder = Files.createDirectories(file.resolveSibling("policies"));
      Files.writeString(
          folder.resolve("lifecycle-exemptions.yaml"),
          "exemptions: [{username: %s, exempt_from: [%s], expires_on: null, reason: thesis}]"
              .formatted(user, limit));
      PolicyLoader.Loaded loaded =
          PolicyLoader.load(Files.writeString(folder.resolve("limits.yaml"), yaml));
      book = Objects.requireNonNull(loaded.book(), () -> loaded.problems().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void disable(boolean value) {
    disabled = value;
  }

  /** Happens while the next owner is told, once: after a sweep's verdicts, and before its acts. */
  void whileTelling(Runnable somethingElse) {
    whileTelling = somethingElse;
  }

  /** Happens while the next container is identified, once: after a look, and before its record. */
  void whileIdentifying(Runnable somethingElse) {
    whileIdentifying = somethingElse;
  }

  void stopping() {
    stopping = true;
  }

  void protect(String name) {
    adminProtected.add(engine.get(name).id());
  }

  void unprotect(String name) {
    adminProtected.remove(engine.get(name).id());
  }

  void userDatabase(UserDatabase.Answer answer) {
    users = answer;
  }

  void engineRestarts(Runnable meanwhile) {
    engine.goesDown();
    meanwhile.run();
    host = new HostState(host.bootId(), host.boot(), now);
    engine.comesUp();
  }

  /** It tells of another boot and another start of the Engine than before, and nothing happens. */
  void hostTells(Instant boot, @Nullable Instant engineStart) {
    host = new HostState(host.bootId(), boot, engineStart);
  }

  void hostReboots(Duration down) {
    engine.goesDown();
    pass(down);
    nanos = 5_000_000_000L;
    host = new HostState(host.bootId() + "+", now, now.plusSeconds(5));
    pass(Duration.ofSeconds(10));
    engine.comesUp();
    restart();
  }

  /** The daemon ends, without a word, and another one starts. */
  void restart() {
    ledger.close();
    parked.clear();
    parking = false;
    closed = false;
    stopping = false;
    ledger = Ledger.open(file, now);
    sweeps = begin();
    engine.subscribe(Instant.EPOCH, sweeps.listener(() -> {}));
  }

  /** The daemon ends, its ledger is lost, and another one starts. */
  void ledgerIsLost() {
    ledger.close();
    try {
      Files.writeString(file, "no database at all");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    restart();
  }

  /** From now on acts wait until {@link #carryOut}. */
  void holdActs() {
    parking = true;
  }

  /** From now on no act is taken on, as at the daemon's end. */
  void closeLanes() {
    closed = true;
  }

  /** ... and then goes on as usual. */
  void letActsGo() {
    parking = false;
    carryOut();
  }

  void carryOut() {
    while (!parked.isEmpty()) {
      parked.remove().run();
    }
  }

  /** From now on the ledger can't write such rows: a trigger's words, such as {@code journal}. */
  void refuse(String table, String when) {
    sql(
        "CREATE TRIGGER refuse_"
            + table
            + " BEFORE INSERT ON "
            + table
            + " WHEN "
            + when
            + " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END");
  }

  /** ... and now it can again. */
  void accept(String table) {
    sql("DROP TRIGGER refuse_" + table);
  }

  private void sql(String statement) {
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement execution = other.createStatement()) {
      execution.execute(statement);
    } catch (SQLException e) {
      throw new AssertionError(statement, e);
    }
  }

  /** A process of the host, by its files in /proc; on a GPU if {@link FakeGpus#runs} says so. */
  void process(int pid, long startTicks, String name, String cgroup) {
    try {
      Path files = Files.createDirectories(proc.resolve(String.valueOf(pid)));
      Files.writeString(
          files.resolve("stat"),
          pid + " (" + name + ") S" + " 1".repeat(18) + " " + startTicks + " 0");
      Files.writeString(files.resolve("comm"), name + "\n");
      Files.writeString(files.resolve("cgroup"), "0::" + cgroup + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void processEnds(int pid) {
    try {
      Path files = proc.resolve(String.valueOf(pid));
      for (String each : List.of("stat", "comm", "cgroup")) {
        Files.deleteIfExists(files.resolve(each));
      }
      Files.deleteIfExists(files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Processes processes() {
    return new Processes(proc);
  }

  // --- sweeps and what came of them

  Sweeps.Report sweep(JobName job) {
    return sweeps.run(job);
  }

  /** Both cleanups, as after a minute. */
  void sweepAll() {
    sweep(JobName.CREATED_CLEANUP);
    sweep(JobName.STALE_CLEANUP);
  }

  /** Sweeps every minute for that long. */
  void sweepFor(Duration time) {
    for (long minute = 0; minute < time.toMinutes(); minute++) {
      pass(Duration.ofMinutes(1));
      sweepAll();
    }
  }

  Sweeps sweeps() {
    return sweeps;
  }

  boolean isBreakerTripped() {
    return sweeps.isBreakerTripped();
  }

  Ledger ledger() {
    return ledger;
  }

  List<JournalEntry> journalOf(String name) {
    return ledger.read(tables -> tables.journalOf(Containers.idOf(name)));
  }

  /** The event log, as it would be written. */
  List<JsonNode> events() {
    List<JsonNode> events = new ArrayList<>();
    for (JournalEntry entry : ledger.read(tables -> tables.eventsAfter(0, 100_000))) {
      events.add(json(entry));
    }
    return events;
  }

  static JsonNode json(JournalEntry entry) {
    try {
      return JSON.readTree(Objects.requireNonNull(entry.event()));
    } catch (JsonProcessingException e) {
      throw new AssertionError("an event that is no JSON", e);
    }
  }

  /** The events of one container in short, such as {@code container.remove:done}. */
  List<String> story(String name) {
    return events().stream()
        .filter(event -> event.path("details").path("container").asText().equals(name))
        .map(
            event ->
                event.path("event_type").asText()
                    + ":"
                    + event.path("details").path("outcome").asText())
        .toList();
  }

  JsonNode lastEvent(String type) {
    return events().stream()
        .filter(event -> event.path("event_type").asText().equals(type))
        .reduce((first, second) -> second)
        .orElseThrow(() -> new AssertionError("no event " + type));
  }

  @Override
  public void close() {
    ledger.close();
  }
}
