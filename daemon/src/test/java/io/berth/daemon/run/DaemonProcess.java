package io.berth.daemon.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A running daemon; {@link #close} kills it if it has not ended by itself. */
public final class DaemonProcess implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(100);

  private final Process process;
  private final Path log;
  private final Thread killer;

  DaemonProcess(List<String> command, Map<String, String> environment, Path log)
      throws IOException {
    this.log = log;
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().putAll(environment);
    this.process = builder.start();
    // Nobody is left to end it where this process is told to end.
    this.killer = new Thread(process::destroyForcibly, "daemon-killer");
    Runtime.getRuntime().addShutdownHook(killer);
  }

  /** Waits until it is at work. */
  public DaemonProcess awaitReady() throws InterruptedException {
    await("ready", PATIENCE, () -> log().contains("ready; mode"));
    return this;
  }

  /**
   * Waits for something, as long as the daemon lives.
   *
   * @throws IllegalStateException if the daemon ends first, or the time is over; with its log
   */
  public void await(String what, Duration atMost, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!condition.getAsBoolean()) {
      if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(
            "the daemon ended with " + process.exitValue() + " before: " + what + "\n" + log());
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(
            "not within " + atMost.toSeconds() + " s: " + what + "\n" + log());
      }
    }
  }

  /** What it said on stdout and stderr. */
  public String log() {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  public long pid() {
    return process.pid();
  }

  /** Sends a signal, such as {@code HUP}. */
  public void signal(String name) throws IOException, InterruptedException {
    // The shell's own: a bare Debian has no other.
    new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start().waitFor();
  }

  /** Waits for its end and returns the exit code. */
  public int awaitExit() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("the daemon does not end\n" + log());
    }
    return process.exitValue();
  }

  /** Ends it by SIGTERM and returns the exit code. */
  public int stop() throws IOException, InterruptedException {
    signal("TERM");
    return awaitExit();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
      Runtime.getRuntime().removeShutdownHook(killer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException thisProcessEndsToo) {
      return;
    }
  }
}
