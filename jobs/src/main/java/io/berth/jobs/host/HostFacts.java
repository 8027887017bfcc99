package io.berth.jobs.host;

import io.berth.jobs.gpu.ProcFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel says of this boot of the host (proc(5)). */
public final class HostFacts {

  private static final Pattern BOOT_TIME = Pattern.compile("(?m)^btime ([0-9]{1,11})$");

  private final Path proc;

  /**
   * @param proc where procfs is mounted: {@code /proc}
   */
  public HostFacts(Path proc) {
    this.proc = proc;
  }

  /** Another one after each boot. */
  public String bootId() throws IOException {
    Path file = proc.resolve("sys/kernel/random/boot_id");
    String id = ProcFile.read(file).strip();
    if (id.isEmpty()) {
      throw new IOException(file + " is empty: is procfs mounted at " + proc + "?");
    }
    return id;
  }

  /**
   * When the host booted, to the second. The kernel counts back from the present wall clock: a
   * clock that is set moves this moment with it.
   */
  public Instant bootTime() throws IOException {
    Path file = proc.resolve("stat");
    Matcher line = BOOT_TIME.matcher(ProcFile.read(file));
    if (!line.find()) {
      throw new IOException(file + " has no line btime: is procfs mounted at " + proc + "?");
    }
    return Instant.ofEpochSecond(Long.parseLong(line.group(1)));
  }
}
