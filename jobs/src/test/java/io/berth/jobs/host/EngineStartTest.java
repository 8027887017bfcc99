package io.berth.jobs.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineStartTest {

  private static final Instant BOOT = Instant.parse("2026-03-02T08:00:00Z");

  @TempDir Path proc;
  @TempDir Path run;
  private String socket = "";

  @BeforeEach
  void a_host_with_other_processes() throws IOException {
    socket = run.resolve("docker.sock").toString();
    uptime("1000.25");
    Files.writeString(proc.resolve("stat"), "btime " + BOOT.getEpochSecond() + "\n");
    process(1, "systemd", "S", 0, "/sbin/init");
    process(77, "docker", "S", 99_999, "docker", "run", "x");
    process(78, "containerd", "S", 99_999, "/usr/bin/containerd");
    Files.createDirectories(proc.resolve("self"));
    Files.createDirectories(proc.resolve("4000"));
  }

  @Test
  void the_start_is_the_boot_plus_the_ticks_of_the_process() throws IOException {
    process(500, "dockerd", "S", 1234, "/usr/bin/dockerd", "-H", "fd://");

    assertThat(find()).hasValue(BOOT.plusMillis(12_340));
  }

  @Test
  void without_an_engine_there_is_no_start() throws IOException {
    assertThat(find()).isEmpty();
  }

  @Test
  void of_several_the_one_that_names_the_socket_counts() throws IOException {
    process(500, "dockerd", "S", 100, "dockerd", "-H", "unix://" + socket);
    process(600, "dockerd", "S", 900, "dockerd", "--host=unix:///run/other/docker.sock");
    process(700, "dockerd", "S", 950, "dockerd", "-H", "unix://" + socket + "2");

    assertThat(find()).hasValue(BOOT.plusSeconds(1));
  }

  @Test
  void the_one_that_the_pid_file_beside_the_socket_names_counts_before_all() throws IOException {
    process(500, "dockerd", "S", 100, "dockerd", "--config-file", "/etc/x.json");
    process(600, "dockerd", "S", 900, "dockerd", "-H", "unix://" + socket);
    Files.writeString(run.resolve("docker.pid"), "500\n");
    assertThat(find()).hasValue(BOOT.plusSeconds(1));

    Files.writeString(run.resolve("docker.pid"), "77\n");
    assertThat(find()).as("of no Engine").hasValue(BOOT.plusSeconds(9));
  }

  @Test
  void where_none_names_it_the_only_one_counts_and_of_several_none() throws IOException {
    process(500, "dockerd", "S", 300, "dockerd");
    assertThat(find()).hasValue(BOOT.plusSeconds(3));

    process(600, "dockerd", "S", 400, "dockerd", "-H", "fd://");
    assertThat(find()).isEmpty();
  }

  @Test
  void the_only_one_that_is_left_of_several_is_not_taken_for_it() throws IOException {
    EngineStart start = new EngineStart(proc);
    process(500, "dockerd", "S", 300, "dockerd");
    process(600, "dockerd", "S", 400, "dockerd");
    assertThat(start.find(socket)).isEmpty();

    process(500, "dockerd", "Z", 300, "dockerd");
    assertThat(start.find(socket)).isEmpty();
  }

  @Test
  void one_that_ran_beside_it_is_not_taken_for_it_but_one_that_came_after_it_is()
      throws IOException {
    EngineStart start = new EngineStart(proc);
    process(500, "dockerd", "S", 300, "dockerd");
    assertThat(start.find(socket)).hasValue(BOOT.plusSeconds(3));
    process(600, "dockerd", "S", 99_500, "dockerd");
    assertThat(start.find(socket)).hasValue(BOOT.plusSeconds(3));

    process(500, "dockerd", "Z", 300, "dockerd");
    uptime("1007.00");
    assertThat(start.find(socket)).isEmpty();

    process(600, "dockerd", "Z", 99_500, "dockerd");
    process(700, "dockerd", "S", 100_500, "dockerd");
    assertThat(start.find(socket)).hasValue(BOOT.plusSeconds(1005));
  }

  @Test
  void a_pid_file_of_another_process_keeps_none_from_being_found_again() throws IOException {
    EngineStart start = new EngineStart(proc);
    process(500, "dockerd", "S", 300, "dockerd");
    Files.writeString(run.resolve("docker.pid"), "77\n");

    assertThat(start.find(socket)).hasValue(BOOT.plusSeconds(3));
    assertThat(start.find(socket)).hasValue(BOOT.plusSeconds(3));
  }

  @Test
  void where_several_name_it_the_latest_counts() throws IOException {
    process(700, "dockerd", "S", 100, "dockerd", "--host=unix://" + socket);
    process(800, "dockerd", "S", 200, "dockerd", "-Hunix://" + socket, "-D");
    assertThat(find()).hasValue(BOOT.plusSeconds(2));
  }

  @Test
  void a_process_with_parentheses_and_blanks_in_its_name_is_read_to_the_last_one()
      throws IOException {
    process(500, "dockerd", "S", 100, "dockerd");
    Path stat = proc.resolve("500/stat");
    Files.writeString(stat, Files.readString(stat).replace("(dockerd)", "(do) S 1 (ck) erd)"));

    assertThat(find()).hasValue(BOOT.plusSeconds(1));
  }

  @Test
  void a_dead_engine_that_nobody_reaped_does_not_count() throws IOException {
    process(500, "dockerd", "S", 100, "dockerd");
    process(600, "dockerd", "Z", 900);

    assertThat(find()).hasValue(BOOT.plusSeconds(1));
  }

  @Test
  void a_process_that_ends_while_it_is_read_is_passed_over() throws IOException {
    process(500, "dockerd", "S", 100, "dockerd");
    Path ended = Files.createDirectories(proc.resolve("600"));
    Files.writeString(ended.resolve("comm"), "dockerd\n");
    Path ending = Files.createDirectories(proc.resolve("700"));
    Files.writeString(ending.resolve("comm"), "dockerd\n");
    Files.writeString(ending.resolve("cmdline"), "dockerd\0");
    Files.writeString(ending.resolve("stat"), "");

    assertThat(find()).hasValue(BOOT.plusSeconds(1));
  }

  @ParameterizedTest
  @CsvSource({"500", "900"})
  void another_engine_in_the_place_of_the_one_found_last_is_noticed_at_once(int pid)
      throws IOException {
    EngineStart start = new EngineStart(proc);
    process(500, "dockerd", "S", 100, "dockerd");
    Files.writeString(run.resolve("docker.pid"), "500\n");
    assertThat(start.find(socket)).hasValue(BOOT.plusSeconds(1));
    assertThat(start.find(socket)).hasValue(BOOT.plusSeconds(1));

    process(500, "dockerd", "Z", 100, "dockerd");
    process(pid, "dockerd", "S", 200, "dockerd");
    Files.writeString(run.resolve("docker.pid"), pid + "\n");

    assertThat(start.find(socket)).hasValue(BOOT.plusSeconds(2));
  }

  @Test
  void names_and_arguments_that_are_not_utf_8_do_no_harm() throws IOException {
    process(500, "dockerd", "S", 100, "dockerd");
    Files.write(proc.resolve("500/cmdline"), new byte[] {'d', (byte) 0xff, 0, (byte) 0xc3});
    Files.write(proc.resolve("77/comm"), new byte[] {(byte) 0xff, '\n'});

    assertThat(find()).hasValue(BOOT.plusSeconds(1));
  }

  @Test
  void procfs_that_can_not_be_read_is_an_error_and_not_an_absent_engine() {
    assertThatThrownBy(() -> new EngineStart(proc.resolve("nowhere")).find(socket))
        .isInstanceOf(IOException.class);
  }

  private Optional<Instant> find() throws IOException {
    return new EngineStart(proc).find(socket);
  }

  private void uptime(String seconds) throws IOException {
    Files.writeString(proc.resolve("uptime"), seconds + " 3000.00\n");
  }

  private void process(int pid, String comm, String state, long startTime, String... arguments)
      throws IOException {
    Path process = Files.createDirectories(proc.resolve(Integer.toString(pid)));
    Files.writeString(process.resolve("comm"), comm + "\n");
    Files.writeString(process.resolve("cmdline"), String.join("\0", arguments) + "\0");
    Files.writeString(
        process.resolve("stat"),
        pid
            + " ("
            + comm
            + ") "
            + state
            + " 1 1 1 0 -1 4194560 9 9 9 9 9 9 9 9 20 0 25 0 "
            + startTime
            + " 2000000 5000\n");
  }
}
