package io.berth.daemon.http;

import io.berth.jobs.container.Container;
import io.berth.jobs.gpu.Device;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceState;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The metrics by the names of DESIGN section 7. Every label has few values: a container's id or
 * name is none, and an owner only where there can be no more of them than devices. Safe for several
 * threads.
 */
public final class Metrics {

  private static final Duration[] SWEEP_BUCKETS = {
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(250),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(2)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<JobName, Timer> sweeps = new EnumMap<>(JobName.class);
  private final Map<JobName, Instant> successes = new ConcurrentHashMap<>();
  private final MultiGauge containers;
  private final MultiGauge deviceInfo;
  private final MultiGauge deviceAllocated;
  private final InstantSource clock;

  /**
   * @param version of Berth, as {@code berth --version} prints it
   */
  public Metrics(String version, InstantSource clock) {
    this.clock = clock;
    containers =
        MultiGauge.builder("berth.containers")
            .description("Containers of the Engine, by state and type.")
            .register(registry);
    deviceInfo =
        MultiGauge.builder("berth.device.info")
            .description("The devices that NVML listed last; always 1.")
            .register(registry);
    deviceAllocated =
        MultiGauge.builder("berth.device.allocated")
            .description("Who has a device for himself; always 1.")
            .register(registry);
    for (JobName job : JobName.values()) {
      sweeps.put(job, sweepTimer(job));
    }
    Gauge.builder("berth.build.info", () -> 1)
        .description("The version that runs; always 1.")
        .tag("version", version)
        .register(registry);
    bindProcess();
  }

  /** Shows these vitals from now on. Called once. */
  public void watch(Vitals vitals) {
    flag("berth.engine.up", "Whether the Docker Engine answers.", vitals::engineUp);
    flag("berth.nvml.up", "Whether NVML listed its devices when last asked.", vitals::nvmlUp);
    flag(
        "berth.config.valid",
        "Whether the configuration on disk is the one in force.",
        vitals::configValid);
    flag(
        "berth.breaker.tripped",
        "Whether the breaker holds all acts back.",
        vitals::breakerTripped);
    flag("berth.event.log.up", "Whether the event log can be written.", vitals::eventLogUp);
    flag("berth.journal.up", "Whether the journal can be written.", vitals::journalUp);
    Gauge.builder("berth.orphan.processes", vitals, Vitals::orphanProcesses)
        .description("Processes of containers that are gone, on devices nobody has for himself.")
        .register(registry);
    Gauge.builder("berth.owners.over.quota", vitals, Vitals::ownersOverQuota)
        .description("Owners who have more GPU-equivalents than their quota.")
        .register(registry);
    for (Mode mode : Mode.values()) {
      Gauge.builder("berth.mode", vitals, v -> v.mode() == mode ? 1 : 0)
          .description("The mode in force: 1 for the one that is.")
          .tag("mode", mode.word())
          .register(registry);
    }
    containers.register(containerRows(vitals), true);
    for (DeviceState state : DeviceState.values()) {
      Gauge.builder("berth.devices", vitals, v -> shareOf(v, state).devices())
          .description("Devices, by state.")
          .tag("state", state.word())
          .register(registry);
      Gauge.builder("berth.gpueq", vitals, v -> shareOf(v, state).gpueq())
          .description("GPU-equivalents of the devices, by state.")
          .tag("state", state.word())
          .register(registry);
    }
  }

  private static Vitals.Share shareOf(Vitals vitals, DeviceState state) {
    return vitals.devices().getOrDefault(state, Vitals.Share.NONE);
  }

  /** These devices are there; rows that are there already stay as they are. */
  public void devices(Collection<Device> devices) {
    deviceInfo.register(
        rows(
            devices.stream()
                .map(
                    each ->
                        Tags.of(
                            "uuid", each.uuid(), "gpu", each.index(), "profile", profile(each)))));
  }

  private static String profile(Device device) {
    String whatItIs = device.isMig() ? "unknown" : "full";
    return Objects.requireNonNullElse(device.migProfile(), whatItIs);
  }

  /** These claims stand; rows that are there already stay as they are. */
  public void claims(Collection<Claim> claims) {
    deviceAllocated.register(
        rows(
            claims.stream()
                .filter(each -> each.state().isExclusive())
                .map(
                    each ->
                        Tags.of(
                            "uuid",
                            each.device(),
                            "owner",
                            each.owner(),
                            "type",
                            each.type().word()))));
  }

  private static List<MultiGauge.Row<?>> rows(Stream<Tags> each) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    each.distinct().forEach(tags -> rows.add(MultiGauge.Row.of(tags, 1)));
    return rows;
  }

  /** One sweep is over. */
  public void sweepDone(JobName job, Duration took, boolean ok) {
    Timer timer = sweeps.get(job);
    if (timer != null) {
      timer.record(took);
    }
    if (ok && successes.put(job, clock.instant()) == null) {
      TimeGauge.builder(
              "berth.sweep.last.success.timestamp",
              () -> secondsOf(successes.getOrDefault(job, Instant.EPOCH)),
              TimeUnit.SECONDS)
          .description("When the job's last sweep without an error ended.")
          .tag("job", job.word())
          .register(registry);
    }
  }

  /**
   * One act, done or not.
   *
   * @param action {@code stop}, {@code remove}, ...
   * @param reason one of the reasons of DESIGN section 7
   * @param outcome {@code done}, {@code would}, {@code failed}, {@code dropped}
   */
  public void act(JobName job, String action, String reason, String outcome) {
    Counter.builder("berth.acts")
        .description("Acts on containers, by what came of them.")
        .tags("job", job.word(), "action", action, "reason", reason, "outcome", outcome)
        .register(registry)
        .increment();
  }

  /**
   * Acts that were due and not done.
   *
   * @param guard what held it back, such as {@code startup_grace}, {@code cap}, {@code breaker}
   */
  public void heldBack(JobName job, String guard, int count) {
    Counter.builder("berth.held.back")
        .description("Due acts that a guard held back, counted at each sweep.")
        .tags("job", job.word(), "guard", guard)
        .register(registry)
        .increment(count);
  }

  /** All of them in Prometheus' text format, version 0.0.4. */
  public String scrape() {
    return registry.scrape();
  }

  private Timer sweepTimer(JobName job) {
    return Timer.builder("berth.sweep.duration")
        .description("How long the job's sweeps took.")
        .tag("job", job.word())
        .serviceLevelObjectives(SWEEP_BUCKETS)
        .register(registry);
  }

  private void flag(String name, String description, BooleanSupplier value) {
    Gauge.builder(name, () -> value.getAsBoolean() ? 1 : 0)
        .description(description)
        .register(registry);
  }

  /** A row for every combination, so that one that ends goes to 0 instead of away. */
  private static List<MultiGauge.Row<?>> containerRows(Vitals vitals) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    for (Container.State state : Container.State.values()) {
      for (ContainerType type : ContainerType.values()) {
        Vitals.StateAndType key = new Vitals.StateAndType(state, type);
        rows.add(
            MultiGauge.Row.of(
                Tags.of("state", state.word(), "type", type.word()),
                () -> vitals.containers().getOrDefault(key, 0)));
      }
    }
    return rows;
  }

  private void bindProcess() {
    new FileDescriptorMetrics().bindTo(registry);
    memory("heap", memory -> memory.getHeapMemoryUsage().getUsed());
    memory("nonheap", memory -> memory.getNonHeapMemoryUsage().getUsed());
    Gauge.builder("jvm.threads.live", ManagementFactory.getThreadMXBean()::getThreadCount)
        .description("Threads of the process.")
        .baseUnit("threads")
        .register(registry);
    TimeGauge.builder(
            "process.start.time",
            () -> ManagementFactory.getRuntimeMXBean().getStartTime(),
            TimeUnit.MILLISECONDS)
        .description("When the process started.")
        .register(registry);
  }

  private void memory(String area, ToDoubleFunction<MemoryMXBean> used) {
    Gauge.builder("jvm.memory.used", ManagementFactory.getMemoryMXBean(), used)
        .description("Memory in use.")
        .baseUnit("bytes")
        .tag("area", area)
        .register(registry);
  }

  private static double secondsOf(Instant at) {
    return at.toEpochMilli() / 1000.0;
  }
}
