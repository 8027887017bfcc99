package io.berth.jobs.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real Docker Engine for integration tests, with the containers that one test class made on it;
 * {@link #close} removes those. The class is to be annotated {@link NeedsDockerEngine}. It has the
 * images berth/busybox and berth/cuda (see dev/engine) and no network.
 */
public final class TestEngine implements AutoCloseable {

  /** The environment variable with the address of the Engine that all tests share. */
  static final String VARIABLE = "BERTH_TEST_DOCKER_HOST";

  private static final String LABEL = "berth.test";
  private static final Pattern STATUS = Pattern.compile("running ([0-9]+) (\\S+)");
  private static final long COMMAND_SECONDS = 120;

  private final URI host;
  private final String label;
  private final @Nullable String ownName;

  private TestEngine(URI host, String label, @Nullable String ownName) {
    this.host = host;
    this.label = label;
    this.ownName = ownName;
  }

  /** The one that all tests share. */
  public static TestEngine shared(Class<?> test) {
    URI host = URI.create(Objects.requireNonNull(System.getenv(VARIABLE), VARIABLE));
    TestEngine engine = new TestEngine(host, test.getName(), null);
    engine.removeContainers();
    return engine;
  }

  /**
   * One that the test may crash and freeze, started for it by dev/engine and stopped by {@link
   * #close}.
   *
   * @param name one that no other test uses: lower-case letters, digits, dashes
   */
  public static TestEngine own(String name) {
    devEngine(name, "stop");
    devEngine(name, "start");
    return running(name);
  }

  /** Like {@link #own}, one that dev/engine has started under that name already. */
  public static TestEngine running(String name) {
    return new TestEngine(URI.create(status(name).group(2)), name, name);
  }

  public URI host() {
    return host;
  }

  /** Runs {@code docker ARGS} on this Engine and returns its output, stripped. */
  public String docker(String... args) {
    List<String> command = new ArrayList<>(List.of("docker", "--host", host.toString()));
    command.addAll(Arrays.asList(args));
    return execute(command, Map.of());
  }

  /** {@code docker create ARGS} without network, labelled as ours; returns the id. */
  public String create(String... args) {
    return docker(labelled(List.of("create"), args));
  }

  /** {@code docker run -d ARGS} without network, labelled as ours; returns the id. */
  public String run(String... args) {
    return docker(labelled(List.of("run", "-d"), args));
  }

  private String[] labelled(List<String> command, String... args) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of("--network", "none", "--label", LABEL + "=" + label));
    all.addAll(Arrays.asList(args));
    return all.toArray(String[]::new);
  }

  /** Kills the Engine with SIGKILL; its containers go on. Only for an {@link #own} one. */
  public void crash() {
    devEngine(requireOwn(), "crash");
  }

  /** Restarts the Engine, or brings a crashed one back. Only for an {@link #own} one. */
  public void restart() {
    devEngine(requireOwn(), "restart");
  }

  /**
   * The Engine goes on accepting, and answers nothing. Only for an {@link #own} one. Returns once
   * all of its threads have stopped, which they do one after the other.
   */
  public void freeze() {
    signal("STOP");
    Path threads = Path.of("/proc/" + status(requireOwn()).group(1) + "/task");
    try {
      while (!allStopped(threads)) {
        Thread.onSpinWait();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the Engine is gone", e);
    }
  }

  private static boolean allStopped(Path threads) throws IOException {
    try (Stream<Path> all = Files.list(threads)) {
      for (Path each : all.toList()) {
        if (!Files.readString(each.resolve("status")).contains("\nState:\tT")) {
          return false;
        }
      }
    }
    return true;
  }

  public void thaw() {
    signal("CONT");
  }

  /** By the shell's own kill: a small system may have no program of that name. */
  private void signal(String name) {
    String pid = status(requireOwn()).group(1);
    execute(List.of("sh", "-c", "kill -" + name + " " + pid), Map.of());
  }

  private String requireOwn() {
    if (ownName == null) {
      throw new IllegalStateException("the shared Engine is not to be disturbed");
    }
    return ownName;
  }

  @Override
  public void close() {
    if (ownName != null) {
      devEngine(ownName, "stop");
    } else {
      removeContainers();
    }
  }

  private void removeContainers() {
    String ids = docker("ps", "-aq", "--filter", "label=" + LABEL + "=" + label);
    if (!ids.isEmpty()) {
      List<String> command = new ArrayList<>(List.of("rm", "-f", "-v"));
      command.addAll(ids.lines().toList());
      docker(command.toArray(String[]::new));
    }
  }

  private static Matcher status(String name) {
    String status = devEngine(name, "status");
    Matcher matcher = STATUS.matcher(status);
    if (!matcher.matches()) {
      throw new IllegalStateException("dev/engine status says: " + status);
    }
    return matcher;
  }

  private static String devEngine(String name, String command) {
    return execute(
        List.of(root().resolve("dev/engine").toString(), command),
        Map.of("BERTH_ENGINE_NAME", name));
  }

  /** The checkout: the property {@code berth.root}, else the next folder up with dev/engine. */
  private static Path root() {
    String property = System.getProperty("berth.root");
    if (property != null) {
      return Path.of(property);
    }
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve("dev/engine"))) {
      folder = folder.getParent();
    }
    if (folder == null) {
      throw new IllegalStateException("no dev/engine above this folder: set -Dberth.root");
    }
    return folder;
  }

  private static String execute(List<String> command, Map<String, String> environment) {
    try {
      // A file and not a pipe: what the command leaves running would hold a pipe open.
      Path output = Files.createTempFile("berth-test", ".out");
      try {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS);
        String text = Files.readString(output, StandardCharsets.UTF_8).strip();
        if (!ended || process.exitValue() != 0) {
          process.destroyForcibly();
          throw new IllegalStateException(String.join(" ", command) + " failed: " + text);
        }
        return text;
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + command, e);
    }
  }
}
