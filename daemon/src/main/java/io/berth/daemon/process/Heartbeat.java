package io.berth.daemon.process;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's sign of life: on a thread of its own it feeds systemd's watchdog as long as nothing
 * is stuck, and tells what the daemon does where that has changed. What hangs in one of the two
 * questions hangs this thread, and so the watchdog bites as well.
 */
public final class Heartbeat implements AutoCloseable {

  /** What the daemon says of itself. Both are quick. */
  public interface Life {

    /** What does not go on, in words; empty while all is well. */
    Optional<String> stuck();

    /** What it does now, in one line. */
    String status();
  }

  /** How often it beats where there is no watchdog, and at the most where there is one. */
  private static final Duration BEAT = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);

  private final ServiceManager manager;
  private final ScheduledExecutorService thread;
  private volatile Life life;
  private String told = "";
  private String complaint = "";

  private Heartbeat(ServiceManager manager, Life life) {
    this.manager = manager;
    this.life = life;
    this.thread = Executors.newSingleThreadScheduledExecutor(Heartbeat::thread);
  }

  /** Beats from now on, three times in the watchdog's patience at least. */
  public static Heartbeat start(ServiceManager manager, Life life) {
    Heartbeat heartbeat = new Heartbeat(manager, life);
    Duration third = manager.patience().map(patience -> patience.dividedBy(3)).orElse(BEAT);
    long millis = Math.max(1, (third.compareTo(BEAT) < 0 ? third : BEAT).toMillis());
    var unused =
        heartbeat.thread.scheduleWithFixedDelay(
            heartbeat::guarded, 0, millis, TimeUnit.MILLISECONDS);
    return heartbeat;
  }

  /** From the next beat on this life is asked. */
  public void turnTo(Life next) {
    life = next;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private void guarded() {
    try {
      beat();
    } catch (RuntimeException e) {
      log.error("no sign of life could be given; it is tried again", e);
    }
  }

  private void beat() {
    Life now = life;
    String stuck = now.stuck().orElse("");
    if (stuck.isEmpty()) {
      manager.alive();
    } else if (!stuck.equals(complaint)) {
      log.error("{}: the watchdog is not fed until it goes on", stuck);
    }
    complaint = stuck;
    String status = stuck.isEmpty() ? now.status() : "stuck: " + stuck;
    if (!status.equals(told)) {
      manager.status(status);
      told = status;
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "heartbeat");
    thread.setDaemon(true);
    return thread;
  }
}
