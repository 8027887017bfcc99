package io.berth.daemon.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.Predicate;

/** Waits for what a running daemon writes into its event log and its metrics. */
public record Watch(DaemonHome home, DaemonProcess daemon, Duration patience) {

  /** Waits until the event log is so. */
  public void until(String what, Predicate<Chronicle> condition) throws InterruptedException {
    daemon.await(what, patience, () -> condition.test(chronicle()));
  }

  /** Waits until the metric, named with its labels if it has any, has that value. */
  public void metricIs(String name, double value) throws InterruptedException {
    daemon.await(name + " is " + value, patience, () -> metric(name) == value);
  }

  /** Waits until that job has made so many sweeps more. */
  public void sweeps(String job, int more) throws InterruptedException {
    String name = "berth_sweep_duration_seconds_count{job=\"" + job + "\"}";
    double enough = metric(name) + more;
    daemon.await(more + " sweeps of " + job, patience, () -> metric(name) >= enough);
  }

  public Chronicle chronicle() {
    try {
      return home.chronicle();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private double metric(String name) {
    try {
      return home.metric(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
