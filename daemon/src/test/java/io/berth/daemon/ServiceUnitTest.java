package io.berth.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.cli.DaemonRunner;
import io.berth.daemon.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceUnitTest {

  private static final Path UNIT = Path.of("../systemd/berthd.service");
  private static final String COMMAND = "/usr/bin/berth";

  @TempDir private Path folder;

  @Test
  void systemd_accepts_it_without_a_word() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/systemd-analyze")),
        "needs systemd-analyze: install systemd");
    // The command is not installed here, and that is all that may be wrong with the unit.
    Path unit = folder.resolve("berthd.service");
    Files.writeString(unit, Files.readString(UNIT).replace(COMMAND, "/bin/true"));

    Process verify =
        new ProcessBuilder("systemd-analyze", "verify", "--man=no", unit.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(verify.getInputStream().readAllBytes(), UTF_8);

    assertThat(said).isEmpty();
    assertThat(verify.waitFor()).isZero();
  }

  @Test
  void its_command_is_one_that_berth_understands() throws IOException {
    String exec = value("ExecStart");
    assertThat(exec).startsWith(COMMAND + " ");
    List<DaemonRunner.Options> started = new ArrayList<>();
    StringWriter out = new StringWriter();

    int code =
        new BerthCli(
                options -> {
                  started.add(options);
                  return 0;
                },
                new PrintWriter(out),
                new PrintWriter(out))
            .run(exec.substring(COMMAND.length() + 1).split(" ", -1));

    assertThat(code).as(out.toString()).isZero();
    assertThat(started).singleElement().matches(DaemonRunner.Options::waitForEngine);
  }

  @Test
  void a_bad_configuration_is_not_tried_again() throws IOException {
    assertThat(value("Restart")).isEqualTo("on-failure");
    assertThat(value("RestartPreventExitStatus")).isEqualTo(String.valueOf(ExitCode.CONFIG));
    assertThat(value("ExecReload")).startsWith("/bin/kill -HUP");
  }

  private static String value(String key) throws IOException {
    return Files.readAllLines(UNIT).stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElseThrow();
  }
}
