package io.berth.jobs.activity;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel's files in the forms that drivers and versions give them. */
class HostCountersTest {

  private static final Container TRAIN = Containers.running("train").pid(42).build();
  private static final String ID = TRAIN.id();

  @TempDir Path folder;

  private Measure cpu() {
    return counters().cpu(TRAIN);
  }

  private Measure network() {
    return counters().network(TRAIN);
  }

  private HostCounters counters() {
    return new HostCounters(folder.resolve("proc"), folder.resolve("cgroup"));
  }

  private void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  /** What the process' cgroup file says, and where its counter is then. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0::/docker/ID                               | docker/ID/cpu.stat",
        "0::/system.slice/docker-ID.scope            | system.slice/docker-ID.scope/cpu.stat",
        "0::/system.slice/docker-ID.scope/init.scope | system.slice/docker-ID.scope/cpu.stat",
        "0::/docker/ID/docker/INNER                  | docker/ID/cpu.stat",
        "3:cpu,cpuacct:/docker/ID                    | cpu,cpuacct/docker/ID/cpuacct.usage",
        "3:cpuacct,cpu:/docker/ID                    | cpuacct/docker/ID/cpuacct.usage",
        "2:cpuacct:/system.slice/docker-ID.scope     | cpuacct/system.slice/docker-ID.scope/cpuacct.usage",
      })
  void the_counter_is_that_of_the_containers_whole_cgroup(String line, String file)
      throws IOException {
    String before = line.startsWith("0") ? "" : "4:memory:/docker/" + ID + "\n1:cpu:/x\n";
    write("proc/42/cgroup", before + line.replace("ID", ID) + "\n");
    write(
        "cgroup/" + file.replace("ID", ID),
        file.endsWith("usage")
            ? "7000123000\n"
            : "nr_periods 1\nusage_usec 7000123\nuser_usec 2\n");

    assertThat(cpu()).isEqualTo(Measure.known(7_000_123));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0::/\n", "0::/docker/another\n", "", "1:cpu:/docker/x\n"})
  void a_process_that_is_not_the_containers_any_more_tells_nothing(String cgroup)
      throws IOException {
    write("proc/42/cgroup", cgroup);
    write("cgroup/cpu.stat", "usage_usec 1\n");

    assertThat(cpu().isUnknown()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "user_usec 3\n", "usage_usec x\n"})
  void a_counter_that_makes_no_sense_is_unknown(String stat) throws IOException {
    write("proc/42/cgroup", "0::/docker/" + ID + "\n");
    write("cgroup/docker/" + ID + "/cpu.stat", stat);

    assertThat(cpu().isUnknown()).isTrue();
  }

  @Test
  void traffic_is_counted_without_loopback() throws IOException {
    write(
        "proc/42/net/dev",
        """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:  500000     10    0    0    0     0          0         0   500000      10    0    0    0     0       0          0
          eth0: 1000 4 0 0 0 0 0 0 20 2 0 0 0 0 0 0
          eth1:3 1 0 0 0 0 0 0 4 1 0 0 0 0 0 0
        """);

    assertThat(network()).isEqualTo(Measure.known(1027));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\nb\neth0: 1 2 3\n", "a\nb\neth0\n", "a\nb\neth0: x 1 1 1 1 1 1 1 1\n"})
  void traffic_that_makes_no_sense_is_unknown(String dev) throws IOException {
    write("proc/42/net/dev", dev);

    assertThat(network().isUnknown()).isTrue();
  }

  @Test
  void without_the_files_both_are_unknown() {
    assertThat(cpu().isUnknown()).isTrue();
    assertThat(network().isUnknown()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"12.5", "?0.0 the clock went back", "?80.0 why: 3", "- host", "0.0"})
  void a_measure_is_the_same_after_the_ledger_had_it(String text) {
    assertThat(MeasureText.of(MeasureText.parse(text))).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "?", "? ", "?x why"})
  void a_measure_that_the_ledger_garbles_is_unknown(String text) {
    assertThat(MeasureText.parse(text).isUnknown()).isTrue();
  }
}
