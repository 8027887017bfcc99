package io.berth.jobs.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A driver library of our own (src/test/c/nvml_stand_in.c, where the state's format is) in a
 * directory of its own, with its state beside it. Works in this process and in any other that is
 * given its path as {@code gpu.nvml_library}. Each variant is compiled once, under target/.
 */
public final class FakeNvml {

  private static final String SOURCE = "nvml_stand_in.c";
  private static final Path BUILT = Path.of("target", "nvml-stand-in");

  private final Path library;

  private FakeNvml(Path library) {
    this.library = library;
  }

  /** A library without a state: its driver is not loaded. Skips the test where there is no gcc. */
  public static FakeNvml in(Path dir) {
    return in(dir, "550.54.15", List.of());
  }

  /**
   * A library of another version, or of one that lacks symbols.
   *
   * @param missing the symbols it does not export
   */
  public static FakeNvml in(Path dir, String version, Collection<String> missing) {
    FakeNvml fake = new FakeNvml(dir.resolve("libnvidia-ml.so.1"));
    fake.install(version, missing);
    return fake;
  }

  /** Puts another build in the place of this one, as the upgrade of a driver does. */
  public void install(String version, Collection<String> missing) {
    try {
      Path fresh = library.resolveSibling("new.so");
      Files.copy(build(version, missing), fresh, StandardCopyOption.REPLACE_EXISTING);
      Files.move(fresh, library, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void uninstall() {
    delete(library);
  }

  public String library() {
    return library.toString();
  }

  /** Replaces the state. */
  public void state(String... lines) {
    try {
      Path fresh = library.resolveSibling("new.state");
      Files.writeString(fresh, String.join("\n", lines) + "\n");
      Files.move(fresh, statePath(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void unloadDriver() {
    delete(statePath());
  }

  /** What the compiler says of the structs: {@code type size}, {@code type.field offset}. */
  static List<String> layout() throws IOException {
    Path program = compiled("layout", List.of("-DPRINT_LAYOUT"));
    Process process = new ProcessBuilder(program.toAbsolutePath().toString()).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }

  private Path statePath() {
    return library.resolveSibling(library.getFileName() + ".state");
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path build(String version, Collection<String> missing) throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "-shared",
                "-fPIC",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wl,-soname,libnvidia-ml.so.1"));
    options.add("-DLIBRARY_VERSION=\"" + version + "\"");
    if (!missing.isEmpty()) {
      options.add("-Wl,--version-script=" + hiding(missing).toAbsolutePath());
    }
    return compiled("libnvidia-ml.so.1", options);
  }

  private static Path hiding(Collection<String> symbols) throws IOException {
    String script = "{ global: *; local: " + String.join("; ", symbols) + "; };";
    Path file = Files.createDirectories(BUILT).resolve(key(script) + ".map");
    Files.writeString(file, script);
    return file;
  }

  private static Path compiled(String name, List<String> options) throws IOException {
    byte[] source = source();
    Path dir = BUILT.resolve(key(new String(source, StandardCharsets.UTF_8) + name + options));
    Path output = dir.resolve(name);
    if (Files.exists(output)) {
      return output;
    }
    assumeGcc();
    Files.createDirectories(dir);
    String unique = UUID.randomUUID().toString();
    Path code = Files.write(dir.resolve(unique + ".c"), source);
    Path fresh = dir.resolve(unique);
    List<String> command = new ArrayList<>(List.of("gcc", "-std=gnu11", "-O1"));
    command.addAll(options);
    command.addAll(List.of("-o", fresh.toString(), code.toString(), "-lpthread", "-ldl"));
    assertThat(run(command)).as("gcc's output").isEmpty();
    return Files.move(fresh, output, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String key(String text) {
    UUID uuid = UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits(uuid.getMostSignificantBits());
  }

  private static byte[] source() throws IOException {
    try (InputStream in = FakeNvml.class.getResourceAsStream("/" + SOURCE)) {
      if (in == null) {
        throw new IllegalStateException(SOURCE + " is not among the test resources");
      }
      return in.readAllBytes();
    }
  }

  private static void assumeGcc() {
    boolean found;
    try {
      found = run(List.of("gcc", "--version")).contains("Free Software Foundation");
    } catch (IOException e) {
      found = false;
    }
    assumeTrue(found, "needs gcc: install it to run the NVML binding against its stand-in");
  }

  private static String run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " did not end within 60s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return output;
  }
}
