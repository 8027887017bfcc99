package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Idleness;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What each running GPU container did lately, and whether that is nothing. Samples are differences
 * of cumulative counters, so that what happens between two of them is in the later one; limits are
 * held against them when judging, so that those of a new book count at once. All of it is in the
 * ledger, and goes on after a restart of the daemon.
 *
 * <p>Safe for use by several threads. Throws {@link io.berth.jobs.ledger.LedgerException} where the
 * ledger fails: a sample that could not be kept was not taken, and the next one covers its time.
 */
public final class Activity implements AutoCloseable {

  /** How long all containers' own file systems together may keep one look. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** A burst of execs is written once; the rest of it goes with the next sample. */
  private static final Duration WRITE_TOUCH_AFTER = Duration.ofMinutes(1);

  /** One of a container that was never sampled; it may just have been started. */
  private static final Duration FORGET_TOUCH_AFTER = Duration.ofHours(1);

  private final HostCounters counters;
  private final Insides insides;
  private final GpuWatch watch;
  private final Ledger ledger;
  private final BlindSpots blindSpots;

  private final Map<String, Life> lives = new ConcurrentHashMap<>();
  private final Map<String, Instant> touches = new ConcurrentHashMap<>();
  private volatile Attempts attempts = Attempts.NONE;
  private volatile @Nullable String exporter;
  private volatile Set<String> joined = Set.of();

  /**
   * @param proc {@code /proc} of the host
   * @param cgroups {@code /sys/fs/cgroup} of the host
   */
  public Activity(
      Path proc,
      Path cgroups,
      Gpus gpus,
      Processes processes,
      KeepAliveFiles keepAliveFiles,
      Ledger ledger) {
    this.counters = new HostCounters(proc, cgroups);
    this.insides = new Insides(new Terminals(proc), keepAliveFiles, PATIENCE);
    this.watch = new GpuWatch(gpus, processes);
    this.ledger = ledger;
    this.blindSpots = new BlindSpots(gpus, insides);
    load();
    watch.resumeAt(ledger.<Map<String, Long>>read(tables -> tables.activity().cursors()));
  }

  private void load() {
    Map<String, Life> loaded = ledger.read(Lives::load);
    lives.putAll(loaded);
    lives.keySet().retainAll(loaded.keySet());
  }

  /** A sample is tried now, whatever comes of it. */
  public synchronized void attempt(Instant now) {
    attempts = attempts.with(now);
  }

  /**
   * Takes one sample of each container.
   *
   * @param running those that run now, each once; of one that is left out (paused, say) this is a
   *     gap if it takes long
   * @param all containers there are, in whatever state: who shares whose network
   * @param devices the UUIDs of the devices that a container has or may use; empty where that can't
   *     be told
   * @param begins when its life began, as far as that can be told better than by the Engine's stamp
   */
  public synchronized void sample(
      Collection<Container> running,
      Collection<Container> all,
      Function<Container, Set<String>> devices,
      Function<Container, Optional<Instant>> begins,
      PolicyBook book,
      Instant now) {
    exporter = book.gpu().dcgmExporter();
    Map<String, Set<String>> uuids = new HashMap<>();
    running.forEach(each -> uuids.put(each.id(), Set.copyOf(devices.apply(each))));
    if (lives.values().stream().anyMatch(each -> now.isBefore(each.lookedAt()))) {
      watch.resumeAt(Map.of()); // the driver's clock has gone back with ours
    }
    joined = Networks.joined(all);
    Looks looks = look(running, uuids, book.policies().keepaliveFile(), now);
    List<Life.Next> nexts = new ArrayList<>();
    for (Container each : running) {
      Instant began = begins.apply(each).orElseGet(() -> Life.startOf(each));
      nexts.add(next(each, looks.of(each), began, Tables.cut(now)));
    }
    keep(nexts, looks, now);
    blindSpots.sampled(running, lives);
  }

  /** One look at several containers. */
  private record Looks(Map<String, Look> byId, GpuLook gpu) {
    Look of(Container container) {
      Look look = byId.get(container.id());
      if (look == null) {
        throw new IllegalStateException("no look at " + container.name());
      }
      return look;
    }
  }

  /** The counters first: what takes its time after them would be in none of their rates. */
  private Looks look(
      Collection<Container> containers,
      Map<String, Set<String>> uuids,
      String keepAliveFile,
      Instant now) {
    Map<String, Measure> cpu = new HashMap<>();
    Map<String, Measure> network = new HashMap<>();
    for (Container each : containers) {
      cpu.put(each.id(), counters.cpu(each));
      network.put(each.id(), network(each));
    }
    insides.ask(containers, keepAliveFile, now);
    Set<String> all = new HashSet<>();
    uuids.values().forEach(all::addAll);
    GpuLook gpu = watch.look(all, exporter);
    Map<String, Look> looks = new HashMap<>();
    for (Container each : containers) {
      String id = each.id();
      Set<String> own = uuids.getOrDefault(id, Set.of());
      looks.put(
          id,
          new Look(
              cpu.getOrDefault(id, Measure.unknown("not read")),
              network.getOrDefault(id, Measure.unknown("not read")),
              gpu.use(id, own),
              gpu.memory(id, own),
              insides.of(each)));
    }
    return new Looks(looks, gpu);
  }

  private Measure network(Container container) {
    Optional<String> shared =
        joined.contains(container.id())
            ? Optional.of("others have joined its network")
            : Networks.notItsOwn(container);
    return shared.map(Measure::notAttributable).orElseGet(() -> counters.network(container));
  }

  private Life.Next next(Container container, Look look, Instant began, Instant now) {
    Life before = lives.get(container.id());
    Life.Next next =
        before == null
            ? new Life.Next(
                Life.first(container, look, began, now),
                true,
                new History.Appended(List.of(), List.of(), null))
            : before.next(container, look, began, now, attempts);
    Instant touched = touches.get(container.id());
    return touched == null
        ? next
        : new Life.Next(next.life().touchedAt(touched), next.fresh(), next.appended());
  }

  /** One transaction; then what is in it counts here as well. */
  private void keep(List<Life.Next> nexts, Looks looks, Instant now) {
    Map<String, Long> cursors = watch.cursorsAfter(looks.gpu(), now);
    Set<String> kept =
        ledger.write(
            tables -> {
              for (Life.Next each : nexts) {
                Lives.save(tables, each);
              }
              tables.activity().cursors(cursors);
              return tables.activity().containers();
            });
    watch.keep(looks.gpu(), now);
    nexts.forEach(each -> lives.put(each.life().containerId(), each.life()));
    lives.keySet().retainAll(kept);
    Instant old = now.minus(FORGET_TOUCH_AFTER);
    touches.entrySet().removeIf(e -> !kept.contains(e.getKey()) && e.getValue().isBefore(old));
    insides.retain(kept);
  }

  /**
   * Looks at that container alone, right before an act, and judges with what that brings. It is not
   * kept: a moment's noise spares the container this time, and sets no clock back.
   */
  public Idleness idlenessNow(
      Container container,
      Set<String> devices,
      Limits limits,
      PolicyBook.Policies policies,
      Instant now) {
    Life life = lives.get(container.id());
    if (life == null) {
      return noSample();
    }
    Looks looks =
        look(List.of(container), Map.of(container.id(), devices), policies.keepaliveFile(), now);
    Instant at = now.isBefore(life.lookedAt()) ? life.lookedAt() : now;
    Instant began = life.isOf(container) ? life.began() : Life.startOf(container);
    Life after = life.next(container, looks.of(container), began, at, attempts).life();
    Optional<String> gap = life.gapUntil(now, attempts);
    return gap.isPresent()
        ? Idleness.unknown(gap.get())
        : judge(after, container, limits, policies, now);
  }

  /**
   * Judges from the samples there are. They are not needed for a paused container: it is not
   * sampled, and what was known of it grows old.
   */
  public Idleness idleness(
      Container container, Limits limits, PolicyBook.Policies policies, Instant now) {
    Life life = lives.get(container.id());
    if (life == null) {
      return noSample();
    }
    if (!life.isOf(container)) {
      return Idleness.active(
          "it was started at " + Words.moment(Life.startOf(container)), Map.of());
    }
    Optional<String> gap = life.gapUntil(now, attempts);
    return gap.isPresent()
        ? Idleness.unknown(gap.get())
        : judge(life, container, limits, policies, now);
  }

  private Idleness judge(
      Life life, Container container, Limits limits, PolicyBook.Policies policies, Instant now) {
    String id = container.id();
    Instant command =
        ledger.<Optional<Instant>>read(tables -> tables.activity().keptAliveUntil(id)).orElse(null);
    Instant touched = Life.later(life.touched(), touches.get(id));
    Holds holds = Holds.of(life, container, touched, command, policies);
    return Judge.judge(life.samples(), holds, Thresholds.of(limits), now);
  }

  private static Idleness noSample() {
    return Idleness.unknown("there is no sample of it yet");
  }

  /** Whether an exec of that command is the container's health check; both as events show them. */
  public static boolean isHealthcheck(Container container, String command) {
    String check = container.healthcheck();
    return check != null && check.strip().equals(command.strip());
  }

  /** Somebody started something in the container, or attached to it. May be called at any rate. */
  public void executed(String containerId, Instant at) {
    Instant kept = Tables.cut(at);
    Instant before = touches.get(containerId);
    touches.merge(containerId, kept, (one, other) -> one.isAfter(other) ? one : other);
    if (before == null || kept.isAfter(before.plus(WRITE_TOUCH_AFTER))) {
      ledger.update(tables -> tables.activity().touch(containerId, kept));
    }
  }

  /**
   * What happened since the last sample can't be trusted: every container has a gap, and every idle
   * clock begins anew. After {@link Tables#shift}, where the clock jumped.
   *
   * @param why in words that go behind "gap:"
   */
  public synchronized void broken(String why) {
    ledger.update(tables -> tables.activity().breakAll(why));
    load();
    touches.clear();
    attempts = Attempts.NONE;
    watch.resumeAt(Map.of());
  }

  /** The samples there are, oldest first; older ones are merged. Empty where there are none. */
  public List<Sample> history(String containerId) {
    Life life = lives.get(containerId);
    return life == null ? List.of() : life.samples();
  }

  /**
   * What can't be seen on this host, and what to do about it, a sentence or two each; by the last
   * sample. Asks NVML.
   */
  public List<String> blindSpots() {
    return blindSpots.now(exporter);
  }

  /** Gives up what hangs. */
  @Override
  public void close() {
    insides.close();
  }
}
