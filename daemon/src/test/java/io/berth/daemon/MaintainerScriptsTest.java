package io.berth.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.daemon.cli.BerthCli;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the package's scripts ask of the host, which is a folder here: all that they call is a stub
 * that notes how it was called. Under a real systemd {@code dev/package-test} runs them.
 */
class MaintainerScriptsTest {

  private static final Path SCRIPTS = Path.of("../systemd/debian");
  private static final String START = "deb-systemd-invoke start berthd.service";
  private static final String RELOAD = "systemctl --system daemon-reload";
  private static final String RESTART = "deb-systemd-invoke restart berthd.service";

  @TempDir private Path host;

  @BeforeEach
  void aHostWithSystemd() throws IOException {
    Files.createDirectories(host.resolve("run/systemd/system"));
    for (String command :
        List.of(
            "systemd-sysusers",
            "systemd-tmpfiles",
            "deb-systemd-helper",
            "deb-systemd-invoke",
            "userdel",
            "groupdel",
            "getent")) {
      stub(command, "");
    }
    systemctl("inactive");
    configuration("safety: {mode: observe}");
  }

  /** Before the folder goes: JUnit warns of links that lead out of it. */
  @AfterEach
  void withoutTheGpu() throws IOException {
    Files.deleteIfExists(host.resolve("dev/nvidia0"));
  }

  @Test
  void a_first_installation_starts_it_in_observe() throws Exception {
    assertThat(run("postinst", "configure", "")).isEmpty();
    assertThat(calls()).contains(START);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "safety: {mode: enforce}",
        "safety:\n  mode: enforce\n",
        "\"safety\": {\"mode\": \"enforce\"}",
        "safety: &s {mode : enforce}",
        "nonsense: 1",
      })
  void but_not_where_it_would_do_more(String yaml) throws Exception {
    configuration(yaml);

    assertThat(run("postinst", "configure", "")).contains("berth: not started now: ");
    assertThat(calls()).doesNotContain(START);
  }

  @Test
  void nor_where_a_ledger_has_the_mode_of_before() throws Exception {
    put("var/lib/berth/ledger.db", "");

    assertThat(run("postinst", "configure", "")).contains("a ledger from before");
    assertThat(calls()).doesNotContain(START);
  }

  @Test
  void removed_and_installed_again_counts_as_the_first_time() throws Exception {
    put("var/lib/systemd/deb-systemd-helper-masked/berthd.service", "");

    assertThat(run("postinst", "configure", "0.1.0")).isEmpty();
    assertThat(calls()).contains(START).doesNotContain(RESTART);
  }

  @ParameterizedTest
  @ValueSource(strings = {"active", "failed"})
  void an_upgrade_restarts_what_ran_or_failed(String state) throws Exception {
    systemctl(state);
    configuration("safety: {mode: enforce}");

    assertThat(run("postinst", "configure", "0.1.0")).isEmpty();
    assertThat(calls()).contains(RESTART).doesNotContain(START);
  }

  @Test
  void an_upgrade_leaves_what_was_stopped_by_hand() throws Exception {
    assertThat(run("postinst", "configure", "0.1.0")).isEmpty();
    assertThat(calls()).doesNotContain(RESTART, START);
  }

  @Test
  void without_a_systemd_nothing_is_started() throws Exception {
    Files.delete(host.resolve("run/systemd/system"));

    assertThat(run("postinst", "configure", "")).isEmpty();
    assertThat(calls()).noneMatch(call -> call.startsWith("deb-systemd-invoke"));
  }

  @Test
  void a_purge_deletes_what_was_made_and_may_come_twice() throws Exception {
    put("var/lib/berth/ledger.db", "");
    put("var/log/berth/events.jsonl", "");
    put("etc/berth/user-overrides.yaml", "");
    put("etc/berth/resource-limits.yaml.new", "");

    run("postrm", "purge");
    run("postrm", "purge");

    assertThat(host.resolve("var/lib/berth")).doesNotExist();
    assertThat(host.resolve("var/log/berth")).doesNotExist();
    assertThat(host.resolve("etc/berth/resource-limits.yaml.new")).doesNotExist();
    assertThat(host.resolve("etc/berth/user-overrides.yaml")).exists();
    assertThat(calls()).contains("userdel berth", "groupdel berth");
  }

  @Test
  void a_purge_leaves_what_the_archive_has_taken_over() throws Exception {
    put("usr/lib/berth/files", "");
    put("var/lib/berth/ledger.db", "");

    assertThat(run("postrm", "purge")).contains("the tar.gz is installed here");
    assertThat(host.resolve("var/lib/berth/ledger.db")).exists();
    assertThat(calls()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "postinst, 'echo systemd'",
    "postinst, 'exit 1'",
    "postrm,   'echo systemd'",
    "postrm,   'exit 1'",
  })
  void where_a_reload_would_take_gpus_away_none_is_done(String script, String docker)
      throws Exception {
    aGpu();
    stub("docker", docker);

    assertThat(run(script, argument(script), ""))
        .contains("NO systemctl daemon-reload was done")
        .contains("/dev/char has no link to " + host.resolve("dev/nvidia0"))
        .contains("nvidia-ctk system create-dev-char-symlinks --create-all");
    assertThat(calls()).doesNotContain(RELOAD);
    assertThat(calls().contains(START)).isEqualTo(script.equals("postinst"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"postinst", "postrm"})
  void where_docker_keeps_the_devices_itself_it_is_done(String script) throws Exception {
    aGpu();
    stub("docker", "echo cgroupfs");

    assertThat(run(script, argument(script), "")).isEmpty();
    assertThat(calls()).contains(RELOAD);
  }

  @ParameterizedTest
  @ValueSource(strings = {"postinst", "postrm"})
  void where_systemd_finds_the_devices_it_is_done(String script) throws Exception {
    aGpu();
    put("dev/char/0:0", "");
    stub("docker", "echo systemd");

    assertThat(run(script, argument(script), "")).isEmpty();
    assertThat(calls()).contains(RELOAD);
  }

  @Test
  void without_gpus_it_is_done() throws Exception {
    assertThat(run("postinst", "configure", "")).isEmpty();
    assertThat(calls()).contains(RELOAD);
  }

  private static String argument(String script) {
    return script.equals("postinst") ? "configure" : "remove";
  }

  /** Of a link to a device, as this one is, the number is 0:0. */
  private void aGpu() throws IOException {
    Path device = host.resolve("dev/nvidia0");
    Files.createDirectories(device.getParent());
    Files.createSymbolicLink(device, Path.of("/dev/null"));
  }

  private void systemctl(String state) throws IOException {
    stub(
        "systemctl",
        "case \"$*\" in *is-*) case $2 in is-" + state + ") ;; *) exit 3 ;; esac ;; esac");
  }

  /** What berth says of this configuration is what it says in the script. */
  private void configuration(String yaml) throws IOException {
    Path file = put("etc/berth/resource-limits.yaml", yaml);
    StringWriter out = new StringWriter();
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    int code =
        new BerthCli(options -> 0, new PrintWriter(out), nowhere)
            .run("check-config", file.toString());
    Path said = put("said", out.toString());
    stub("berth", "cat '" + said + "'; exit " + code);
  }

  private void stub(String command, String script) throws IOException {
    Path file = put("bin/" + command, "");
    Files.writeString(
        file, "#!/bin/sh\necho \"" + command + " $*\" >>'" + callsFile() + "'\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path put(String path, String content) throws IOException {
    Path file = host.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private Path callsFile() {
    return host.resolve("calls");
  }

  private List<String> calls() throws IOException {
    return Files.exists(callsFile())
        ? Files.readAllLines(callsFile()).stream().map(String::strip).toList()
        : List.of();
  }

  /** Runs it as dev/package puts it together, with the host's folders, and returns what it says. */
  private String run(String name, String... arguments) throws IOException, InterruptedException {
    String script =
        Files.readString(SCRIPTS.resolve(name))
            .replace("#RELOAD#\n", Files.readString(SCRIPTS.resolve("reload.sh")))
            .replaceAll("(?<![\\w/.])/(run|etc|var|dev/nvidia|dev/char|usr/lib)", host + "/$1");
    List<String> command = new ArrayList<>(List.of("sh", "-c", script, name));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PATH", host.resolve("bin") + ":/usr/bin:/bin");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
