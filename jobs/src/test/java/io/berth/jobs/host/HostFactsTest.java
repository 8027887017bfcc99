package io.berth.jobs.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostFactsTest {

  @TempDir Path proc;

  @Test
  void the_boot_id_and_the_boot_time_are_the_kernels() throws IOException {
    write("sys/kernel/random/boot_id", "7d3c0ab2-0000-4e63-9d50-6f8e1f1c2a3b\n");
    write("stat", "cpu  1 2 3\nintr 5 btime 9\nctxt 99\nbtime 1772438400\nprocesses 7\n");
    HostFacts facts = new HostFacts(proc);

    assertThat(facts.bootId()).isEqualTo("7d3c0ab2-0000-4e63-9d50-6f8e1f1c2a3b");
    assertThat(facts.bootTime()).isEqualTo(Instant.parse("2026-03-02T08:00:00Z"));
  }

  @Test
  void what_is_not_there_is_an_error_and_no_guess() throws IOException {
    HostFacts facts = new HostFacts(proc);

    assertThatThrownBy(facts::bootId).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(facts::bootTime).isInstanceOf(NoSuchFileException.class);
    write("sys/kernel/random/boot_id", "\n");
    write("stat", "cpu  1 2 3\n");
    assertThatThrownBy(facts::bootId).hasMessageContaining("is empty");
    assertThatThrownBy(facts::bootTime).hasMessageContaining("no line btime");
  }

  @Test
  void this_host_answers() throws IOException {
    HostFacts facts = new HostFacts(Path.of("/proc"));

    assertThat(facts.bootId()).isEqualTo(facts.bootId()).hasSize(36);
    assertThat(facts.bootTime()).isAfter(Instant.parse("2020-01-01T00:00:00Z"));
  }

  private void write(String path, String text) throws IOException {
    Path file = proc.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
