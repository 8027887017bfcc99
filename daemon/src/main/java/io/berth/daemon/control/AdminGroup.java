package io.berth.daemon.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is in {@code daemon.admin_group}: by {@code id -Gnz USER}, a process that can be killed where
 * a directory hangs. In doubt nobody is.
 */
final class AdminGroup {

  private static final Duration DEADLINE = Duration.ofSeconds(2);
  private static final Duration KEEP = Duration.ofSeconds(30);
  private static final int MOST = 1_000;
  private static final Logger LOG = LoggerFactory.getLogger(AdminGroup.class);

  /** What the user database said of one user. */
  private record Remembered(List<String> groups, Instant at) {}

  private final Supplier<String> group;
  private final InstantSource clock;
  private final Map<String, Remembered> memory = new HashMap<>();

  /**
   * @param group its name, asked for each time, so that a reload counts at once
   */
  AdminGroup(Supplier<String> group, InstantSource clock) {
    this.group = group;
    this.clock = clock;
  }

  boolean has(String user) {
    return !user.isEmpty() && groupsOf(user).contains(group.get());
  }

  private List<String> groupsOf(String user) {
    Instant now = clock.instant();
    synchronized (memory) {
      Remembered known = memory.get(user);
      if (known != null && Duration.between(known.at, now).abs().compareTo(KEEP) < 0) {
        return known.groups;
      }
    }
    List<String> groups = ask(user);
    synchronized (memory) {
      if (memory.size() >= MOST) {
        memory.clear();
      }
      memory.put(user, new Remembered(groups, now));
    }
    return groups;
  }

  private static List<String> ask(String user) {
    try {
      Process process =
          new ProcessBuilder("id", "-Gnz", "--", user)
              .redirectInput(new File("/dev/null"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        if (process.waitFor(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
            && process.exitValue() == 0) {
          byte[] output = process.getInputStream().readNBytes(process.getInputStream().available());
          return List.of(new String(output, UTF_8).split("\0"));
        }
        LOG.warn("the groups of {} can't be told, so it is no admin: try id {}", user, user);
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      LOG.warn("the groups of {} can't be told, so it is no admin", user, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return List.of();
  }
}
