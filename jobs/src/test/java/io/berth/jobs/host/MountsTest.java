package io.berth.jobs.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MountsTest {

  @TempDir Path folder;
  private Mounts mounts;

  @BeforeEach
  void read() throws IOException {
    mounts =
        of(
            """
            100 1 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/a
            101 100 0:51 / /proc rw - proc proc rw
            102 100 254:0 /srv/ada /workspace rw,relatime shared:7 master:2 - ext4 /dev/vda rw
            103 102 0:52 / /workspace/share rw - nfs4 server:/share rw,vers=4.2
            104 100 0:53 / /works ro,relatime - xfs /dev/sdb rw
            105 100 0:54 / /media/a\\040b\\134c rw - vfat /dev/sdc ro,noatime
            106 100 0:55 / /twice rw - ext4 /dev/vda rw
            107 106 0:56 / /twice rw - tmpfs tmpfs rw
            108 100 0:57 / /m\u00fcll rw - fuse.sshfs me@there: rw
            """);
  }

  private Mounts of(String text) throws IOException {
    Path file = folder.resolve("mountinfo");
    Files.writeString(file, text);
    return Mounts.read(file);
  }

  @ParameterizedTest
  @CsvSource({
    "/, 100",
    "/etc/passwd, 100",
    "/workspace, 102",
    "/workspace/.berth-alerts, 102",
    "/workspace/share/x, 103",
    "/workspace/shared/x, 102",
    "/workspaces/x, 100",
    "/works/x, 104",
    "'/media/a b\\c/x', 105",
    "/twice/x, 107",
    "/m\u00fcll/x, 108",
  })
  void the_longest_mount_point_holds_a_path(String path, String id) {
    assertThat(mounts.holding(path)).map(Mounts.Mount::id).contains(id);
  }

  @ParameterizedTest
  @CsvSource({
    "/, true, true",
    "/workspace, true, true",
    "/workspace/share, false, false",
    "/proc, false, false",
    "/works, true, false",
    "'/media/a b\\c', true, false",
    "/twice, true, false",
    "/m\u00fcll, false, false",
  })
  void only_local_disks_that_can_be_written_to_are_written_to(
      String path, boolean reading, boolean writing) {
    Mounts.Mount mount = mounts.holding(path).orElseThrow();

    assertThat(mount.againstReading().isEmpty()).isEqualTo(reading);
    assertThat(mount.againstWriting().isEmpty()).isEqualTo(writing);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "ceph",
        "9p",
        "lustre",
        "gpfs",
        "beegfs",
        "afs",
        "autofs",
        "fuse",
        "fuse.sshfs",
        "fuseblk",
        "virtiofs",
        "proc",
        "devpts",
        "made-up"
      })
  void a_file_system_that_may_wait_for_others_is_neither_read_nor_written(String type)
      throws IOException {
    Mounts.Mount mount = of("1 0 0:1 / / rw - " + type + " x rw\n").holding("/x").orElseThrow();

    assertThat(mount.againstReading()).hasValueSatisfying(why -> assertThat(why).contains(type));
    assertThat(mount.againstWriting()).isPresent();
  }

  @Test
  void lines_that_make_no_sense_are_no_mounts() throws IOException {
    assertThat(of("\n1 2\nx - \n- - -\n").holding("/x")).isEmpty();
  }

  @Test
  void this_process_has_a_mount_at_its_root() throws IOException {
    assertThat(Mounts.read(Path.of("/proc/self/mountinfo")).holding("/")).isPresent();
  }
}
