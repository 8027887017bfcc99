package io.berth.jobs.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessesTest {

  private static final String ID = "0123456789abcdef".repeat(4);

  /** Fields 3 to 24, of which the 22nd is 421777. */
  private static final String AFTER_NAME =
      "S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 421777 10 11";

  @TempDir Path proc;

  private void process(int pid, String name, String cgroup) throws IOException {
    Path dir = Files.createDirectories(proc.resolve(Integer.toString(pid)));
    Files.writeString(
        dir.resolve("stat"), pid + " (" + name + ") " + AFTER_NAME, StandardCharsets.UTF_8);
    Files.writeString(dir.resolve("cgroup"), cgroup, StandardCharsets.UTF_8);
  }

  @Test
  void a_process_is_placed_by_its_cgroup() throws IOException {
    process(42, "python", "0::/docker/" + ID + "\n");

    assertThat(new Processes(proc).placeOf(42)).isEqualTo(new ProcessPlace.Container(ID));
  }

  /** In a pid namespace of its own it is pid 1; the host's pid is what NVML and /proc tell. */
  @Test
  void a_process_in_nested_pid_namespaces_is_placed_by_its_pid_of_the_host() throws IOException {
    process(314159, "python", "0::/docker/" + ID + "/nested\n");
    Files.writeString(proc.resolve("314159/status"), "NSpid:\t314159\t17\t1\n");

    assertThat(new Processes(proc).placeOf(314159)).isEqualTo(new ProcessPlace.Container(ID));
  }

  @Test
  void a_pid_that_nobody_has_is_gone() {
    assertThat(new Processes(proc).placeOf(42)).isEqualTo(new ProcessPlace.Gone());
    assertThat(new Processes(proc).startTicks(42)).isEmpty();
  }

  @Test
  void a_process_whose_cgroup_can_not_be_read_is_unknown() throws IOException {
    process(42, "python", "");
    Files.delete(proc.resolve("42/cgroup"));
    Files.createDirectory(proc.resolve("42/cgroup"));

    assertThat(new Processes(proc).placeOf(42)).isInstanceOf(ProcessPlace.Unknown.class);
  }

  @Test
  void a_cgroup_of_any_bytes_can_be_read() throws IOException {
    process(42, "python", "");
    byte[] line = ("0::/?/docker/" + ID + "\n").getBytes(StandardCharsets.ISO_8859_1);
    line[4] = (byte) 0xff;
    Files.write(proc.resolve("42/cgroup"), line);

    assertThat(new Processes(proc).placeOf(42)).isEqualTo(new ProcessPlace.Container(ID));
  }

  @ParameterizedTest
  @ValueSource(strings = {"python", "a b", "evil) R 1 2 3 (", ")", "", "näme"})
  void the_start_is_read_whatever_the_process_calls_itself(String name) throws IOException {
    process(42, name, "0::/\n");

    assertThat(new Processes(proc).startTicks(42)).hasValue(421777);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "42 (x) S 1", "42 (x) S 1 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 9 0 x 1"})
  void a_start_that_makes_no_sense_is_none(String stat) throws IOException {
    process(42, "x", "0::/\n");
    Files.writeString(proc.resolve("42/stat"), stat);

    assertThat(new Processes(proc).startTicks(42)).isEmpty();
  }

  @Test
  void this_very_process_can_be_read() {
    int self = Math.toIntExact(ProcessHandle.current().pid());
    Processes processes = new Processes(Path.of("/proc"));

    assertThat(processes.placeOf(self)).isNotInstanceOf(ProcessPlace.Gone.class);
    assertThat(processes.startTicks(self)).isPresent().isEqualTo(processes.startTicks(self));
  }
}
