package io.berth.daemon.process;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What systemd is told of the daemon's life (sd_notify(3)); nothing where no service manager asked
 * to be told. A message that can't be sent is logged once a streak and costs nothing else.
 */
public final class ServiceManager {

  private static final Logger log = LoggerFactory.getLogger(ServiceManager.class);

  /** Where to, in words of the protocol. */
  private interface Line {
    void send(String text) throws IOException;
  }

  private final Line line;
  private final LongSupplier ticker;
  private final Optional<Duration> patience;
  private boolean failing;

  private ServiceManager(Line line, LongSupplier ticker, Optional<Duration> patience) {
    this.line = line;
    this.ticker = ticker;
    this.patience = patience;
  }

  /**
   * The service manager that started this process.
   *
   * @param environment {@code NOTIFY_SOCKET}, {@code WATCHDOG_USEC} and {@code WATCHDOG_PID}
   * @param pid this process's
   * @param ticker CLOCK_MONOTONIC in nanoseconds, {@link System#nanoTime}
   */
  public static ServiceManager of(Map<String, String> environment, long pid, LongSupplier ticker) {
    String socket = environment.getOrDefault("NOTIFY_SOCKET", "");
    if (socket.isEmpty()) {
      return new ServiceManager(text -> {}, ticker, Optional.empty());
    }
    try {
      Line line = new UnixDatagrams(socket)::send;
      return new ServiceManager(line, ticker, patience(environment, pid));
    } catch (IllegalArgumentException e) {
      log.warn("nobody is told of the daemon's life: NOTIFY_SOCKET {}", e.getMessage());
      return new ServiceManager(text -> {}, ticker, Optional.empty());
    }
  }

  /** How long the service manager goes without {@link #alive} before it ends the process. */
  public Optional<Duration> patience() {
    return patience;
  }

  /** It does its work, or waits in good order to begin with it. */
  public void ready(String status) {
    tell("READY=1\n" + statusLine(status));
  }

  /** It reads its configuration again; {@link #ready} has to follow, whatever came of it. */
  public void reloading() {
    tell("RELOADING=1\nMONOTONIC_USEC=" + ticker.getAsLong() / 1_000);
  }

  public void stopping() {
    tell("STOPPING=1\n" + statusLine("finishing what is in hand"));
  }

  /** What it does now, for {@code systemctl status}. */
  public void status(String status) {
    tell(statusLine(status));
  }

  /** Feeds the watchdog. */
  public void alive() {
    tell("WATCHDOG=1");
  }

  private static String statusLine(String status) {
    return "STATUS=" + status.replace('\n', ' ');
  }

  private synchronized void tell(String text) {
    try {
      line.send(text);
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        log.warn("systemd can't be told \"{}\": {}", text.replace('\n', ' '), e.getMessage());
      }
      failing = true;
    }
  }

  /** The variables are handed down: they count for the process they name, if they name one. */
  private static Optional<Duration> patience(Map<String, String> environment, long pid) {
    String forWhom = environment.getOrDefault("WATCHDOG_PID", "");
    String micros = environment.getOrDefault("WATCHDOG_USEC", "");
    if (!micros.matches("[1-9][0-9]{0,15}")
        || !(forWhom.isEmpty() || forWhom.equals(String.valueOf(pid)))) {
      return Optional.empty();
    }
    return Optional.of(Duration.ofNanos(Long.parseLong(micros) * 1_000));
  }
}
