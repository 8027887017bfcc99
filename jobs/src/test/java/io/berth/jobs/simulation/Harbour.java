package io.berth.jobs.simulation;

import io.berth.jobs.ActivityPulse;
import io.berth.jobs.Allocator;
import io.berth.jobs.Herald;
import io.berth.jobs.Identification;
import io.berth.jobs.Lanes;
import io.berth.jobs.Messenger;
import io.berth.jobs.Modes;
import io.berth.jobs.Outcome;
import io.berth.jobs.Subject;
import io.berth.jobs.Sweeps;
import io.berth.jobs.Tally;
import io.berth.jobs.activity.Activity;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Infrastructure;
import io.berth.jobs.container.OwnerChain;
import io.berth.jobs.container.TypeChain;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.EventQuery;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.notify.Overheard;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The simulated host with the daemon on it, which can die and be started again. */
final class Harbour implements AutoCloseable {

  private static final int MOST_EVENTS = 100_000;

  /** What one process of the daemon is made of. */
  private record Daemon(
      Ledger ledger, Inventory inventory, Activity activity, Sweeps sweeps, Allocator allocator) {}

  /** Hears what an owner is told. */
  interface Audience {
    void heard(Herald.Kind kind, String id, Instant at, String words);
  }

  final Pace pace;
  final SimClock clock;
  final Fuse fuse = new Fuse();
  final SimEngine engine;
  final SimGpus gpus;
  private final Overheard overheard = new Overheard();
  private final Messenger messenger = new Messenger(overheard.notifier(), this::now);
  private Audience audience = (kind, id, at, words) -> {};
  final SimFiles files;
  private final SimProc proc;
  private final Path file;
  private final Deque<Runnable> parked = new ArrayDeque<>();
  private Book book;
  private PolicyBook policies;
  private boolean observe;
  private boolean directoryDown;
  private boolean parking;
  private boolean full;
  private boolean hinted;
  private boolean news;
  private @Nullable Daemon daemon;
  private int starts;
  private Duration started = Duration.ZERO;

  Harbour(Path folder, Pace pace) {
    this.pace = pace;
    this.clock = new SimClock(pace.start());
    this.engine = new SimEngine(clock, fuse);
    this.gpus = new SimGpus(clock, engine);
    this.files = new SimFiles(engine);
    this.book = Book.all(pace).get(0);
    this.policies = book.parse();
    this.file = folder.resolve("ledger.db");
    this.proc = new SimProc(folder);
  }

  // --- circumstances

  Book book() {
    return book;
  }

  void book(Book next) {
    book = next;
    policies = next.parse();
  }

  boolean isObserving() {
    return observe;
  }

  void observe(boolean is) {
    observe = is;
  }

  boolean isDirectoryDown() {
    return directoryDown;
  }

  void directoryDown(boolean is) {
    directoryDown = is;
  }

  /** Acts wait until they are let go, as they do while others take their time. */
  void park(boolean is) {
    parking = is;
    while (!is && !parked.isEmpty()) {
      Runnable next = parked.remove();
      alive(
          running -> {
            next.run();
            return true;
          });
    }
  }

  boolean isParking() {
    return parking;
  }

  /** The ledger's disk is full for rows of that table. */
  void fill(String table, String when) {
    if (!full) {
      sql(
          "CREATE TRIGGER full BEFORE INSERT ON %s WHEN %s BEGIN SELECT RAISE(ABORT, 'full'); END"
              .formatted(table, when));
      full = true;
    }
  }

  void empty() {
    if (full) {
      sql("DROP TRIGGER full");
      full = false;
    }
  }

  private void sql(String statement) {
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement execution = other.createStatement()) {
      execution.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(statement, e);
    }
  }

  // --- the daemon

  boolean isUp() {
    return daemon != null;
  }

  /** How often it was started: tells one process of it from the next. */
  int starts() {
    return starts;
  }

  /** When it last was. */
  Duration started() {
    return started;
  }

  /** As the service manager does. A full disk is cleared first: without it there is no start. */
  void start() {
    if (daemon != null) {
      return;
    }
    empty();
    Ledger ledger = Ledger.open(file, clock.wall());
    fuse.renew(ledger::close);
    news = true;
    ledger.whenEventsAreWritten(
        () -> {
          news = true;
          fuse.point();
        });
    Inventory inventory = new Inventory(engine, 1, Duration.ofSeconds(30));
    Processes processes = new Processes(proc.proc());
    Activity activity = new Activity(proc.proc(), proc.cgroups(), gpus, processes, files, ledger);
    Sweeps sweeps =
        new Sweeps(
            new Sweeps.Parts(
                engine,
                inventory,
                gpus,
                processes,
                (pid, isStill) -> Outcome.FAILED,
                ledger,
                this::now,
                this::ticks,
                clock::host,
                () -> policies,
                this::identification,
                new Modes(ledger, null, () -> observe),
                new Lanes(this::act, this::act),
                Tally.NONE,
                new ActivityPulse(activity, ledger),
                this::tell,
                () -> false));
    Allocator allocator = new Allocator(engine, ledger, gpus, processes, this::now, () -> policies);
    daemon = new Daemon(ledger, inventory, activity, sweeps, allocator);
    starts++;
    started = clock.real();
    engine.subscribe(Instant.EPOCH, sweeps.listener(() -> hinted = true));
  }

  void audience(Audience who) {
    audience = who;
  }

  private void tell(
      Herald.Kind kind,
      JobName job,
      Subject subject,
      Verdict.Cause cause,
      String why,
      Instant at,
      PolicyBook of) {
    messenger.tell(kind, job, subject, cause, why, at, of);
    audience.heard(kind, subject.id(), at, overheard.words());
  }

  private Instant now() {
    fuse.point();
    return clock.wall();
  }

  private long ticks() {
    fuse.point();
    return clock.nanos();
  }

  private void act(Runnable act) {
    if (parking) {
      parked.add(act);
    } else {
      act.run();
    }
  }

  private Identification identification(PolicyBook of) {
    OwnerChain owners =
        new OwnerChain(
            of.ownership(),
            uid ->
                directoryDown
                    ? new UserDatabase.Answer.NoAnswer("it does not answer")
                    : new UserDatabase.Answer.NoSuchUser());
    Infrastructure infrastructure =
        new Infrastructure(
            of.monitoring(),
            id -> engine.ship(id).filter(each -> each.adminProtected).isPresent(),
            null);
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

  /** It is killed, or dies. */
  void dies() {
    Daemon gone = daemon;
    daemon = null;
    parked.clear();
    engine.nobodyListens();
    if (gone != null) {
      gone.activity.close();
      gone.inventory.close();
      gone.ledger.close();
    }
  }

  /** Something that the daemon does, which it may not survive; empty where it is not there. */
  private <T> Optional<T> alive(Function<Daemon, T> what) {
    Daemon running = daemon;
    if (running == null) {
      return Optional.empty();
    }
    Optional<T> result;
    try {
      result = Optional.of(what.apply(running));
    } catch (Fuse.Killed e) {
      result = Optional.empty();
    } catch (LedgerException e) {
      result = Optional.empty();
    }
    if (fuse.isBlown()) {
      dies();
      return Optional.empty();
    }
    return result;
  }

  Optional<Sweeps.Report> sweep(JobName job) {
    if (job == JobName.SAMPLE) {
      proc.show(engine.ships());
    }
    return alive(running -> running.sweeps.run(job));
  }

  /** Looks where an event told to; whether it came to a look. */
  boolean notice() {
    if (!hinted) {
      return false;
    }
    hinted = false;
    long before = engine.lists();
    return alive(
            running -> {
              running.sweeps.notice();
              return engine.lists() > before;
            })
        .orElse(false);
  }

  Optional<Allocator.Answer> allocate(Allocator.Request request) {
    return alive(
        running -> {
          running.sweeps.settleClock();
          return running.allocator.allocate(request, Mode.ENFORCE);
        });
  }

  Optional<Boolean> release(String name) {
    return alive(
        running -> running.allocator.release(name, Mode.ENFORCE) instanceof Allocator.Release.Done);
  }

  /** An admin lets pass all that the breaker holds, or some of it; whom. */
  Set<String> approve(Random dice) {
    boolean all = dice.nextBoolean();
    return alive(
            running -> {
              Set<String> held = new TreeSet<>(running.sweeps.heldByBreaker());
              held.removeIf(id -> !all && dice.nextBoolean());
              if (!held.isEmpty()) {
                running.sweeps.approve(held, "root", "seen", clock.wall());
              }
              return held;
            })
        .orElse(Set.of());
  }

  /** What the ledger says; empty while nobody has it open. */
  <T> Optional<T> read(Ledger.Work<T> work) {
    Daemon running = daemon;
    return running == null || fuse.isBlown()
        ? Optional.empty()
        : Optional.of(running.ledger.read(work));
  }

  /** Who has what by the file, as another reader sees it. */
  Allocation onDisk() {
    return new LedgerReader(file).standing().allocation();
  }

  /** The events after that one. What a daemon wrote that is dead is in its file. */
  List<JournalEntry> eventsAfter(long last) {
    news = false;
    return read(tables -> tables.eventsAfter(last, MOST_EVENTS))
        .orElseGet(
            () ->
                new LedgerReader(file)
                    .events(new EventQuery(last, null, null, null, null, MOST_EVENTS, false)));
  }

  /** Whether one was written since they were last read. */
  boolean hasNews() {
    return news;
  }

  /** What changes from here on, changes after all that is in the journal. */
  void mark() {
    read(tables -> tables.lastSeqAt(Tables.LATEST)).ifPresent(engine::journalIsAt);
  }

  @Override
  public void close() {
    dies();
    overheard.close();
  }
}
