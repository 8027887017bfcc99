package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.policies.JobName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;

/** One random life of a server: a seed says all of it. */
final class Walk implements AutoCloseable {

  /** How long what is stopped or never started may stay, and the book that says so. */
  record Book(Duration created, Duration hold) {

    String yaml() {
      return World.ENFORCE
          + "policies:\n  created_container_timeout: %s\n".formatted(created)
          + "defaults:\n  interrupted_hold: %s\n".formatted(Watcher.INTERRUPTED)
          + "  container_hold_after_stop: %s\n  gpu_hold_after_stop: PT1M\n".formatted(hold);
    }
  }

  private static final List<Book> BOOKS =
      List.of(
          new Book(Duration.ofMinutes(30), Duration.ofMinutes(30)),
          new Book(Duration.ofMinutes(10), Duration.ofMinutes(5)),
          new Book(Duration.ofHours(1), Duration.ofHours(2)));
  private static final List<JobName> JOBS =
      List.of(JobName.CREATED_CLEANUP, JobName.STALE_CLEANUP, JobName.RECONCILE);

  private final Random random;
  private final World world;
  private final Watcher watcher;
  private final List<String> names = new ArrayList<>();
  private final List<String> stuck = new ArrayList<>();
  private final List<String> story = new ArrayList<>();
  private boolean disabled;
  private boolean engineDown;
  private boolean ledgerFull;
  private boolean jumpUnseen;

  Walk(Path folder, long seed) {
    random = new Random(seed);
    world = new World(folder, BOOKS.get(0).yaml());
    watcher = new Watcher(world, BOOKS.get(0));
    world.engine.watchRemovals(watcher::removalAsked);
  }

  List<String> story() {
    return story;
  }

  int removals() {
    return watcher.removals();
  }

  /** One thing happens, often a sweep; then all invariants are checked. */
  void step() {
    switch (random.nextInt(24)) {
      case 0, 1, 2 -> somebodyBrings();
      case 3, 4, 5 -> somebodyEnds();
      case 6 -> somebodyStarts();
      case 7 -> somebodyRemovesOrPauses();
      case 8 -> somebodyProtects();
      case 9 -> circumstance();
      case 10 -> theEngine();
      case 11 -> theDaemon();
      case 12 -> theMode();
      case 13 -> theBook();
      case 14 -> theClock();
      case 15, 16, 17 -> timePasses(Duration.ofSeconds(5 + random.nextInt(2400)));
      default -> sweep(JOBS.get(random.nextInt(JOBS.size())));
    }
    watcher.check();
  }

  // --- people

  private void somebodyBrings() {
    String name = (random.nextInt(8) == 0 ? "vault" : "c") + names.size();
    names.add(name);
    Containers builder =
        random.nextInt(3) == 0
            ? Containers.created(name).createdAt(world.now())
            : Containers.running(name);
    if (name.startsWith("vault")) {
      builder.label("ds01.protected", "yes");
    } else if (random.nextInt(3) == 0) {
      builder.type("orchestration");
    }
    if (builder.build().state() == State.CREATED) {
      world.engine.has(builder);
    } else {
      world.engine.run(builder);
    }
    tell("brought " + name);
    watcher.moved(name);
  }

  private void somebodyEnds() {
    pick(each -> each.state() == State.RUNNING)
        .ifPresent(
            name -> {
              int how = random.nextInt(3);
              if (how == 0) {
                world.engine.stopped(name);
              } else if (how == 1) {
                world.engine.exits(name, random.nextInt(2));
              } else {
                world.engine.ends(name, 0);
              }
              tell("ended " + name);
              watcher.moved(name);
            });
  }

  private void somebodyStarts() {
    pick(each -> each.state().isStopped() || each.state() == State.CREATED)
        .ifPresent(
            name -> {
              world.engine.start(name);
              tell("started " + name);
              watcher.moved(name);
            });
  }

  private void somebodyRemovesOrPauses() {
    if (random.nextBoolean()) {
      pick(each -> each.state() == State.RUNNING).ifPresent(world.engine::paused);
    } else {
      pick(each -> !each.state().isLive()).ifPresent(world.engine::removed);
    }
  }

  private void somebodyProtects() {
    pick(each -> random.nextInt(3) == 0)
        .ifPresent(
            name -> {
              world.protect(name);
              watcher.isProtected(name);
              tell("protected " + name);
            });
  }

  // --- the world around

  private void circumstance() {
    switch (random.nextInt(4)) {
      case 0 -> world.holdActs();
      case 1 -> world.letActsGo();
      case 2 -> pick(each -> true).ifPresent(this::sticks);
      default -> fillLedger(!ledgerFull);
    }
  }

  private void sticks(String name) {
    world.engine.answers(name, new ActResult(ActResult.Kind.FAILED, "device busy"));
    stuck.add(name);
    tell("stuck " + name);
  }

  private void fillLedger(boolean full) {
    if (full && !ledgerFull) {
      world.refuse("journal", random.nextBoolean() ? "NEW.kind = 'OUTCOME'" : "1");
    } else if (!full && ledgerFull) {
      world.accept("journal");
    }
    ledgerFull = full;
    tell("ledger full: " + full);
  }

  private void theEngine() {
    if (engineDown) {
      world.engine.comesUp();
      engineDown = false;
      tell("engine answers again");
    } else if (random.nextBoolean()) {
      world.engine.goesDown();
      engineDown = true;
      tell("engine does not answer");
    } else {
      engineRestarts();
    }
  }

  private void engineRestarts() {
    world.letActsGo();
    world.engineRestarts(
        () -> {
          world.pass(Duration.ofSeconds(5));
          for (String name : names) {
            if (world.engine.isThere(name) && world.engine.get(name).state().isLive()) {
              world.engine.ends(name, 137);
              watcher.moved(name);
            }
          }
          world.pass(Duration.ofSeconds(5));
        });
    watcher.engineStarted();
    tell("engine restarted");
  }

  private void theDaemon() {
    if (random.nextInt(4) == 0 && !jumpUnseen && !engineDown) {
      world.hostReboots(Duration.ofMinutes(1 + random.nextInt(300)));
      watcher.engineStarted();
      tell("host rebooted");
    } else {
      world.restart();
      engineDown = false;
      world.engine.comesUp();
      tell("daemon restarted");
    }
  }

  private void theMode() {
    disabled = !disabled;
    world.disable(disabled);
    watcher.mode(disabled);
    tell(disabled ? "observe" : "enforce");
  }

  private void theBook() {
    Book book = BOOKS.get(random.nextInt(BOOKS.size()));
    world.book(book.yaml());
    watcher.book(book);
    tell("book " + book);
  }

  private void theClock() {
    if (!jumpUnseen) {
      Duration by = Duration.ofMinutes(10 + random.nextInt(4320));
      Duration jump = random.nextBoolean() ? by : by.negated();
      world.clockJumps(jump);
      watcher.clockJumped(jump);
      jumpUnseen = true;
      tell("clock jumped by " + jump);
    }
  }

  private void timePasses(Duration time) {
    world.pass(time);
    tell(time + " passed");
  }

  private void sweep(JobName job) {
    Sweeps.Report report = world.sweep(job);
    jumpUnseen = false;
    watcher.swept(job, report.skipped().isEmpty());
    tell("swept " + job.word() + " " + report.skipped());
  }

  // --- the end

  /** Everything works again and stays as it is: whatever falls due must go with one sweep. */
  void comeToRest() {
    fillLedger(false);
    stuck.forEach(world.engine::answersAsUsual);
    world.engine.comesUp();
    if (disabled) {
      theMode();
    }
    world.letActsGo();
    world.restart();
    for (int i = 0; i < 3; i++) {
      JOBS.forEach(this::sweep);
    }
    timePasses(Watcher.INTERRUPTED.plusMinutes(1));
    JOBS.forEach(this::sweep);
    watcher.check();
    watcher.checkAtRest(names);
  }

  private Optional<String> pick(Predicate<Container> which) {
    List<String> found =
        names.stream()
            .filter(world.engine::isThere)
            .filter(name -> which.test(world.engine.get(name)))
            .toList();
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(found.get(random.nextInt(found.size())));
  }

  private void tell(String what) {
    story.add(world.now() + " " + what);
  }

  @Override
  public void close() {
    world.close();
  }
}
