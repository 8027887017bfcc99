package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.JobName;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Kills a process with the jobs, the ledger, the allocator and the event log in it, again and again
 * at random moments in a storm of containers and grants; what it leaves is picked up each time.
 */
class KillStormTest {

  private static final Path MEMORY = Path.of("/dev/shm");

  /** One kill of so many. */
  private static final int IN_AN_ACT = 8;

  private Path folder;

  /** A kill loses nothing of what the kernel has, so no disk has to be waited for. */
  @BeforeEach
  void makeFolder() throws IOException {
    folder =
        Files.isWritable(MEMORY)
            ? Files.createTempDirectory(MEMORY, "berth-storm")
            : Files.createTempDirectory("berth-storm");
  }

  @AfterEach
  void deleteFolder() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void a_process_killed_at_any_moment_leaves_a_ledger_in_order() throws Exception {
    storm(8);
  }

  @Test
  @Tag("slow")
  void two_hundred_kills_leave_a_ledger_in_order() throws Exception {
    storm(200);
  }

  private void storm(int rounds) throws Exception {
    int open = 0;
    for (int round = 0; round < rounds; round++) {
      killAtRandom(new Random(round), round);
      try {
        open += pickUp();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("round " + round + ": " + e.getMessage(), e);
      }
    }
    List<Entry> all = chronicle().entries();
    // A storm in which nothing happens would prove nothing; how much does is the machine's affair.
    assertThat(all).hasSizeGreaterThan(rounds * 3);
    assertThat(all).extracting(Entry::type).contains("container.create", "gpu.allocate");
    if (rounds >= 200) {
      assertThat(all).extracting(Entry::type).contains("gpu.hold", "gpu.release");
      assertThat(all.stream().filter(Entry::isAct)).isNotEmpty();
    }
    assertThat(open).as("acts that a kill left without an outcome").isPositive();
  }

  /** Every now and then in the middle of an act, which chance alone may never hit. */
  private void killAtRandom(Random random, int round) throws Exception {
    boolean inAnAct = round % IN_AN_ACT == 0;
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                StormProcess.class.getName(),
                folder.toString(),
                String.valueOf(round)));
    if (inAnAct) {
      command.add("in-an-act");
    }
    Process process =
        new ProcessBuilder(command).redirectError(folder.resolve("err").toFile()).start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      if (inAnAct || random.nextInt(10) > 0) { // else it may be killed while it starts
        assertThat(out.lines().anyMatch((inAnAct ? "in an act" : "at work")::equals))
            .as(Files.readString(folder.resolve("err")))
            .isTrue();
      }
      assertThat(process.waitFor(random.nextInt(800), TimeUnit.MILLISECONDS))
          .as("ended by itself: " + Files.readString(folder.resolve("err")))
          .isFalse();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /**
   * The next process begins where the killed one was.
   *
   * @return how many acts had no outcome
   */
  private int pickUp() throws IOException {
    if (!Files.exists(folder.resolve("ledger.db"))) {
      return 0; // killed before there was anything
    }
    try (StormJobs next = new StormJobs(folder)) {
      assertThat(next.ledger.setAside()).isEmpty();
      assertThat(new LedgerReader(folder.resolve("ledger.db")).check().differences()).isEmpty();
      Set<String> inHand = new HashSet<>();
      for (JournalEntry intent : next.ledger.read(Tables::openIntents)) {
        inHand.add(Objects.requireNonNull(intent.containerId()));
      }
      next.run(JobName.RECONCILE);
      agreesWithTheEngine(next, inHand);

      next.run(JobName.STALE_CLEANUP); // which has somebody find out what came of those in hand
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> next.ledger.<List<JournalEntry>>read(Tables::openIntents).isEmpty());
      next.run(JobName.RECONCILE);
      agreesWithTheEngine(next, Set.of());
      next.eventLog.pump();
      noEventIsLostOrDoubled(next);
      return inHand.size();
    }
  }

  private static void agreesWithTheEngine(StormJobs jobs, Set<String> inHand) {
    List<Claim> claims = jobs.ledger.read(tables -> tables.devices().allocation()).claims();
    Map<String, Container> there = new TreeMap<>();
    jobs.engine.all().forEach(each -> there.put(each.id(), each));
    Set<String> known = new TreeSet<>(jobs.ledger.<Map<String, Known>>read(Tables::known).keySet());
    Set<String> expected = new TreeSet<>(there.keySet());
    known.removeAll(inHand);
    expected.removeAll(inHand);
    assertThat(known).isEqualTo(expected);
    Set<String> reserved = new HashSet<>();
    for (Claim claim : claims) {
      if (claim.isReservation()) {
        assertThat(reserved.add(claim.device())).as("granted twice: " + claim).isTrue();
      } else if (!inHand.contains(claim.holder())) {
        Container holder = there.get(claim.holder());
        assertThat(holder).as("holder of " + claim).isNotNull();
        State state = Objects.requireNonNull(holder).state();
        assertThat(claim.state())
            .isEqualTo(state == State.EXITED ? Claim.State.HELD : Claim.State.ACTIVE);
      }
    }
    for (Container each : there.values()) {
      if (each.state() != State.EXITED && !inHand.contains(each.id())) {
        assertThat(claims.stream().filter(claim -> claim.holder().equals(each.id())))
            .as("claims of " + each)
            .extracting(Claim::device)
            .isEqualTo(each.gpus().devices());
      }
    }
  }

  private void noEventIsLostOrDoubled(StormJobs jobs) throws IOException {
    List<Entry> log = chronicle().entries();
    List<Long> journal =
        jobs.ledger.read(tables -> tables.eventsAfter(0, Integer.MAX_VALUE)).stream()
            .map(JournalEntry::seq)
            .toList();
    assertThat(log.stream().map(Entry::seq).toList()).isEqualTo(journal);

    Map<String, String> lives = new HashMap<>();
    Map<String, String> berths = new HashMap<>();
    for (Entry each : log) {
      String id = each.detail("id");
      boolean done = each.detail("outcome").equals("done");
      if (each.type().equals("container.create")) {
        assertThat(lives.put(id, "there")).as("created twice: " + each).isNull();
      } else if (each.type().equals("container.remove") && done) {
        assertThat(lives.put(id, "gone"))
            .as("removed without having been: " + each)
            .isEqualTo("there");
      } else if (each.type().startsWith("gpu.") && !id.isEmpty()) {
        changes(berths, each, each.detail("device") + " " + each.container());
      }
    }
    assertThat(berths.keySet()).isEqualTo(held(jobs));
    assertThat(log.stream().filter(each -> each.type().equals("gpu.allocate")))
        .extracting(Entry::container)
        .containsAll(grants());
  }

  /**
   * By the name: a grant that its container came for ends without an event, and the container's
   * claim begins without one.
   */
  private static void changes(Map<String, String> berths, Entry event, String key) {
    String before = berths.get(key);
    switch (event.type()) {
      case "gpu.allocate" -> {
        assertThat(before).as("has it already: " + event).isNull();
        berths.put(key, event.detail("id"));
      }
      case "gpu.conflict" -> {
        assertThat(before == null || before.startsWith("reservation:"))
            .as("has it already: " + event)
            .isTrue();
        berths.put(key, event.detail("id"));
      }
      case "gpu.hold" -> berths.put(key, event.detail("id"));
      case "gpu.release" -> {
        assertThat(before).as("released without having it: " + event).isNotNull();
        berths.remove(key);
      }
      default -> assertThat(event.type()).isEqualTo("gpu.reject");
    }
  }

  private static Set<String> held(StormJobs jobs) {
    Set<String> held = new HashSet<>();
    jobs.ledger
        .read(tables -> tables.devices().allocation())
        .claims()
        .forEach(each -> held.add(each.device() + " " + each.name()));
    return held;
  }

  private List<String> grants() throws IOException {
    Path file = folder.resolve("grants");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private Chronicle chronicle() throws IOException {
    return Chronicle.read(folder.resolve("events.jsonl"));
  }
}
