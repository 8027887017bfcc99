package io.berth.jobs.notify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.berth.policies.PolicyBook.Notifications;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A command of the admin's, with the event as JSON on its input. It is run as configured, without a
 * shell, in {@code /}, and as the user that the daemon is.
 *
 * <p>Its input is a file, so that one that does not read it blocks nobody. Its output is taken
 * without waiting for its end, which a process that it left behind may keep from coming.
 */
final class CommandChannel implements Channel {

  private static final String NAME = "command";

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "LANG", "C.UTF-8");

  private static final int MAX_OUTPUT = Plain.MAX_LENGTH;
  private static final int CHUNK = 65_536;
  private static final int LOOK_MILLIS = 20;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean isOn(Notifications settings) {
    return !settings.command().isEmpty();
  }

  @Override
  public Delivery deliver(Message message, Notifications settings)
      throws IOException, InterruptedException {
    Path input = Files.createTempFile("berth-notice-", ".json");
    try {
      Files.writeString(input, message.json() + "\n", UTF_8);
      return run(settings.command(), input);
    } finally {
      Files.delete(input);
    }
  }

  private static Delivery run(List<String> command, Path input)
      throws IOException, InterruptedException {
    Process process = start(command, input);
    boolean ended = false;
    try (InputStream output = process.getInputStream()) {
      ByteArrayOutputStream kept = new ByteArrayOutputStream();
      do {
        drain(output, kept);
        ended = process.waitFor(LOOK_MILLIS, MILLISECONDS);
      } while (!ended);
      drain(output, kept);
      return delivery(command, process.exitValue(), kept.toString(UTF_8).strip());
    } finally {
      if (!ended) {
        kill(process.toHandle());
      }
    }
  }

  private static Process start(List<String> command, Path input) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(new File("/"))
            .redirectErrorStream(true)
            .redirectInput(input.toFile());
    builder.environment().clear();
    builder.environment().putAll(ENVIRONMENT);
    return builder.start();
  }

  /**
   * Takes what is there, so that the command is not held up, and keeps the beginning. One that
   * writes without end is let go by the interrupt.
   */
  private static void drain(InputStream output, ByteArrayOutputStream kept) throws IOException {
    int there = output.available();
    while (there > 0 && !Thread.currentThread().isInterrupted()) {
      byte[] chunk = output.readNBytes(Math.min(there, CHUNK));
      kept.write(chunk, 0, Math.min(chunk.length, MAX_OUTPUT - kept.size()));
      there = output.available();
    }
  }

  /** Its children first: when their parent is gone they can't be found any more. */
  private static void kill(ProcessHandle process) {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
  }

  private static Delivery delivery(List<String> command, int exitCode, String output) {
    String said = output.isEmpty() ? "" : ": " + Plain.line(output);
    return exitCode == 0
        ? Delivery.delivered(NAME, "to " + Plain.line(command.get(0)))
        : Delivery.failed(
            NAME, Plain.line(command.get(0)) + " ended with exit code " + exitCode + said);
  }
}
