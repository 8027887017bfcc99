package io.berth.daemon;

import io.berth.daemon.process.Heartbeat;
import io.berth.daemon.schedule.Timetable;
import io.berth.jobs.Sweeps;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What systemd is told of a daemon at work. It asks neither the ledger nor the Engine: a disk that
 * hangs would otherwise look like a scheduler that does.
 */
final class DaemonLife implements Heartbeat.Life {

  /** Before the first sweep. */
  static final String BEGINNING = "about to look for the first time";

  /**
   * How often the watchdog's time may pass before a job is stuck. By the unit as shipped ten
   * minutes, far beyond any sweep that goes on: each of its calls has a deadline of its own.
   */
  private static final int WATCHDOGS = 5;

  private static final Duration WITHOUT_WATCHDOG = Duration.ofMinutes(10);

  private final Timetable timetable;
  private final Duration patience;
  private final Supplier<Duration> engineTimeout;
  private final Supplier<String> doing;

  /**
   * @param watchdog {@code WatchdogSec=} of the unit; empty where nobody watches
   * @param engineTimeout the deadline of one call to the Engine, now
   * @param doing what the last sweep came to, in words
   */
  DaemonLife(
      Timetable timetable,
      Optional<Duration> watchdog,
      Supplier<Duration> engineTimeout,
      Supplier<String> doing) {
    this.timetable = timetable;
    this.patience = watchdog.map(time -> time.multipliedBy(WATCHDOGS)).orElse(WITHOUT_WATCHDOG);
    this.engineTimeout = engineTimeout;
    this.doing = doing;
  }

  @Override
  public Optional<String> stuck() {
    return timetable.stuck(patience.plus(engineTimeout.get().multipliedBy(4)));
  }

  @Override
  public String status() {
    return doing.get();
  }

  /** What a sweep came to, in one line. */
  static String words(Mode mode, JobName job, Sweeps.Report report) {
    String begin = mode.word() + "; last sweep: " + job.word();
    if (!report.skipped().isEmpty()) {
      return begin + " skipped, " + report.skipped();
    }
    int held = report.heldBack().values().stream().mapToInt(Integer::intValue).sum();
    return begin
        + ", %d containers, %d acts begun, %d held back"
            .formatted(report.containers(), report.acts().size(), held);
  }
}
