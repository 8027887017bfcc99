package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.RequestTables.KeepAlive;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Idleness;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A host of a test's making: /proc and cgroups as folders, GPUs that say what they are told to, a
 * clock that the test moves, a ledger on disk. Containers have been running since {@link #START}
 * and are past their grace period at {@link #now}, unless the test says otherwise.
 */
final class TestHost implements AutoCloseable, KeepAliveFiles {

  static final Instant START = Instant.parse("2026-03-02T08:00:00Z");
  static final Duration STEP = Duration.ofSeconds(30);

  final Path folder;
  final StubGpus gpus = new StubGpus();
  final Map<String, Instant> keepAliveFiles = new HashMap<>();
  Instant now = START.plus(Duration.ofHours(2));
  Limits limits = Limits.builtIn();
  PolicyBook book;
  Ledger ledger;
  Activity activity;
  @Nullable IOException keepAliveFails;

  /** Those that are not watched, as they have no GPU or do not run. */
  final List<Container> others = new ArrayList<>();

  private final Map<String, Container> running = new LinkedHashMap<>();
  private final Map<String, Set<String>> devices = new HashMap<>();
  private final Map<Integer, long[]> counters = new HashMap<>(); // CPU micros, network bytes
  private int pids = 100;

  TestHost(Path folder) {
    this.folder = folder;
    this.book = book("policies: {}");
    this.ledger = Ledger.open(folder.resolve("ledger.db"), START);
    this.activity = open();
  }

  private Activity open() {
    Path proc = folder.resolve("proc");
    return new Activity(proc, folder.resolve("cgroup"), gpus, new Processes(proc), this, ledger);
  }

  /** The daemon ends and starts again. */
  void restartDaemon() {
    close();
    ledger = Ledger.open(folder.resolve("ledger.db"), now);
    activity = open();
  }

  static PolicyBook book(String yaml) {
    PolicyLoader.Loaded loaded = PolicyLoader.parse("test.yaml", yaml);
    PolicyBook book = loaded.book();
    if (book == null) {
      throw new IllegalArgumentException(loaded.problems().toString());
    }
    return book;
  }

  /** A running container with the device GPU-0, in a network of its own. */
  Container runs(String name) {
    return runs(Containers.running(name).startedAt(START).pid(++pids), "GPU-0");
  }

  Container runs(Containers like, String... uuids) {
    Container container = like.build();
    running.put(container.id(), container);
    devices.put(container.id(), Set.of(uuids));
    ledger.update(tables -> tables.put(known(container)));
    counters.putIfAbsent(container.pid(), new long[2]);
    write("proc/" + container.pid() + "/cgroup", "0::/docker/" + container.id() + "\n");
    counted(container, 0, 0);
    return container;
  }

  /** It runs anew: its counters begin at 0. With a count of 0 somebody has begun another life. */
  Container restarts(Container container, Instant at, int restartCount) {
    Containers next =
        Containers.from(container).startedAt(at).restartCount(restartCount).pid(++pids);
    return runs(next, devices.getOrDefault(container.id(), Set.of()).toArray(String[]::new));
  }

  /** Somebody asks for it by command. */
  void keepsAlive(Container container, Instant until) {
    ledger.update(
        tables -> tables.requests().put(new KeepAlive(container.id(), now, until, "ada")));
  }

  void pauses(Container container) {
    running.remove(container.id());
  }

  void resumes(Container container) {
    running.put(container.id(), container);
  }

  private Optional<Instant> lifeStart(String id) {
    return Optional.ofNullable(ledger.<Map<String, Known>>read(Tables::known).get(id))
        .map(Known::lifeStart);
  }

  private Known known(Container container) {
    Optional<Instant> before =
        container.restartCount() == 0 ? Optional.empty() : lifeStart(container.id());
    return new Known(
        container.id(),
        container.name(),
        new Owner("ada", "label:ds01.user"),
        ContainerType.DOCKER,
        container.state(),
        container.created(),
        container.startedAt(),
        container.finishedAt(),
        EndedBy.UNKNOWN,
        container.restartCount(),
        before.orElse(container.startedAt()));
  }

  /** It used so much more. */
  void counted(Container container, long cpuMicros, long networkBytes) {
    long[] counter = counters.getOrDefault(container.pid(), new long[2]);
    counter[0] += cpuMicros;
    counter[1] += networkBytes;
    write("cgroup/docker/" + container.id() + "/cpu.stat", "usage_usec " + counter[0] + "\n");
    write(
        "proc/" + container.pid() + "/net/dev",
        """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo: 99999999 1 0 0 0 0 0 0 99999999 1 0 0 0 0 0 0
          eth0: %d 1 0 0 0 0 0 0 %d 1 0 0 0 0 0 0
        """
            .formatted(counter[1], 0));
  }

  void process(int pid, Container container) {
    write("proc/" + pid + "/cgroup", "0::/docker/" + container.id() + "\n");
    write("proc/" + pid + "/stat", pid + " (python) S 1");
  }

  void endsProcess(int pid) {
    delete("proc/" + pid + "/cgroup");
    delete("proc/" + pid + "/stat");
    delete("proc/" + pid);
  }

  /** Somebody types into a terminal of it, or merely opened one. */
  void terminal(Container container, int number, Instant read) {
    String file = "proc/" + container.pid() + "/root/dev/pts/" + number;
    write(file, "");
    try {
      FileTime time = FileTime.from(read);
      Files.getFileAttributeView(folder.resolve(file), BasicFileAttributeView.class)
          .setTimes(time, time, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void write(String file, String text) {
    try {
      Path path = folder.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void delete(String file) {
    try {
      Files.deleteIfExists(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A first look where there is none yet, then that many samples, {@link #STEP} apart. */
  void samples(int count) {
    for (int i = 0; i < count; i++) {
      now = now.plus(STEP);
      sample();
    }
  }

  /** The Engine does not answer that many times, {@link #STEP} apart, and then it does. */
  void sampleAfterFailed(int count) {
    for (int i = 0; i < count; i++) {
      now = now.plus(STEP);
      activity.attempt(now);
    }
    samples(1);
  }

  void sample() {
    activity.attempt(now);
    List<Container> all = new ArrayList<>(others);
    all.addAll(running.values());
    activity.sample(
        new ArrayList<>(running.values()),
        all,
        each -> devices.getOrDefault(each.id(), Set.of()),
        each -> lifeStart(each.id()),
        book,
        now);
  }

  Idleness idleness(Container container) {
    return activity.idleness(container, limits, book.policies(), now);
  }

  Idleness idlenessNow(Container container) {
    return activity.idlenessNow(
        container, devices.getOrDefault(container.id(), Set.of()), limits, book.policies(), now);
  }

  List<Sample> history(Container container) {
    return activity.history(container.id());
  }

  Sample newest(Container container) {
    List<Sample> history = history(container);
    return history.get(history.size() - 1);
  }

  @Override
  public Optional<Instant> modifiedAt(Container container, String path) throws IOException {
    if (keepAliveFails != null) {
      throw keepAliveFails;
    }
    return Optional.ofNullable(keepAliveFiles.get(container.id()));
  }

  @Override
  public void close() {
    activity.close();
    ledger.close();
  }
}
