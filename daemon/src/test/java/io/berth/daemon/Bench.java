package io.berth.daemon;

import static io.berth.policies.JobName.CREATED_CLEANUP;
import static io.berth.policies.JobName.RECONCILE;
import static io.berth.policies.JobName.SAMPLE;
import static io.berth.policies.JobName.STALE_CLEANUP;

import com.sun.management.OperatingSystemMXBean;
import io.berth.daemon.process.Logging;
import io.berth.jobs.Allocator;
import io.berth.jobs.gpu.NoGpus;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures Berth beside the bare calls to the Engine that it can't do without, in the same run; see
 * dev/bench. Every figure is a median, and what is compared takes turns.
 */
final class Bench {

  /** Nothing falls due. */
  private static final String NOTHING_DUE =
      "safety: {mode: enforce, startup_grace: 0s, boot_grace: 0s, breaker_share: 1}";

  /** Every container that was created and not started falls due at once. */
  private static final String ALL_DUE =
      """
      safety: {mode: enforce, startup_grace: 0s, boot_grace: 0s, breaker_share: 1, max_removals_per_sweep: 1000}
      policies: {created_container_timeout: 0s}
      """;

  private static final int WARM_UP = 30;
  private static final int WARM_ROUNDS = 41;
  private static final int COLD_ROUNDS = 7;
  private static final int REMOVAL_ROUNDS = 6;
  private static final int REMOVALS = 200;
  private static final int STARTS = 5;
  private static final int COMMANDS = 9;
  private static final int GRANTS = 500;
  private static final int GPUS = 8;
  private static final int GPU_CONTAINERS = 500;
  private static final int RUNNING = 200;

  /** More samples than a container's history keeps. */
  private static final int FULL_HISTORY = 150;

  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private interface Step {
    void run() throws Exception;
  }

  private final URI host;
  private final Path berth;
  private final Path folder;
  private final BenchEngine bare;
  private final BenchTable table = new BenchTable();
  private int folders;

  private Bench(URI host, Path berth, Path folder) {
    this.host = host;
    this.berth = berth;
    this.folder = folder;
    this.bare = new BenchEngine(host, BenchJobs.AT_ONCE);
  }

  /**
   * Prints the table.
   *
   * @param args the Engine's address, the berth command, a folder to work in, and where wanted a
   *     file that the table is written to
   */
  public static void main(String[] args) {
    Logging.setLevel("warn"); // a line for each removal says nothing here
    Bench bench = new Bench(URI.create(args[0]), Path.of(args[1]), Path.of(args[2]));
    try {
      double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
      bench.measure();
      String page = bench.table.page(bench.bare.describe(), load);
      System.out.println(page);
      if (args.length > 3) {
        Files.writeString(Path.of(args[3]), page);
      }
      System.exit(0); // the transport has threads of its own
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  private void measure() throws Exception {
    samples(); // in a process that did nothing else, as the daemon's is
    removals();
    List<String> created = new ArrayList<>();
    List<String> exited = new ArrayList<>();
    for (int half : List.of(100, 500)) {
      created.addAll(bare.create(half - created.size(), false));
      List<String> more = bare.create(half - exited.size(), false);
      bare.runToTheirEnd(more);
      exited.addAll(more);
      List<String> all = Stream.concat(created.stream(), exited.stream()).toList();
      warm(all.size());
      cold(all);
      daemon(all.size());
    }
    bare.delete(created);
    bare.delete(exited);
    grants();
    devices();
  }

  /** Grants one after the other, each given back at once. */
  private void grants() throws Exception {
    say("grants");
    BenchGpus gpus = new BenchGpus(GPUS);
    try (BenchJobs jobs = new BenchJobs(host, gpus, newFolder(), NOTHING_DUE, false)) {
      jobs.run(RECONCILE);
      Allocator allocator = jobs.allocator(gpus);
      List<Double> took = new ArrayList<>();
      for (int i = 0; i < WARM_UP + GRANTS; i++) {
        Allocator.Request request = new Allocator.Request("user" + i, "c" + i, 1, null);
        double one = millis(() -> granted(allocator, request));
        allocator.release(request.container(), Mode.ENFORCE);
        if (i >= WARM_UP) {
          took.add(one);
        }
      }
      table.grants("a grant, on the disk", took);
    }
  }

  private static void granted(Allocator allocator, Allocator.Request request) {
    Allocator.Answer answer = allocator.allocate(request, Mode.ENFORCE);
    if (!(answer instanceof Allocator.Answer.Granted)) {
      throw new IllegalStateException(request + ": " + answer);
    }
  }

  /** Sweeps that inspect everything, of containers with a GPU each. */
  private void devices() throws Exception {
    say("reconcile of " + GPU_CONTAINERS + " with GPUs");
    List<String> ids = bare.createWithGpus(GPU_CONTAINERS);
    List<Double> calls = new ArrayList<>();
    List<Double> first = new ArrayList<>();
    List<Double> reconcile = new ArrayList<>();
    for (int i = 0; i <= COLD_ROUNDS; i++) {
      double one = millis(() -> listAndInspect(ids));
      BenchGpus gpus = new BenchGpus(GPU_CONTAINERS);
      try (BenchJobs jobs = new BenchJobs(host, gpus, newFolder(), NOTHING_DUE, false)) {
        double two = millis(() -> jobs.run(RECONCILE));
        double three = millis(() -> jobs.run(RECONCILE));
        if (i > 0) {
          calls.add(one);
          first.add(two);
          reconcile.add(three);
        }
      }
    }
    String beside = "list and %d inspects, 8 at once".formatted(GPU_CONTAINERS);
    table.deviceRow("first reconcile with a new ledger", first, beside, calls);
    table.deviceRow("reconcile, nothing new", reconcile, beside, calls);
    bare.delete(ids);
  }

  /** Samples of running containers, once their histories are full. */
  private void samples() throws Exception {
    say("samples of " + RUNNING);
    List<String> ids = bare.runWithGpus(RUNNING);
    BenchGpus gpus = new BenchGpus(RUNNING);
    try (BenchJobs jobs = new BenchJobs(host, gpus, newFolder(), NOTHING_DUE, false)) {
      jobs.run(RECONCILE);
      List<Double> wall = new ArrayList<>();
      List<Double> cpu = new ArrayList<>();
      for (int i = 0; i < FULL_HISTORY + WARM_ROUNDS; i++) {
        jobs.skip(Duration.ofSeconds(30));
        long before = PROCESS.getProcessCpuTime();
        double took = millis(() -> jobs.run(SAMPLE));
        double used = (PROCESS.getProcessCpuTime() - before) / 1e6;
        if (i >= FULL_HISTORY) {
          wall.add(took);
          cpu.add(used);
        }
      }
      table.sample("one sample of %d, CPU time".formatted(RUNNING), cpu);
      table.sample("one sample of %d, from beginning to end".formatted(RUNNING), wall);
    }
    bare.kill(ids);
  }

  /** Sweeps that find nothing to do, beside one list call. */
  private void warm(int containers) throws Exception {
    say("warm sweeps of " + containers);
    try (BenchJobs jobs = new BenchJobs(host, new NoGpus(), newFolder(), NOTHING_DUE, false)) {
      List<Double> list = new ArrayList<>();
      List<Double> created = new ArrayList<>();
      List<Double> stale = new ArrayList<>();
      for (int i = 0; i < WARM_UP + WARM_ROUNDS; i++) {
        double one = millis(bare::list);
        double two = millis(() -> jobs.run(CREATED_CLEANUP));
        double three = millis(() -> jobs.run(STALE_CLEANUP));
        if (i >= WARM_UP) {
          list.add(one);
          created.add(two);
          stale.add(three);
        }
      }
      String beside = "one list call";
      table.row("created-cleanup, nothing due, " + containers, created, beside, list);
      table.row("stale-cleanup, nothing due, " + containers, stale, beside, list);
    }
  }

  /** Sweeps that inspect everything, beside the list call and as many inspects. */
  private void cold(List<String> ids) throws Exception {
    say("cold sweeps of " + ids.size());
    List<Double> calls = new ArrayList<>();
    List<Double> first = new ArrayList<>();
    List<Double> reconcile = new ArrayList<>();
    for (int i = 0; i <= COLD_ROUNDS; i++) {
      double one = millis(() -> listAndInspect(ids));
      try (BenchJobs jobs = new BenchJobs(host, new NoGpus(), newFolder(), NOTHING_DUE, false)) {
        double two = millis(() -> jobs.run(STALE_CLEANUP));
        double three = millis(() -> jobs.run(RECONCILE));
        if (i > 0) {
          calls.add(one);
          first.add(two);
          reconcile.add(three);
        }
      }
    }
    String beside = "list and %d inspects, 8 at once".formatted(ids.size());
    table.row("first sweep with a new ledger, " + ids.size(), first, beside, calls);
    table.row("reconcile, " + ids.size(), reconcile, beside, calls);
  }

  private void listAndInspect(List<String> ids) {
    bare.list();
    bare.inspect(ids);
  }

  /** Removals by the job and by bare calls take turns; each has only its own containers there. */
  private void removals() throws Exception {
    List<Double> ours = new ArrayList<>();
    List<Double> deletes = new ArrayList<>();
    List<Double> pairs = new ArrayList<>();
    for (int i = 0; i <= REMOVAL_ROUNDS; i++) {
      say("removals, round " + i);
      List<String> some = bare.create(REMOVALS, false);
      double one = millis(() -> bare.delete(some));
      bare.create(REMOVALS, false);
      double two = removeAllDue();
      List<String> others = bare.create(REMOVALS, false);
      double three = millis(() -> bare.inspectAndDelete(others));
      if (i > 0) {
        deletes.add(one);
        ours.add(two);
        pairs.add(three);
      }
    }
    String what = "removing %d that are due".formatted(REMOVALS);
    table.row(what, ours, "%d DELETE calls, 8 at once".formatted(REMOVALS), deletes);
    table.row(what, ours, "%d times inspect and DELETE".formatted(REMOVALS), pairs);
  }

  private double removeAllDue() throws Exception {
    try (BenchJobs jobs = new BenchJobs(host, new NoGpus(), newFolder(), ALL_DUE, true)) {
      return millis(() -> removed(jobs, CREATED_CLEANUP));
    }
  }

  private static void removed(BenchJobs jobs, JobName job) {
    int removed = jobs.run(job);
    if (removed != REMOVALS) {
      throw new IllegalStateException(removed + " were removed and not " + REMOVALS);
    }
  }

  private void daemon(int containers) throws Exception {
    say("the daemon with " + containers);
    List<Double> ready = new ArrayList<>();
    List<Double> resident = new ArrayList<>();
    List<Double> status = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      try (BenchDaemon daemon = new BenchDaemon(berth, host, newFolder())) {
        ready.add(daemon.ready().toNanos() / 1e6);
        if (i == STARTS - 1) {
          resident.add(daemon.residentAtWork() / (1024.0 * 1024));
          daemon.calm();
          for (int j = 0; j < COMMANDS; j++) {
            status.add(millis(daemon::status));
          }
        }
      }
    }
    table.figure("ready after, with " + containers, ready, "ms");
    table.figure("resident memory at work, with " + containers, resident, "MiB");
    table.figure("`berth status`, with " + containers, status, "ms");
  }

  private static double millis(Step step) throws Exception {
    long began = System.nanoTime();
    step.run();
    return (System.nanoTime() - began) / 1e6;
  }

  private Path newFolder() throws IOException {
    return Files.createDirectory(folder.resolve(String.valueOf(folders++)));
  }

  private static void say(String what) {
    System.err.println("bench: " + what);
  }
}
