package io.berth.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesWatchTest {

  @TempDir Path folder;
  private Path main;
  private FilesWatch watch;

  @BeforeEach
  void write() throws IOException {
    main = Files.writeString(folder.resolve("limits.yaml"), "a");
    watch = new FilesWatch(main);
  }

  @Test
  void a_change_is_told_once_when_the_files_are_quiet_again() throws IOException {
    assertThat(watch.changed()).isFalse();

    Files.writeString(main, "ab");
    assertThat(watch.changed()).isFalse();
    Files.writeString(main, "abc");
    assertThat(watch.changed()).isFalse();

    assertThat(watch.changed()).isTrue();
    assertThat(watch.changed()).isFalse();
  }

  @Test
  void side_files_count_that_come_change_and_go() throws IOException {
    for (String name : new String[] {"user-overrides.yaml", "groups/lab.members"}) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      watch.changed();
      watch.changed();

      Files.writeString(file, "x");
      watch.changed();
      assertThat(watch.changed()).as(name).isTrue();
      Files.delete(file);
      watch.changed();
      assertThat(watch.changed()).as(name).isTrue();
    }
  }

  @Test
  void what_is_changed_back_before_it_is_quiet_is_no_change() throws IOException {
    var before = Files.getLastModifiedTime(main);
    Files.writeString(main, "abc");
    watch.changed();
    Files.writeString(main, "a");
    Files.setLastModifiedTime(main, before);

    assertThat(watch.changed()).isFalse();
    assertThat(watch.changed()).isFalse();
  }
}
