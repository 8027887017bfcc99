package io.berth.jobs.host;

import io.berth.jobs.gpu.ProcFile;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out when the Docker Engine started, from its process; the Engine's API does not tell. To be
 * asked at each look, since the Engine may be another one by then: as long as the process found
 * last lives, it is not searched for again. For one thread at a time.
 */
public final class EngineStart {

  private static final String ENGINE = "dockerd";

  /** USER_HZ: 100 on every architecture that the Engine runs on. */
  private static final Duration TICK = Duration.ofMillis(10);

  /** Position of starttime (field 22) and of the state (field 3) after the name (field 2). */
  private static final int START_TIME = 22 - 3;

  private static final int STATE = 0;
  private static final String GONE_STATES = "ZXx";

  /**
   * @param uptime the host's, when it started
   */
  private record Engine(String pid, String commandLine, Duration uptime) {

    boolean names(String socketPath) {
      String socket = "unix://" + socketPath;
      return List.of(commandLine.split("\0", -1)).stream().anyMatch(arg -> arg.endsWith(socket));
    }
  }

  private final Path proc;
  private @Nullable Engine latest;

  /** The host's uptime when the Engine, or several that may be it, were last seen. */
  private Duration seen = Duration.ZERO;

  /**
   * @param proc where procfs is mounted: {@code /proc}
   */
  public EngineStart(Path proc) {
    this.proc = proc;
  }

  /**
   * When the Engine at that socket started. Of several Engines that one counts which the pid file
   * beside the socket names ({@code docker.pid}, as the Engine's defaults have it); else those
   * whose command line names the socket, the one that started last if there are several; else the
   * only one there is, unless that ran already when the one before it did.
   *
   * @return empty where no such process is seen: no Engine, one in another PID namespace, or
   *     several that may be it. The start of the wrong one would hide a restart of the right one,
   *     and what that ended would pass for stopped by its user
   * @throws IOException procfs itself can't be read
   */
  public Optional<Instant> find(String socketPath) throws IOException {
    Instant boot = new HostFacts(proc).bootTime();
    String pid = pidBeside(socketPath);
    Engine last = latest;
    Optional<Engine> engine =
        last != null && (pid.isEmpty() || pid.equals(last.pid))
            ? engine(proc.resolve(last.pid)).filter(last::equals)
            : Optional.empty();
    if (engine.isEmpty()) {
      engine = search(socketPath, pid);
    }
    if (engine.isPresent()) {
      latest = engine.get();
      seen = uptime();
    }
    return engine.map(found -> boot.plus(found.uptime));
  }

  private Optional<Engine> search(String socketPath, String pid) throws IOException {
    List<Engine> engines = engines();
    Optional<Engine> known = engines.stream().filter(engine -> engine.pid.equals(pid)).findFirst();
    if (known.isPresent()) {
      return known;
    }
    Optional<Engine> named =
        engines.stream()
            .filter(engine -> engine.names(socketPath))
            .max(Comparator.comparing(Engine::uptime));
    return named.isPresent() ? named : theOnlyOf(engines);
  }

  private Optional<Engine> theOnlyOf(List<Engine> engines) throws IOException {
    if (engines.size() > 1) {
      seen = uptime();
    }
    return engines.stream()
        .filter(engine -> engines.size() == 1)
        .filter(engine -> engine.equals(latest) || engine.uptime.compareTo(seen) >= 0)
        .findFirst();
  }

  private Duration uptime() throws IOException {
    String seconds = ProcFile.read(proc.resolve("uptime")).split(" ", 2)[0];
    return Duration.ofMillis(new BigDecimal(seconds).movePointRight(3).longValue());
  }

  /** Empty where there is no such file. */
  private static String pidBeside(String socketPath) {
    try {
      return ProcFile.read(Path.of(socketPath.replaceFirst("\\.sock$", "") + ".pid")).strip();
    } catch (IOException thereIsNone) {
      return "";
    }
  }

  private List<Engine> engines() throws IOException {
    List<Engine> engines = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (Path process : processes) {
        engine(process).ifPresent(engines::add);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return engines;
  }

  private static Optional<Engine> engine(Path process) {
    try {
      if (!ProcFile.read(process.resolve("comm")).strip().equals(ENGINE)) {
        return Optional.empty();
      }
      String commandLine = ProcFile.read(process.resolve("cmdline"));
      return uptime(ProcFile.read(process.resolve("stat")))
          .map(uptime -> new Engine(process.getFileName().toString(), commandLine, uptime));
    } catch (IOException itEndedMeanwhile) {
      return Optional.empty();
    }
  }

  /** The name (field 2) is in parentheses and may contain blanks and parentheses itself. */
  private static Optional<Duration> uptime(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" +", -1);
    if (fields.length <= START_TIME || GONE_STATES.contains(fields[STATE])) {
      return Optional.empty();
    }
    return Optional.of(TICK.multipliedBy(Long.parseLong(fields[START_TIME])));
  }
}
