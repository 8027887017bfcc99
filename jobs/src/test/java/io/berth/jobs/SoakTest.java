package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.Compaction;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.policies.JobName;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * Months of a server: containers come, idle, end and go through the real jobs and a real ledger,
 * and nothing grows with how many there have been. Only the Engine, the GPUs and the clock are of
 * the test.
 */
class SoakTest {

  private static final String BOOK =
      """
      safety:
        mode: enforce
        startup_grace: 0s
        boot_grace: 0s
        breaker_share: 1
        max_stops_per_sweep: 10000
        max_stops_per_hour: 10000
        max_removals_per_sweep: 10000
      policies: {created_container_timeout: 5m}
      defaults:
        idle_timeout: 10m
        gpu_hold_after_stop: 2m
        container_hold_after_stop: 5m
        interrupted_hold: 5m
      """;

  /** Eight times a day. */
  private static final Duration ROUND = Duration.ofHours(3);

  private static final Duration STEP = Duration.ofMinutes(3);
  private static final int STEPS = 12;
  private static final int DEVICES = 8;

  private static final List<JobName> JOBS =
      List.of(
          JobName.RECONCILE,
          JobName.SAMPLE,
          JobName.IDLE_STOP,
          JobName.MAX_RUNTIME,
          JobName.CREATED_CLEANUP,
          JobName.STALE_CLEANUP,
          JobName.GPU_RELEASE);

  /** What must not grow. */
  private record Size(long heap, long files, long ledger) {

    private static Size of(Path ledger) throws IOException {
      System.gc();
      System.gc();
      long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
        return new Size(heap, files.count(), Files.size(ledger));
      }
    }

    @Override
    public String toString() {
      return "%.1f MiB of heap, %d files, a ledger of %.1f MiB"
          .formatted(heap / 1048576.0, files, ledger / 1048576.0);
    }
  }

  @TempDir private Path folder;
  private World world;

  @BeforeEach
  void begin() {
    world = new World(folder, BOOK);
    world.gpus.full(DEVICES);
  }

  @AfterEach
  void end() {
    world.close();
  }

  @Test
  void nothing_grows_over_a_thousand_lifetimes(TestReporter reporter) throws IOException {
    soak(reporter, 32, 40);
  }

  @Test
  @Tag("slow")
  void nothing_grows_over_a_hundred_thousand_lifetimes(TestReporter reporter) throws IOException {
    soak(reporter, 400, 250);
  }

  /** The second half must not take more than the first. */
  private void soak(TestReporter reporter, int rounds, int containers) throws IOException {
    Path ledger = folder.resolve("ledger.db");
    Size half = null;
    long removed = 0;
    for (int round = 0; round < rounds; round++) {
      removed += round(round, containers);
      if (round == rounds / 2 - 1) {
        half = Size.of(ledger);
      }
    }
    Size whole = Size.of(ledger);
    reporter.publishEntry(removed + " lifetimes", whole + "; at half of them " + half);

    assertThat(removed).isEqualTo((long) rounds * containers);
    assertThat(half).isNotNull();
    assertThat(whole.heap - half.heap).as("growth of the heap").isLessThan(2 << 20);
    assertThat(whole.files - half.files).as("growth of open files").isLessThan(5);
    assertThat(whole.ledger).as("the ledger").isLessThan(half.ledger + half.ledger / 5);
    assertThat(new LedgerReader(ledger).check().differences()).isEmpty();
  }

  /** All of them come and are gone at its end; how many Berth removed. */
  private int round(int round, int containers) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < containers; i++) {
      names.add("c" + round + "-" + i);
      bring(names.get(i), i);
    }
    for (int step = 0; step < STEPS; step++) {
      JOBS.forEach(world::sweep);
      if (step == 1) {
        names.forEach(this::endsOrIdles);
      }
      world.pass(STEP);
    }
    names.forEach(world.pulse::active);
    world.pass(ROUND.minus(STEP.multipliedBy(STEPS)));
    Compaction.run(world.ledger(), world.now(), Duration.ofDays(1), Long.MAX_VALUE, dropped -> {});
    return forgetWhatTheTestRemembers();
  }

  private void bring(String name, int i) {
    String owner = "user" + i % 20;
    if (i % 10 == 0) {
      world.engine.has(Containers.created(name).owner(owner).createdAt(world.now()));
    } else if (i < DEVICES) {
      world.engine.run(Containers.running(name).owner(owner).gpu("" + i));
      world.pulse.idleSince(name, world.now());
    } else {
      world.engine.run(Containers.running(name).owner(owner));
    }
  }

  /** Those with a GPU idle, and are stopped by Berth; the others end by themselves or by a user. */
  private void endsOrIdles(String name) {
    boolean ends = world.engine.get(name).state().isLive() && !world.engine.get(name).gpus().any();
    if (ends && name.endsWith("5")) {
      world.engine.exits(name, 1);
    } else if (ends) {
      world.engine.stopped(name);
    }
  }

  private int forgetWhatTheTestRemembers() {
    List<String> calls = world.engine.calls();
    int removed = (int) calls.stream().filter(each -> each.startsWith("remove ")).count();
    calls.clear();
    world.told.clear();
    world.pulse.sampled().clear();
    return removed;
  }
}
