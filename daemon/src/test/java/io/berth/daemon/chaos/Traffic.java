package io.berth.daemon.chaos;

import io.berth.jobs.engine.TestEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Users who go on while everything breaks: they create and forget, run to an end, leave GPUs idle,
 * stop, restart and remove. What they ask for may fail; what they know of it is in {@link #lives}.
 */
final class Traffic {

  /** What a container is there for. */
  enum Kind {
    CREATED,
    ENDED,
    IDLE,
    /** Ended, and started again before its removal was due; it ends by itself some time later. */
    CAME_BACK,
    REMOVED_BY_USER
  }

  /**
   * One container.
   *
   * @param notBefore when its clock can have started at the earliest
   */
  record Life(String name, Kind kind, Instant notBefore) {}

  private static final String IMAGE = "berth/busybox";

  /** So many that GPUs are never in high demand, which would shorten the limits. */
  static final int GPUS = 48;

  private static final int IDLE_GPUS = GPUS - 8;
  private static final Duration SECOND_LIFE = Duration.ofSeconds(15);
  private static final String LIVES_TWICE = "test -e /x && exec sleep 15; touch /x";

  /** A fifth of a core. */
  private static final String WORK =
      "while :; do i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 0.2; done";

  private static final String NEVER_STARTED = "protected-created";

  /** Whom nobody may touch, with what they are. They are there before anything breaks. */
  static final List<String> UNTOUCHABLE =
      List.of(NEVER_STARTED, "protected-idle", "busy", "without-gpu");

  private final TestEngine engine;
  private final Random random;
  private final Map<String, Life> lives = new ConcurrentHashMap<>();
  private final Thread thread = new Thread(this::go, "traffic");
  private volatile boolean over;
  private int count;
  private int nextGpu;

  Traffic(TestEngine engine, long seed) {
    this.engine = engine;
    this.random = new Random(seed);
  }

  void begin() {
    String isProtected = "ds01.protected=true";
    engine.create("--name", NEVER_STARTED, "--label", isProtected, IMAGE, "true");
    run("protected-idle", "--label", isProtected, "--gpus", "device=46", IMAGE, "sleep", "10000");
    run("busy", "--gpus", "device=47", IMAGE, "sh", "-c", WORK);
    run("without-gpu", IMAGE, "sleep", "10000");
    thread.setDaemon(true);
    thread.start();
  }

  private void run(String name, String... more) {
    List<String> arguments = new ArrayList<>(List.of("--name", name, "--init"));
    arguments.addAll(Arrays.asList(more));
    engine.run(arguments.toArray(String[]::new));
  }

  /** The untouchable ones that an Engine's end ended are started by their users again. */
  void startAgain() {
    for (String name : UNTOUCHABLE) {
      if (!name.equals(NEVER_STARTED)) {
        engine.docker("start", name); // nothing happens to one that runs
      }
    }
  }

  private void go() {
    while (!over) {
      Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
      try {
        come(kind);
      } catch (IllegalStateException itDidNotGoWell) {
        // As users know it: the Engine was away, or Berth was faster. The verdict looks at what is.
        pause(Duration.ofMillis(200));
      }
      pause(Duration.ofMillis(100 + random.nextInt(500)));
    }
  }

  /** Makes one; returns its name. */
  String come(Kind kind) {
    String name = nextName(kind);
    lives.put(name, new Life(name, kind, Instant.now()));
    switch (kind) {
      case CREATED -> engine.create("--name", name, IMAGE, "true");
      case ENDED -> engine.run("--name", name, IMAGE, "true");
      case IDLE -> {
        String gpu = "device=" + nextGpu++ % IDLE_GPUS;
        run(name, "--label", "ds01.user=ada", "--gpus", gpu, IMAGE, "sleep", "10000");
      }
      case CAME_BACK -> {
        engine.run("--name", name, IMAGE, "sh", "-c", LIVES_TWICE);
        engine.docker("wait", name);
        pause(Duration.ofMillis(random.nextLong(Limits.ENDED.toMillis())));
        engine.docker("start", name);
        lives.put(name, new Life(name, kind, Instant.now().plus(SECOND_LIFE)));
      }
      case REMOVED_BY_USER -> {
        engine.run("--name", name, IMAGE, "true");
        engine.docker("wait", name);
        pause(Duration.ofMillis(random.nextLong(2 * Limits.ENDED.toMillis())));
        engine.docker("rm", name);
      }
    }
    return name;
  }

  private synchronized String nextName(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + count++;
  }

  private static void pause(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }

  Map<String, Life> lives() {
    return Map.copyOf(lives);
  }

  /** Users go home; what they made stays. */
  void end() throws InterruptedException {
    over = true;
    thread.join(TimeUnit.MINUTES.toMillis(3));
  }
}
