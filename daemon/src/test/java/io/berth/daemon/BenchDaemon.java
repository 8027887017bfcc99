package io.berth.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The real daemon as a process of its own: how soon it is ready, and how much memory it keeps. */
final class BenchDaemon implements AutoCloseable {

  private static final String CONFIG =
      """
      safety: {mode: observe}
      daemon:
        ledger: %1$s/ledger.db
        events: %1$s/events.jsonl
        socket: %1$s/berth.sock
        http: off
        docker_host: %2$s
      """;

  /** Sweeps come often, so that memory is that of a daemon that has been at work. */
  private static final String BUSY =
      "schedules: {created-cleanup: every 2s, stale-cleanup: every 2s, reconcile: every 5s}\n";

  private static final Duration AT_WORK = Duration.ofSeconds(30);
  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+([0-9]+) kB$");

  private final String berth;
  private final Path folder;
  private final Path config;
  private final String calm;
  private final Process process;
  private final Duration ready;

  /**
   * Starts it and waits until it says that it is ready.
   *
   * @param berth the command
   * @param folder empty, for all it writes
   */
  BenchDaemon(Path berth, URI host, Path folder) throws IOException {
    this.berth = berth.toString();
    this.folder = folder;
    config = folder.resolve("resource-limits.yaml");
    calm = CONFIG.formatted(folder, host);
    Files.writeString(config, calm + BUSY);
    long began = System.nanoTime();
    process =
        new ProcessBuilder(List.of(this.berth, "daemon", "--config", config.toString()))
            .redirectError(ProcessBuilder.Redirect.PIPE)
            .start();
    awaitReady();
    ready = Duration.ofNanos(System.nanoTime() - began);
  }

  /** What it says later stays in the pipe: it is little. */
  private void awaitReady() throws IOException {
    BufferedReader log = process.errorReader(UTF_8);
    StringBuilder said = new StringBuilder();
    for (String line = log.readLine(); line != null; line = log.readLine()) {
      if (line.contains(" ready; mode ")) {
        return;
      }
      said.append(line).append('\n');
    }
    throw new IOException("the daemon ended before it was ready:\n" + said);
  }

  /** From the start of the process to its line "ready". */
  Duration ready() {
    return ready;
  }

  /** Bytes resident after it has swept for a while. */
  long residentAtWork() throws IOException, InterruptedException {
    TimeUnit.SECONDS.sleep(AT_WORK.toSeconds());
    String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    Matcher resident = RESIDENT.matcher(status);
    if (!resident.find()) {
      throw new IOException("no VmRSS in /proc/" + process.pid() + "/status");
    }
    return Long.parseLong(resident.group(1)) * 1024;
  }

  /** Lets it sweep as seldom as by default. */
  void calm() throws IOException, InterruptedException {
    Files.writeString(config, calm);
    command("reload");
  }

  /** Asks it as a user does, by the command. */
  void status() throws IOException, InterruptedException {
    command("status");
  }

  private void command(String name) throws IOException, InterruptedException {
    Process command =
        new ProcessBuilder(berth, name, "--socket", folder.resolve("berth.sock").toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (command.waitFor() != 0) {
      throw new IOException("berth " + name + " ended with " + command.exitValue());
    }
  }

  /** Ends it, and waits until it has: the next one needs the memory. */
  @Override
  public void close() {
    process.destroy();
    process.onExit().completeOnTimeout(process, 60, TimeUnit.SECONDS).join();
    process.destroyForcibly();
  }
}
