package io.berth.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.policies.ContainerType;
import io.berth.policies.LimitKey;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastGoodBookTest {

  @TempDir private Path folder;

  @Test
  void without_a_copy_there_is_none() throws IOException {
    ConfigFolder config = new ConfigFolder(folder);

    assertThat(new LastGoodBook(config.state).of(config.main)).isEmpty();
  }

  @Test
  void a_copy_loads_as_the_original_did_with_the_files_beside_it() throws IOException {
    ConfigFolder config =
        new ConfigFolder(folder).write("45m").writeBeside("groups/lab.members", "ann\n");
    LastGoodBook lastGood = new LastGoodBook(config.state);

    lastGood.keep(load(config.main));
    Files.delete(config.main);

    PolicyBook copy = load(lastGood.of(config.main).orElseThrow());
    assertThat(copy.groupOf("ann")).contains("lab");
    var timeout = copy.limitsFor("bob", ContainerType.DOCKER).setting(LimitKey.IDLE_TIMEOUT);
    assertThat(timeout.value()).hasToString("45m");
    assertThat(timeout.from().file()).isEqualTo(config.state + "/last-good/berth.yaml");
  }

  @Test
  void the_copy_before_goes() throws IOException {
    ConfigFolder config = new ConfigFolder(folder).write("10m");
    LastGoodBook lastGood = new LastGoodBook(config.state);
    lastGood.keep(load(config.main));
    config.write("20m");
    lastGood.keep(load(config.main));

    assertThat(Files.readString(lastGood.of(config.main).orElseThrow())).contains("20m");
    try (Stream<Path> files = Files.list(config.state)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void what_a_crash_left_is_neither_used_nor_kept() throws IOException {
    ConfigFolder config = new ConfigFolder(folder).write("10m");
    LastGoodBook lastGood = new LastGoodBook(config.state);
    lastGood.keep(load(config.main));
    Path half = Files.createDirectory(config.state.resolve("last-good.7"));
    Files.writeString(half.resolve("berth.yaml"), "defaults: {idle");
    Files.createSymbolicLink(config.state.resolve("last-good.next"), half.getFileName());

    assertThat(Files.readString(lastGood.of(config.main).orElseThrow())).contains("10m");
    lastGood.keep(load(config.main));

    assertThat(half).doesNotExist();
    assertThat(Files.readString(lastGood.of(config.main).orElseThrow())).contains("10m");
  }

  @Test
  void a_copy_of_another_file_is_not_taken() throws IOException {
    ConfigFolder config = new ConfigFolder(folder).write("10m");
    LastGoodBook lastGood = new LastGoodBook(config.state);
    lastGood.keep(load(config.main));

    assertThat(lastGood.of(folder.resolve("other/berth.yaml"))).isEmpty();
  }

  private static PolicyBook load(Path main) {
    PolicyLoader.Loaded loaded = PolicyLoader.load(main);
    assertThat(loaded.book()).as("%s", List.copyOf(loaded.problems())).isNotNull();
    return Objects.requireNonNull(loaded.book());
  }
}
