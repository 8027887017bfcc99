package io.berth.daemon;

import io.berth.daemon.process.Logging;
import io.berth.jobs.Allocator;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A process in a storm of everything that can happen, until it is killed. */
final class StormProcess {

  private static final List<String> USERS = List.of("ada", "bob", "eve");

  private final StormJobs jobs;
  private final Random random;
  private final Path grants;
  private final AtomicBoolean lookIsDue = new AtomicBoolean();

  private StormProcess(Path folder, long seed) throws IOException {
    this.jobs = new StormJobs(folder);
    this.random = new Random(seed);
    this.grants = folder.resolve("grants");
  }

  /**
   * Says {@code at work} when it is, and never ends by itself. With a third argument it stops in
   * the middle of each act, and says {@code in an act}.
   */
  public static void main(String[] args) throws IOException {
    Logging.setLevel("error"); // a line for each removal says nothing here
    StormProcess storm = new StormProcess(Path.of(args[0]), Long.parseLong(args[1]));
    if (args.length > 2) {
      storm.jobs.engine.duringRemovals(StormProcess::stopInTheMiddle);
    }
    storm.begin();
    System.out.println("at work");
  }

  private static void stopInTheMiddle() {
    System.out.println("in an act");
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void begin() {
    jobs.ledger.whenEventsAreWritten(() -> jobs.threads.execute(jobs.eventLog::pump));
    jobs.engine.subscribe(null, jobs.sweeps.listener(this::lookSoon));
    jobs.run(JobName.RECONCILE);
    again(3, this::somebodyDoesSomething);
    again(7, this::somebodyAsks);
    again(10, () -> jobs.sweeps.run(JobName.GPU_RELEASE));
    again(10, () -> jobs.sweeps.run(JobName.STALE_CLEANUP));
    again(10, () -> jobs.sweeps.run(JobName.CREATED_CLEANUP));
    again(50, () -> jobs.sweeps.run(JobName.RECONCILE));
  }

  private void again(long millis, Runnable work) {
    Runnable loud =
        () -> {
          try {
            work.run();
          } catch (RuntimeException | Error e) {
            e.printStackTrace(); // a schedule would end without a word
            throw e;
          }
        };
    var unused = jobs.threads.scheduleWithFixedDelay(loud, 0, millis, TimeUnit.MILLISECONDS);
  }

  private void lookSoon() {
    if (lookIsDue.compareAndSet(false, true)) {
      Runnable look =
          () -> {
            lookIsDue.set(false);
            jobs.sweeps.notice();
          };
      var unused = jobs.threads.schedule(look, 5, TimeUnit.MILLISECONDS);
    }
  }

  private void somebodyDoesSomething() {
    List<Container> all = jobs.engine.all();
    if (all.size() < 8 || random.nextInt(4) == 0) {
      String name = jobs.engine.newName();
      jobs.engine.create(name, user(), "GPU-" + random.nextInt(StormJobs.GPUS));
      if (random.nextBoolean()) {
        jobs.engine.start(name);
      }
      return;
    }
    Container one = all.get(random.nextInt(all.size()));
    if (one.state() == State.RUNNING) {
      jobs.engine.exit(one.name());
    } else if (random.nextBoolean()) {
      jobs.engine.start(one.name());
    } else {
      jobs.engine.destroy(one.name());
    }
  }

  /** A grant that was answered is noted, so that it can be missed. */
  private void somebodyAsks() {
    String user = user();
    String name = "granted-" + jobs.engine.newName();
    Allocator.Answer answer =
        jobs.allocator.allocate(new Allocator.Request(user, name, 1, null), Mode.ENFORCE);
    if (answer instanceof Allocator.Answer.Granted granted) {
      note(name);
      if (random.nextBoolean()) {
        jobs.engine.create(name, user, granted.devices().get(0));
      } else if (random.nextBoolean()) {
        jobs.allocator.release(name, Mode.ENFORCE);
      }
    }
  }

  private String user() {
    return USERS.get(random.nextInt(USERS.size()));
  }

  private void note(String name) {
    try {
      Files.writeString(grants, name + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
