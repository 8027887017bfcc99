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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceUnitTest {

  private static final Path UNIT = Path.of("../systemd/berthd.service");
  private static final String COMMAND = "/usr/bin/berthd";
  private static final Pattern EXPOSURE = Pattern.compile("exposure level.*: ([0-9]+\\.[0-9])");

  /** A directive that is not set as far as it could be, as systemd-analyze marks it. */
  private static final Pattern OPEN = Pattern.compile("(?m)^\\u2717 ([A-Za-z]+=)");

  @TempDir private Path folder;

  @Test
  void systemd_accepts_it_without_a_word() throws Exception {
    assumeTrue(canAnalyze(), "needs systemd-analyze: install systemd");
    // The command is not installed here, and that is all that may be wrong with the unit.
    Path unit = folder.resolve("berthd.service");
    Files.writeString(unit, Files.readString(UNIT).replace(COMMAND, "/bin/true"));

    assertThat(analyze("verify", "--man=no", unit.toString())).isEmpty();
  }

  @Test
  void it_exposes_little() throws Exception {
    assumeTrue(canAnalyze(), "needs systemd-analyze: install systemd");

    Matcher exposure =
        EXPOSURE.matcher(analyze("security", "--offline=true", "--no-pager", UNIT.toString()));

    assertThat(exposure.find()).isTrue();
    assertThat(Double.parseDouble(exposure.group(1))).isLessThanOrEqualTo(2.0);
  }

  @Test
  void what_it_can_not_shut_is_named_with_its_reason() throws Exception {
    assumeTrue(canAnalyze(), "needs systemd-analyze: install systemd");
    String unit = Files.readString(UNIT);
    String reasons = unit.substring(unit.indexOf("\n# Can't be set:"), unit.indexOf("[Install]"));

    List<String> open =
        OPEN.matcher(analyze("security", "--offline=true", "--no-pager", UNIT.toString()))
            .results()
            .map(match -> match.group(1))
            .distinct()
            .toList();

    assertThat(open).contains("PrivateDevices=");
    assertThat(open)
        .allSatisfy(directive -> assertThat(reasons).containsPattern("\\b" + directive + ".* \\w"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"network.conf", "root.conf", "fewer-rights.conf"})
  void systemd_accepts_the_unit_with_each_example(String example) throws Exception {
    assumeTrue(canAnalyze(), "needs systemd-analyze: install systemd");
    Path unit = folder.resolve("berthd.service");
    String dropIn = Files.readString(UNIT.resolveSibling("examples").resolve(example));
    Files.writeString(unit, Files.readString(UNIT).replace(COMMAND, "/bin/true") + "\n" + dropIn);

    assertThat(analyze("verify", "--man=no", unit.toString())).isEmpty();
  }

  /** Each with its reason beside it. */
  @Test
  void each_capability_that_it_has_is_named_with_its_reason() throws IOException {
    String unit = Files.readString(UNIT);

    assertThat(value("AmbientCapabilities")).isEqualTo(value("CapabilityBoundingSet"));
    for (String capability : value("AmbientCapabilities").split(" ", -1)) {
      assertThat(unit).containsPattern("(?m)^#   " + capability + " +[a-z]");
    }
  }

  /** By number too: a name is only found where the driver was loaded before the daemon started. */
  @Test
  void it_may_open_the_gpus_of_a_driver_that_is_loaded_later() throws IOException {
    assertThat(Files.readAllLines(UNIT))
        .contains("DeviceAllow=char-nvidia* rw", "DeviceAllow=char-195 rw");
  }

  @Test
  void as_root_it_has_no_more_capabilities() throws IOException {
    String root = Files.readString(UNIT.resolveSibling("examples").resolve("root.conf"));

    assertThat(root)
        .contains("\nAmbientCapabilities=\n")
        .doesNotContain("\nCapabilityBoundingSet=");
  }

  @Test
  void its_user_is_made_with_the_package() throws IOException {
    String users = Files.readString(UNIT.resolveSibling("sysusers.d").resolve("berth.conf"));

    assertThat(users).containsPattern("(?m)^u " + value("User") + " ");
    assertThat(value("SupplementaryGroups")).isEqualTo("docker tty");
    assertThat(users).containsPattern("(?m)^g docker ");
  }

  @Test
  void it_is_notified_and_watched() throws IOException {
    assertThat(value("Type")).isEqualTo("notify");
    assertThat(value("WatchdogSec")).isNotEmpty();
    assertThat(value("IPAddressDeny")).isEqualTo("any");
  }

  /** What systemd-analyze says, on both streams. */
  private static String analyze(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("systemd-analyze"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static boolean canAnalyze() {
    return Files.isExecutable(Path.of("/usr/bin/systemd-analyze"));
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
            .run(("daemon " + exec.substring(COMMAND.length() + 1)).split(" ", -1));

    assertThat(code).as(out.toString()).isZero();
    assertThat(started).singleElement().matches(DaemonRunner.Options::waitForEngine);
  }

  @Test
  void a_bad_configuration_is_not_tried_again() throws IOException {
    assertThat(value("Restart")).isEqualTo("on-failure");
    assertThat(value("RestartPreventExitStatus")).isEqualTo(String.valueOf(ExitCode.CONFIG));
    assertThat(value("ExecReload")).contains("kill -HUP $MAINPID");
  }

  @Test
  void an_engine_that_restarts_does_not_take_it_along() throws IOException {
    assertThat(value("Wants")).contains("docker.service");
    assertThat(value("After")).contains("docker.service", "network-online.target");
    assertThat(Files.readAllLines(UNIT))
        .noneMatch(line -> line.matches("(Requires|Requisite|BindsTo|PartOf)=.*"));
  }

  @Test
  void one_that_ends_again_and_again_is_left_at_some_time() throws IOException {
    assertThat(value("StartLimitIntervalSec")).isEqualTo("10min");
    assertThat(value("StartLimitBurst")).isEqualTo("10");
    assertThat(value("RestartSec")).isEqualTo("5s"); // ten times is well within the interval
  }

  private static String value(String key) throws IOException {
    return Files.readAllLines(UNIT).stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElseThrow();
  }
}
