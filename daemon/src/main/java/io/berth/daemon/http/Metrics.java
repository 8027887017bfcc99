package io.berth.daemon.http;

import io.berth.jobs.container.Container;
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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The metrics by the names of DESIGN section 7. Every label has few values: a container's id, name
 * or owner is none. Safe for several threads.
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
    for (Mode mode : Mode.values()) {
      Gauge.builder("berth.mode", vitals, v -> v.mode() == mode ? 1 : 0)
          .description("The mode in force: 1 for the one that is.")
          .tag("mode", mode.word())
          .register(registry);
    }
    containers.register(containerRows(vitals), true);
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
