package io.berth.daemon;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.berth.daemon.cli.DaemonRunner;
import io.berth.daemon.cli.Version;
import io.berth.daemon.config.BookInForce;
import io.berth.daemon.config.FilesWatch;
import io.berth.daemon.control.ControlParts;
import io.berth.daemon.control.ControlServer;
import io.berth.daemon.events.Backlog;
import io.berth.daemon.events.EventLog;
import io.berth.daemon.http.HttpEndpoint;
import io.berth.daemon.http.Metrics;
import io.berth.daemon.process.Heartbeat;
import io.berth.daemon.schedule.Timetable;
import io.berth.jobs.ActivityPulse;
import io.berth.jobs.Allocator;
import io.berth.jobs.Bystanders;
import io.berth.jobs.DaemonJournal;
import io.berth.jobs.Lanes;
import io.berth.jobs.Messenger;
import io.berth.jobs.Modes;
import io.berth.jobs.ProcessKiller;
import io.berth.jobs.Requests;
import io.berth.jobs.Sweeps;
import io.berth.jobs.activity.Activity;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.engine.DockerEngine;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.host.ContainerFiles;
import io.berth.jobs.host.GetentUserDatabase;
import io.berth.jobs.host.OwnContainer;
import io.berth.jobs.host.Terminals;
import io.berth.jobs.ledger.Compaction;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.jobs.notify.Delivery;
import io.berth.jobs.notify.Notice;
import io.berth.jobs.notify.Notifier;
import io.berth.policies.JobName;
import io.berth.policies.PolicyBook;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the parts of a running daemon are put together, in the order they start; and its end. */
final class Wiring implements AutoCloseable {

  private static final Path PROC = Path.of("/proc");
  private static final int ACTS_AT_ONCE = 8;

  /** Each lasts as long as its container's grace. */
  private static final int STOPS_AT_ONCE = 64;

  private static final int INSPECTS_AT_ONCE = 8;
  private static final Duration INSPECT_PATIENCE = Duration.ofSeconds(5);
  private static final Duration LAST_ACTS = Duration.ofSeconds(10);

  /** Events come in bursts: one look serves all of them. */
  static final Duration GATHER = Duration.ofMillis(200);

  /** Not a day: a daemon that is restarted every night has to come to it as well. */
  private static final Duration COMPACTIONS = Duration.ofHours(6);

  private static final Logger log = LoggerFactory.getLogger(Wiring.class);

  private final InstantSource clock = Clock.systemUTC();
  private final BookInForce books;
  private final Ledger ledger;
  private final DaemonJournal journal;
  private final Modes modes;
  private final Gpus gpus;
  private final Engine engine;
  private final Inventory inventory;
  private final ExecutorService lanes;
  private final ExecutorService stopLanes;
  private final Activity activity;
  private final Notifier notifier;
  private final Housekeeping housekeeping = new Housekeeping();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final EventLog eventLog;
  private final Sweeps sweeps;
  private final Requests requests;
  private final DaemonVitals vitals;
  private final ControlServer control;
  private final List<HttpEndpoint> endpoints = new ArrayList<>();
  private final Timetable timetable;
  private final Reloads reloads;
  private final Engine.Subscription subscription;
  private final Heartbeat.Life life;
  private volatile boolean engineUp = true;
  private volatile List<String> blindSpots = List.of();
  private volatile String doing = DaemonLife.BEGINNING;

  Wiring(
      DaemonRunner.Options options,
      BookInForce books,
      Ledger ledger,
      DockerEngine engine,
      URI engineAddress,
      Optional<Duration> watchdog)
      throws IOException {
    this.books = books;
    this.ledger = ledger;
    this.engine = engine;
    PolicyBook book = books.book();
    ControlServer.clear(book.daemon().socket());
    HostWatch host = new HostWatch(PROC, engineAddress);
    // /etc/berth/disable, as long as the configuration is where it is by default.
    Path disable = options.config().toAbsolutePath().resolveSibling("disable");
    modes = new Modes(ledger, options.mode(), () -> Files.exists(disable));
    journal = new DaemonJournal(ledger, clock, () -> modes.inForce(books.book()));
    gpus = Gpus.of(book.gpu(), clock, System::nanoTime);
    inventory = new Inventory(engine, INSPECTS_AT_ONCE, INSPECT_PATIENCE);
    lanes = Executors.newFixedThreadPool(ACTS_AT_ONCE, work -> thread("act", work));
    stopLanes = Executors.newFixedThreadPool(STOPS_AT_ONCE, work -> thread("stop", work));

    eventLog = new EventLog(book.daemon().events(), this::retention, this::backlog, clock);
    long logged = eventLog.findEnd();
    ledger.update(tables -> tables.goOnAfter(logged));
    ledger.whenEventsAreWritten(housekeeping.gathered(Duration.ZERO, eventLog::pump));
    housekeeping.every(Duration.ofSeconds(30), eventLog::pump);
    housekeeping.every(Duration.ofMinutes(10), eventLog::tidy);
    housekeeping.every(COMPACTIONS, this::compact);
    journal.record("daemon.start", startDetails(options, ledger, engine));

    Metrics metrics = new Metrics(Version.current(), clock);
    Gauges gauges = new Gauges(metrics);
    UserDatabase users = new GetentUserDatabase(clock);
    ContainerFiles files = new ContainerFiles(PROC, INSPECT_PATIENCE);
    activity =
        new Activity(
            PROC, Path.of("/sys/fs/cgroup"), gpus, new Processes(PROC), files::modifiedAt, ledger);
    housekeeping.every(Duration.ofSeconds(30), () -> blindSpots = activity.blindSpots());
    notifier =
        Notifier.create(
            () -> books.book().notifications(),
            new Terminals(Path.of("/dev"), Path.of("/run/utmp"), users),
            files,
            Messenger.told(ledger),
            Messenger.journal(ledger, clock));
    requests = new Requests(ledger, clock);
    Identifications identifications =
        new Identifications(users, requests::isProtected, OwnContainer.id(PROC));
    sweeps =
        new Sweeps(
            new Sweeps.Parts(
                engine,
                inventory,
                gpus,
                new Processes(PROC),
                ProcessKiller.onHost(),
                ledger,
                clock,
                System::nanoTime,
                host,
                books::book,
                identifications::of,
                modes,
                new Lanes(lanes, stopLanes),
                gauges,
                new ActivityPulse(activity, ledger),
                new Messenger(notifier, clock),
                stopping::get));
    vitals = new DaemonVitals(gauges, books, sweeps, modes, eventLog, ledger, () -> engineUp);
    metrics.watch(vitals);
    listen(book, metrics);

    // All that the Engine still has: somebody may have come to a container while no daemon ran.
    subscription = engine.subscribe(Instant.EPOCH, listener());
    timetable =
        Timetable.start(
            books.book().schedules(),
            this::runUnlessPaused,
            (job, why) -> log.error("{} ended with an error that nobody expected", job.word(), why),
            clock,
            System::nanoTime);
    reloads = new Reloads(books, journal, timetable, sweeps.outlook());
    watch(options.config());
    life =
        new DaemonLife(
            timetable, watchdog, () -> books.book().safety().engineTimeout(), () -> doing);
    control = ControlServer.start(book.daemon().socket(), controlParts(options, gauges));
    log.info("ready; mode {}", modes.inForce(book).word());
  }

  private ControlParts controlParts(DaemonRunner.Options options, Gauges gauges) {
    return new ControlParts(
        ledger,
        new LedgerReader(books.book().daemon().ledger()),
        new Allocator(engine, ledger, gpus, new Processes(PROC), clock, books::book),
        new Bystanders(gpus, new Processes(PROC), ledger),
        modes,
        requests,
        sweeps,
        activity::history,
        () -> blindSpots,
        books::book,
        new RunningDaemon(
            options.config(),
            clock.instant(),
            vitals,
            vitals,
            sweeps,
            timetable,
            gauges,
            reloads::reload,
            reloads::suppose),
        clock,
        this::notifyTest);
  }

  private Map<String, String> notifyTest(String user, String who) {
    PolicyBook book = books.book();
    Map<String, String> channels = new TreeMap<>();
    List<Delivery> deliveries =
        notifier
            .deliver(Notice.test(user, clock.instant(), book.schedules().timezone()))
            .orTimeout(book.notifications().timeout().plusSeconds(1).toMillis(), MILLISECONDS)
            .exceptionally(late -> List.of())
            .join();
    deliveries.forEach(each -> channels.put(each.channel(), words(each)));
    return channels;
  }

  private static String words(Delivery delivery) {
    return delivery.result().word() + (delivery.detail().isEmpty() ? "" : ": " + delivery.detail());
  }

  private void runUnlessPaused(JobName job) {
    if (!requests.pauses().containsKey(job)) {
      sweep(job);
    }
  }

  private static Map<String, Object> startDetails(
      DaemonRunner.Options options, Ledger ledger, Engine engine) {
    String setAside = ledger.setAside().map(Path::toString).orElse("");
    return Map.of(
        "version", Version.current(),
        "config", options.config().toAbsolutePath().toString(),
        "ledger_set_aside", setAside,
        "other_janitors", otherJanitors(engine));
  }

  private static List<String> otherJanitors(Engine engine) {
    List<Engine.Summary> containers = List.of();
    try {
      containers = engine.list();
    } catch (EngineException e) {
      log.warn("no container can be told to be another janitor: {}", e.getMessage());
    }
    List<String> found = new Janitors(Path.of("/")).find(containers);
    if (!found.isEmpty()) {
      log.warn(
          "others on this host stop or remove containers as well, and two janitors fight: {};"
              + " turn one of the two off, or keep Berth in observe",
          String.join(", ", found));
    }
    return found;
  }

  private Engine.EventListener listener() {
    Engine.EventListener lookout = sweeps.listener(housekeeping.gathered(GATHER, sweeps::notice));
    return new Engine.EventListener() {
      @Override
      public void connected() {
        engineUp = true;
        lookout.connected();
      }

      @Override
      public void event(Engine.Event event) {
        lookout.event(event);
      }

      @Override
      public void disconnected(String why) {
        log.warn(
            "the Engine's event stream broke: {}; it is opened again as soon as it can be", why);
        engineUp = false;
        lookout.disconnected(why);
      }
    };
  }

  private void sweep(JobName job) {
    Sweeps.Report report = sweeps.run(job);
    engineUp = report.engineUp();
    doing = DaemonLife.words(modes.inForce(books.book()), job, report);
  }

  private void watch(Path config) {
    FilesWatch watch = new FilesWatch(config);
    housekeeping.every(
        Duration.ofSeconds(1),
        () -> {
          if (books.book().daemon().watch() && watch.changed()) {
            reloads.reload("daemon.watch");
          }
        });
  }

  private void listen(PolicyBook book, Metrics metrics) throws IOException {
    String http = book.daemon().http();
    if (http != null) {
      endpoints.add(HttpEndpoint.start(http, metrics, vitals));
    }
    String metricsOnly = book.daemon().metrics();
    if (metricsOnly != null) {
      endpoints.add(HttpEndpoint.startMetricsOnly(metricsOnly, metrics));
    }
  }

  private void compact() {
    PolicyBook.DaemonSettings settings = books.book().daemon();
    int dropped =
        Compaction.bound(
            ledger,
            clock.instant(),
            settings.journalKeep(),
            settings.journalMaxSize(),
            eventLog.writtenUpTo(),
            old -> journal.record("journal.compact", sumOf(old)));
    if (dropped > 0) {
      log.info(
          "{} rows were dropped from the journal: daemon.journal_keep, daemon.journal_max_size",
          dropped);
    }
  }

  private static Map<String, Object> sumOf(Compaction.Dropped old) {
    return Map.of(
        "rows", old.rows(),
        "first", old.since().toString(),
        "last", old.until().toString(),
        "counts", old.counts());
  }

  private EventLog.Retention retention() {
    PolicyBook.DaemonSettings settings = books.book().daemon();
    return new EventLog.Retention(
        settings.eventsMaxSize(), settings.eventsKeep(), settings.eventsMaxTotal());
  }

  private List<Backlog.Row> backlog(long seq, int limit) {
    return ledger.read(tables -> tables.eventsAfter(seq, limit)).stream().map(Wiring::row).toList();
  }

  private static Backlog.Row row(JournalEntry entry) {
    return new Backlog.Row(entry.seq(), Objects.requireNonNull(entry.event()));
  }

  /**
   * Has the configuration read again, soon; the journal says what came of it.
   *
   * @param done called after it, whatever came of it
   */
  void reload(Runnable done) {
    housekeeping.now(
        () -> {
          try {
            reloads.reload("SIGHUP");
          } finally {
            done.run();
          }
        });
  }

  /** What systemd is told of it. */
  Heartbeat.Life life() {
    return life;
  }

  /** Finishes what is in hand, or abandons it safely: an act not yet begun is dropped. */
  @Override
  public void close() {
    stopping.set(true);
    control.close();
    subscription.close();
    timetable.shutdown(LAST_ACTS);
    lanes.shutdown();
    stopLanes.shutdown();
    if (!ended(lanes, LAST_ACTS) || !ended(stopLanes, Duration.ZERO)) {
      log.warn("an act is still in hand; the next start finds out what came of it");
    }
    notifier.close();
    activity.close();
    journal.tell("daemon.stop", Map.of());
    housekeeping.close();
    eventLog.pump();
    eventLog.close();
    endpoints.forEach(HttpEndpoint::close);
    inventory.close();
    gpus.close();
  }

  private static boolean ended(ExecutorService executor, Duration patience) {
    try {
      return executor.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static Thread thread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }
}
