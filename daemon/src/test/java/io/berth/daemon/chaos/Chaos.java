package io.berth.daemon.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.daemon.chaos.Traffic.Kind;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.daemon.run.EngineProxy;
import io.berth.jobs.engine.TestEngine;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Breaks the Engine, the daemon, the ledger's disk and the clock, one after the other, while users
 * go on. After each, what is due has to be done again; in the end comes the {@link Verdict}.
 */
public final class Chaos {

  private static final String ENGINE = "chaos";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Each is followed by the end of the daemon, at once. */
  private static final List<String> STEPS =
      List.of(
          "container.create",
          "container.start",
          "container.stop",
          "container.warn",
          "container.remove",
          "gpu.allocate",
          "gpu.hold",
          "gpu.release");

  private final PrintStream out = new PrintStream(System.out, true, UTF_8);
  private final Instant began = Instant.now();
  private final TestEngine engine;
  private final EngineProxy proxy;
  private final DaemonHome home;
  private final Path clockLibrary;
  private final Path clockOffset;
  private final Traffic traffic;
  private final List<String> wrong = new ArrayList<>();
  private DaemonProcess daemon;
  private int faults;

  private Chaos(TestEngine engine, Path folder, Path nvml, Path clockLibrary, long seed)
      throws IOException, InterruptedException {
    this.engine = engine;
    this.proxy = new EngineProxy(folder.resolve("proxy.sock"), engine.host());
    this.home = new DaemonHome(folder.resolve("home"), proxy.host());
    this.clockLibrary = clockLibrary;
    this.clockOffset = folder.resolve("clock");
    home.configure(Limits.YAML, nvml.toString());
    traffic = new Traffic(engine, seed);
    daemon = home.start().awaitReady();
  }

  /**
   * Arguments: a folder, with {@code home/state} in it on a small disk; the library that stands in
   * for NVML; libfaketime, or {@code none}; a seed for what users do.
   */
  public static void main(String[] args) throws Exception {
    Path nvml = Path.of(args[1]);
    fillRack(nvml);
    try (TestEngine engine = TestEngine.running(ENGINE)) {
      Chaos chaos =
          new Chaos(engine, Path.of(args[0]), nvml, Path.of(args[2]), Long.parseLong(args[3]));
      System.exit(chaos.play() ? 0 : 1);
    }
  }

  private static void fillRack(Path library) throws IOException {
    List<String> lines = new ArrayList<>(List.of("driver 550.54.15"));
    for (int gpu = 0; gpu < Traffic.GPUS; gpu++) {
      lines.add(
          "gpu GPU-%08d-0000-0000-0000-000000000000 mem=81920 name=NVIDIA H100 80GB"
              .formatted(gpu));
    }
    Files.write(library.resolveSibling(library.getFileName() + ".state"), lines);
  }

  private boolean play() throws Exception {
    traffic.begin();
    recovered("nothing broke yet");
    killedInTheMiddleOf("^DELETE ", "a removal");
    killedInTheMiddleOf("^POST .*/stop", "a stop");
    for (String step : STEPS) {
      killedAfter(step);
    }
    engineGoesInTheMiddleOfASweep("the Engine is killed", engine::crash);
    engineGoesInTheMiddleOfASweep("the Engine is restarted", () -> {});
    engineIsFrozen();
    engineIsSilent();
    diskIsFull();
    traffic.end();
    long clockIsRightUpTo = lastSeq();
    if (Files.exists(clockLibrary)) {
      clockIsStepped();
    } else {
      say("SKIPPED the clock: needs libfaketime (apt-get install faketime)");
    }
    return judge(clockIsRightUpTo);
  }

  private boolean judge(long clockIsRightUpTo) throws Exception {
    int exit = daemon.stop();
    if (exit != 0) {
      wrong.add("the daemon ended with " + exit + "\n" + daemon.log());
    }
    proxy.close();
    Verdict verdict =
        new Verdict(home.chronicle(), traffic.lives(), words("{{.Names}}"))
            .untouchable()
            .noneTooEarly(clockIsRightUpTo)
            .toldOnce()
            .ledger(home.ledger(), words("{{.ID}}"));
    wrong.addAll(verdict.wrong());
    say(
        "%d containers, %d events, %d faults"
            .formatted(traffic.lives().size(), home.chronicle().entries().size(), faults));
    wrong.forEach(each -> say("WRONG: " + each));
    say(
        wrong.isEmpty()
            ? "VERDICT: every promise was kept"
            : "VERDICT: broken promises: " + wrong.size());
    return wrong.isEmpty();
  }

  private Set<String> words(String format) {
    return new HashSet<>(
        engine.docker("ps", "-a", "--no-trunc", "--format", format).lines().toList());
  }

  // --- the faults ----------------------------------------------------------------------------

  /** The intent is journalled, the Engine asked, and its answer heard by nobody. */
  private void killedInTheMiddleOf(String request, String what) throws Exception {
    fault("the daemon is killed in the middle of " + what);
    EngineProxy.Hold hold = proxy.hold(request);
    traffic.come(Kind.IDLE);
    traffic.come(Kind.CREATED);
    must(hold.awaitCaught(PATIENCE.toSeconds()), "no request was seen: " + request);
    daemon.close();
    hold.release();
    startDaemon();
    recovered("it was started again");
  }

  private void killedAfter(String step) throws Exception {
    fault("the daemon is killed right after " + step);
    long last = lastSeq();
    traffic.come(Kind.IDLE);
    traffic.come(Kind.ENDED);
    daemon.await(
        step,
        PATIENCE,
        () ->
            chronicle().entries().stream()
                .anyMatch(each -> each.seq() > last && each.type().equals(step)));
    daemon.close();
    startDaemon();
  }

  private void engineGoesInTheMiddleOfASweep(String how, Runnable fault) throws Exception {
    fault(how + " in the middle of a sweep");
    EngineProxy.Hold hold = proxy.hold("^DELETE ");
    must(hold.awaitCaught(PATIENCE.toSeconds()), "no removal was seen");
    fault.run();
    engine.restart();
    hold.release();
    traffic.startAgain();
    recovered("the Engine is there again");
  }

  private void engineIsFrozen() throws Exception {
    fault("the Engine is stopped (SIGSTOP) for a minute");
    engine.freeze();
    watchFor(Duration.ofMinutes(1));
    engine.thaw();
    recovered("it goes on");
  }

  private void engineIsSilent() throws Exception {
    fault("the Engine accepts and does not answer, for half a minute");
    EngineProxy.Hold hold = proxy.hold(".");
    must(hold.awaitCaught(PATIENCE.toSeconds()), "nothing was asked");
    watchFor(Duration.ofSeconds(30));
    hold.release();
    recovered("it answers");
  }

  private void diskIsFull() throws Exception {
    fault("the ledger's disk is full");
    Path filler = home.ledger().resolveSibling("filler");
    fill(filler);
    await("what room the ledger has left is used", () -> journalUp() == 0);
    String name = traffic.come(Kind.CREATED);
    long last = lastSeq();
    watchFor(Limits.CREATED.multipliedBy(3));
    must(journalUp() == 0, "it is told to be written, with no room");
    must(words("{{.Names}}").contains(name), name + " was removed without a record");
    must(lastSeq() == last, "events are told that can't be in the journal");
    Files.delete(filler);
    recovered("there is room");
  }

  /** Metrics are to be had all the time. */
  private double journalUp() {
    try {
      return home.metric("berth_journal_up");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void fill(Path file) throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream to = Files.newOutputStream(file)) {
      while (true) {
        to.write(block);
      }
    } catch (IOException full) {
      if (Files.size(file) == 0) {
        throw full;
      }
    }
  }

  /**
   * The daemon's alone: that of the Engine and of the users goes on, and so does the kernel's word
   * of when the Engine started. Never behind those, where that start would be yet to come.
   */
  private void clockIsStepped() throws Exception {
    daemon.stop();
    Files.writeString(clockOffset, "+0\n");
    daemon =
        home.start(
                Map.of(
                    "LD_PRELOAD", clockLibrary.toString(),
                    "FAKETIME_TIMESTAMP_FILE", clockOffset.toString(),
                    "FAKETIME_CACHE_DURATION", "1",
                    "DONT_FAKE_MONOTONIC", "1", // its name in older versions
                    "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                    "FAKETIME_FORCE_MONOTONIC_FIX", "0")) // timed waits would return at once
            .awaitReady();
    recovered("the daemon has a clock of its own");
    for (String offset : List.of("+7200", "+3600")) {
      fault("the clock is stepped to " + offset + " s");
      String name = traffic.come(Kind.CREATED);
      await("it is seen", () -> !chronicle().of(name).isEmpty());
      Instant created = Instant.now();
      Files.writeString(clockOffset, offset + "\n");
      while (Instant.now().isBefore(created.plus(Limits.CREATED).minusSeconds(2))) {
        must(words("{{.Names}}").contains(name), name + " was due at once");
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
      }
      recovered("time goes on");
    }
  }

  // --- in between ----------------------------------------------------------------------------

  private void fault(String what) {
    faults++;
    say("FAULT: " + what);
  }

  /**
   * What comes now, and is due some time later, goes. What ends before the daemon sees that the
   * Engine is back counts as ended by it, and is kept: so it comes once another one was seen.
   */
  private void recovered(String after) throws Exception {
    String created = comes(Kind.CREATED);
    await(created + " is seen", () -> !chronicle().of(created).isEmpty());
    Set<String> witnesses = Set.of(created, comes(Kind.ENDED));
    await("removed: " + witnesses, () -> Collections.disjoint(words("{{.Names}}"), witnesses));
    say("  " + after + ": what is due is done");
  }

  /** As soon as users can work. */
  private String comes(Kind kind) throws InterruptedException {
    List<String> come = new ArrayList<>();
    await(
        "users can work",
        () -> {
          try {
            return come.add(traffic.come(kind));
          } catch (IllegalStateException notYet) {
            return false;
          }
        });
    return come.get(0);
  }

  private void startDaemon() throws IOException, InterruptedException {
    daemon = home.start("--wait-for-engine").awaitReady();
  }

  /** The daemon has to live through it. */
  private void watchFor(Duration time) throws InterruptedException {
    Instant end = Instant.now().plus(time);
    await("time passes", () -> Instant.now().isAfter(end));
  }

  private void await(String what, BooleanSupplier condition) throws InterruptedException {
    daemon.await(what, PATIENCE, condition);
  }

  private void must(boolean well, String otherwise) {
    if (!well) {
      wrong.add(otherwise);
      say("WRONG: " + otherwise);
    }
  }

  private long lastSeq() {
    return chronicle().entries().stream().mapToLong(Chronicle.Entry::seq).max().orElse(0);
  }

  private Chronicle chronicle() {
    try {
      return home.chronicle();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void say(String what) {
    out.printf(
        Locale.ROOT, "%4d s  %s%n", Duration.between(began, Instant.now()).toSeconds(), what);
  }
}
