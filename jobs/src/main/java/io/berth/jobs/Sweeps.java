package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.ConflictRule;
import io.berth.jobs.rules.CreatedRule;
import io.berth.jobs.rules.IdleRule;
import io.berth.jobs.rules.Rule;
import io.berth.jobs.rules.RuntimeRule;
import io.berth.jobs.rules.StaleRule;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one job over all containers at a time: the entry for the scheduler, for the event stream and
 * for whoever asks for a sweep. A sweep that can't know enough acts on nothing, says so once a
 * streak, and is tried again at its next time.
 */
public final class Sweeps {

  private static final Logger log = LoggerFactory.getLogger(Sweeps.class);

  /**
   * What the jobs are made of; wired once by the daemon, and by tests and simulations with parts of
   * their own.
   */
  public record Parts(
      Engine engine,
      Inventory inventory,
      Gpus gpus,
      Processes processes,
      ProcessKiller killer,
      Ledger ledger,
      InstantSource clock,
      LongSupplier ticker,
      Supplier<HostState> host,
      Supplier<PolicyBook> book,
      Function<PolicyBook, Identification> identification,
      Modes modes,
      Lanes lanes,
      Tally tally,
      Pulse pulse,
      Herald herald,
      BooleanSupplier stopping) {}

  /**
   * What one sweep came to.
   *
   * @param skipped why nothing was looked at or done, in words; empty where the sweep was whole
   * @param engineUp whether the Engine answered, as far as it was asked
   * @param containers how many it looked at
   * @param changes how much had happened since the last look
   * @param wanted what a rule wants of each container, by id, whatever holds it back
   * @param acts those that were begun; they may go on after the sweep
   * @param heldBack how many acts are due but held back, by guard
   */
  public record Report(
      String skipped,
      boolean engineUp,
      int containers,
      int changes,
      Map<String, Action> wanted,
      List<CompletableFuture<Outcome>> acts,
      Map<String, Integer> heldBack) {

    static Report skipped(String why, boolean engineUp) {
      return new Report(why, engineUp, 0, 0, Map.of(), List.of(), Map.of());
    }
  }

  private final Parts parts;
  private final ClockGuard clockGuard;
  private final Object settling = new Object();
  private final Lookout lookout;
  private final Breaker breaker;
  private final ReleaseJob release;
  private final Orphans orphans;
  private final Freezer freezer;
  private final Demand demand;
  private final Outlook outlook;
  private final Map<JobName, RuleJob> ruled = new EnumMap<>(JobName.class);
  private final Map<JobName, Object> turns = new EnumMap<>(JobName.class);
  private final Set<JobName> failing = ConcurrentHashMap.newKeySet();

  public Sweeps(Parts parts) {
    this.parts = parts;
    InFlight inFlight = new InFlight();
    this.clockGuard = new ClockGuard(parts.ledger, parts.clock, parts.ticker);
    this.breaker = new Breaker(parts.ledger, parts.ticker);
    DeviceKeeper devices =
        new DeviceKeeper(parts.ledger, parts.gpus, parts.ticker, parts.tally, parts.herald);
    this.lookout =
        new Lookout(
            parts.inventory,
            parts.ledger,
            parts.clock,
            parts.host,
            devices,
            parts.pulse,
            inFlight,
            parts.tally);
    this.demand = new Demand(parts.ledger);
    Enforcer enforcer =
        new Enforcer(
            parts.engine,
            parts.ledger,
            new Deeds(parts.engine, parts.inventory, devices, parts.clock),
            parts.clock,
            inFlight,
            new Guards(parts.ticker),
            breaker,
            parts.lanes,
            parts.tally,
            parts.herald,
            parts.stopping);
    this.release =
        new ReleaseJob(parts.engine, parts.ledger, parts.clock, inFlight, parts.lanes.acts());
    this.orphans = new Orphans(parts);
    this.freezer =
        new Freezer(
            parts.engine,
            parts.ledger,
            parts.clock,
            inFlight,
            container -> parts.identification.apply(parts.book.get()).protects(container));
    RuleKinds kinds =
        new RuleKinds(parts.pulse, demand, new Conflicts(parts.ledger, parts.clock.instant()));
    put(JobName.CREATED_CLEANUP, new CreatedRule(), kinds.cleanup(), enforcer);
    put(JobName.STALE_CLEANUP, new StaleRule(), kinds.cleanup(), enforcer);
    put(JobName.IDLE_STOP, new IdleRule(), kinds.idleness(), enforcer);
    put(JobName.MAX_RUNTIME, new RuntimeRule(), kinds.runtime(), enforcer);
    put(JobName.GPU_RELEASE, new ConflictRule(), kinds.conflict(), enforcer);
    jobs().forEach(job -> turns.put(job, new Object()));
    this.outlook = new Outlook(parts, lookout, breaker, ruled);
  }

  private void put(JobName job, Rule rule, RuleJob.Kind kind, Enforcer enforcer) {
    ruled.put(job, new RuleJob(job, rule, kind, parts.ledger, parts.modes, enforcer, parts.herald));
  }

  /** The jobs there are. */
  public Set<JobName> jobs() {
    return EnumSet.allOf(JobName.class);
  }

  /** Whether the breaker holds back all acts. */
  public boolean isBreakerTripped() {
    return breaker.isTripped();
  }

  /** Whether so many GPUs are taken that idle ones are wanted back sooner. */
  public boolean isDemandHigh() {
    return demand.isHigh();
  }

  /** Whether what the ledger says of containers and devices is of this daemon's own time. */
  public boolean hasLooked() {
    return lookout.hasLooked();
  }

  /** The ids of the containers that the breaker holds back; empty while it is not tripped. */
  public Set<String> heldByBreaker() {
    return breaker.held();
  }

  /**
   * Lets exactly these containers pass the breaker, each for one act.
   *
   * @param ids each of {@link #heldByBreaker}
   * @throws IllegalArgumentException where one is not: nothing is approved then
   */
  public void approve(Set<String> ids, String who, String why, Instant now) {
    settleClock(); // it lapses after a day
    breaker.approve(ids, who, why, now);
  }

  /** What is to come. */
  public Outlook outlook() {
    return outlook;
  }

  /** Freezes and thaws containers for their owners. */
  public Freezer freezer() {
    return freezer;
  }

  /** What the Engine's event stream is to be told to. */
  public Engine.EventListener listener(Runnable somethingHappened) {
    return lookout.listener(somethingHappened);
  }

  /**
   * Runs one job; one run of a job at a time. Never throws for what the Engine, the ledger or the
   * clock do.
   */
  public Report run(JobName job) {
    return LogFields.during(job, () -> runOnce(job));
  }

  private Report runOnce(JobName job) {
    long began = parts.ticker.getAsLong();
    Report report;
    synchronized (Objects.requireNonNull(turns.get(job), () -> "no job " + job)) {
      report = attempt(job);
    }
    boolean ok = report.skipped.isEmpty();
    Duration took = Duration.ofNanos(parts.ticker.getAsLong() - began);
    parts.tally.swept(job, took, ok, parts.clock.instant());
    if (ok && failing.remove(job)) {
      log.info("{} works again", job.word());
    }
    return report;
  }

  private Report attempt(JobName job) {
    PolicyBook book = parts.book.get();
    try {
      if (job == JobName.SAMPLE) {
        parts.pulse.attempt(parts.clock.instant());
      }
      Mode mode = parts.modes.inForce(book);
      parts.modes.journal(mode, parts.clock.instant());
      Optional<Duration> jump = settleClock(book, mode);
      if (jump.isPresent()) {
        log.warn("{} does nothing now, because the clock jumped", job.word());
        return Report.skipped("the clock jumped by " + jump.get(), true);
      }
      return sweep(job, book, mode);
    } catch (EngineException | LedgerException e) {
      return failed(job, book, e, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      if (!failing.contains(job)) {
        log.error("{} failed unexpectedly", job.word(), e);
      }
      return failed(job, book, e, "it failed unexpectedly: " + e);
    }
  }

  private Report sweep(JobName job, PolicyBook book, Mode mode) throws EngineException {
    Identification identification = parts.identification.apply(book);
    long jumps = clockGuard.jumps();
    Lookout.Look look = lookout.look(book, identification, mode, job == JobName.RECONCILE);
    Picture picture = look.picture();
    if (!isSteady(book, jumps)) {
      return Report.skipped("the clock jumped while looking", true);
    }
    BooleanSupplier unchanged =
        () -> parts.book.get() == book && isSteady(book, jumps) && lookout.isOfThisEngine(picture);
    Enforcer.Enforced enforced = carryOn(job, picture, identification, mode, unchanged);
    return new Report(
        "",
        true,
        picture.subjects().size(),
        look.changes(),
        enforced.wanted(),
        enforced.acts(),
        enforced.heldBack());
  }

  private Enforcer.Enforced carryOn(
      JobName job,
      Picture picture,
      Identification identification,
      Mode mode,
      BooleanSupplier unchanged)
      throws EngineException {
    if (job == JobName.SAMPLE) {
      parts.pulse.sample(watched(picture), picture.subjects(), picture.book(), picture.now());
    }
    if (job == JobName.IDLE_STOP) {
      demand.look(picture.book(), mode, picture.now());
    }
    List<CompletableFuture<Outcome>> acts = new ArrayList<>();
    if (job == JobName.GPU_RELEASE) {
      acts.addAll(release.sweep(picture, mode, unchanged));
    }
    if (job == JobName.GPU_RELEASE || job == JobName.RECONCILE) {
      orphans.look(picture, parts.modes.of(JobName.GPU_RELEASE, picture.book()));
    }
    RuleJob rule = ruled.get(job);
    if (rule == null) {
      return new Enforcer.Enforced(Map.of(), Map.of(), acts);
    }
    Enforcer.Enforced enforced = rule.sweep(picture, identification, unchanged);
    acts.addAll(enforced.acts());
    return new Enforcer.Enforced(enforced.wanted(), enforced.heldBack(), acts);
  }

  /** What is neither infrastructure nor stopped, and has GPUs. */
  private static List<Subject> watched(Picture picture) {
    return picture.subjects().stream()
        .filter(each -> each.container().state() == Container.State.RUNNING)
        .filter(each -> each.isRunningWithGpus() && each.protectedBy() == null)
        .toList();
  }

  /**
   * Something happened: looks, records it, and tells owners of what is to come of it. Acts wait for
   * their job's time, so that caps count for what they say.
   *
   * @return why, by id, of those that could not be inspected; empty where there was nothing to
   *     record at all
   */
  public Optional<Map<String, String>> notice() {
    PolicyBook book = parts.book.get();
    try {
      Mode mode = parts.modes.inForce(book);
      settleClock(book, mode);
      long jumps = clockGuard.jumps();
      Lookout.Look look = lookout.look(book, parts.identification.apply(book), mode, false);
      if (look.changes() > 0 && isSteady(book, jumps)) {
        ruled.values().forEach(each -> each.notice(look.picture()));
      }
      return Optional.of(look.picture().failed());
    } catch (EngineException | LedgerException e) {
      log.debug("looking failed; the next sweep looks again", e);
      return Optional.empty();
    }
  }

  /**
   * Finds a jump of the clock and moves by it what is pending. To be called right before something
   * that lasts until a moment is written by anybody else than a sweep: what is written after a jump
   * and before it is found would be moved as well.
   *
   * @throws LedgerException if the ledger can't be written
   */
  public void settleClock() {
    PolicyBook book = parts.book.get();
    settleClock(book, parts.modes.inForce(book));
  }

  /** Nobody goes on before whoever found a jump is through with it. */
  private Optional<Duration> settleClock(PolicyBook book, Mode mode) {
    Duration tolerance = book.safety().clockJumpTolerance();
    String bootId = parts.host.get().bootId();
    synchronized (settling) {
      Optional<Duration> found = clockGuard.check(bootId, tolerance, mode);
      found.ifPresent(
          jump -> {
            log.warn("the clock jumped by {}: all that is pending moved by as much", jump);
            lookout.clockJumped(jump);
            breaker.clockJumped(jump);
            parts.pulse.broken("the clock jumped by " + jump);
          });
      return found;
    }
  }

  private boolean isSteady(PolicyBook book, long jumps) {
    return clockGuard.isSteady(book.safety().clockJumpTolerance(), jumps);
  }

  /** Says it once a streak: in the log, and as an event where the journal can be written. */
  private Report failed(JobName job, PolicyBook book, Exception e, String why) {
    if (failing.add(job)) {
      log.error("{} did nothing: {}; it is tried again at its next time", job.word(), why);
      try {
        parts.ledger.write(
            tables -> tables.append(sweepError(job, parts.modes.inForce(book), why)));
      } catch (RuntimeException unwritten) {
        log.debug("the failure could not be recorded either", unwritten);
      }
    }
    return Report.skipped(why, !(e instanceof EngineException));
  }

  private JournalEntry sweepError(JobName job, Mode mode, String why) {
    Instant now = parts.clock.instant();
    Map<String, Object> details =
        Map.of("detail", why, "next", "it is tried again at its next time");
    return Events.ofDaemon(now, "sweep.error", job.word(), null, mode, details);
  }
}
