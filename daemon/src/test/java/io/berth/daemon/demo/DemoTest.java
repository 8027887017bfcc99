package io.berth.daemon.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.engine.NeedsDockerEngine;
import io.berth.jobs.engine.TestEngine;
import io.berth.jobs.gpu.FakeNvml;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What dev/demo shows; it is also the test of the main job as a whole. */
@NeedsDockerEngine
class DemoTest {

  @TempDir Path folder;

  @Test
  void every_container_meets_the_fate_that_is_expected() throws Exception {
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    boolean well;
    try (TestEngine engine = TestEngine.own("demo-test");
        PrintStream out = new PrintStream(told, true, UTF_8)) {
      well = Demo.play(engine, folder, nvml(), "daemon", uidOf("daemon"), out, false, null);
    }
    assertThat(well).withFailMessage(() -> told.toString(UTF_8)).isTrue();
  }

  private Path nvml() throws IOException {
    return Path.of(FakeNvml.in(Files.createDirectories(folder.resolve("nvml"))).library());
  }

  private static long uidOf(String user) throws Exception {
    return Files.readAllLines(Path.of("/etc/passwd")).stream()
        .map(line -> line.split(":", -1))
        .filter(fields -> fields[0].equals(user))
        .mapToLong(fields -> Long.parseLong(fields[2]))
        .findFirst()
        .orElseThrow();
  }
}
