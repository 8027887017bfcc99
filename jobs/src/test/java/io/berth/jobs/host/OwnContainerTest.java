package io.berth.jobs.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnContainerTest {

  private static final String OWN = "0a1b2c3d".repeat(8);
  private static final String OTHER = "f".repeat(64);

  /** A host: the second line is the shared memory of one of its containers. */
  private static final String HOST_MOUNTS =
      """
      22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
      99 22 0:51 / /var/lib/docker/containers/%s/mounts/shm rw - tmpfs shm rw
      98 22 8:1 /etc/hostname /etc/hostname rw - ext4 /dev/sda1 rw
      """
          .formatted(OTHER);

  @TempDir Path proc;

  @BeforeEach
  void a_plain_host() throws IOException {
    Files.createDirectories(proc.resolve("self"));
    cgroup("0::/system.slice/berthd.service\n");
    mountinfo(HOST_MOUNTS);
  }

  @Test
  void on_a_plain_host_there_is_none() throws IOException {
    assertThat(OwnContainer.id(proc)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "12:pids:/docker/ID\n11:cpu:/docker/ID\n",
        "5:devices:/\n1:name=systemd:/docker/ID\n0::/\n",
        "1:name=systemd:/system.slice/docker-ID.scope\n",
        "0::/system.slice/docker-ID.scope\n",
        "0::/docker/ID/system.slice/berthd.service\n",
        "0::/system.slice/docker-ID.scope/init.scope\n",
        "4:memory:/docker/OTHER/docker/ID\n",
        "3:cpu:/kubepods/burstable/pod1234-56/ID\n",
        "0::/../docker-ID.scope"
      })
  void the_control_group_names_it(String lines) throws IOException {
    cgroup(lines.replace("ID", OWN).replace("OTHER", OTHER));

    assertThat(OwnContainer.id(proc)).isEqualTo(OWN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/var/lib/docker/containers/ID/hostname /etc/hostname",
        "/docker/containers/ID/resolv.conf /etc/resolv.conf",
        "/containers/ID/hosts /etc/hosts"
      })
  void with_a_control_group_namespace_the_mounts_name_it(String mount) throws IOException {
    cgroup("0::/\n");
    mountinfo(
        HOST_MOUNTS + "640 600 8:1 " + mount.replace("ID", OWN) + " rw - ext4 /dev/sda1 rw\n");

    assertThat(OwnContainer.id(proc)).isEqualTo(OWN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/var/lib/docker/containers/ID/hostname /mnt/hostname",
        "/var/lib/docker/containers/short/hostname /etc/hostname",
        "/x/overlay-containers/ID/userdata/hostname /etc/hostname"
      })
  void other_mounts_name_nothing(String mount) throws IOException {
    mountinfo("640 600 8:1 " + mount.replace("ID", OWN) + " rw - ext4 /dev/sda1 rw\nshort line\n");

    assertThat(OwnContainer.id(proc)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0::/docker/0a1b2c3d", "0::/x/IDff", "0::/ID0", "", "\n", "garbage"})
  void what_only_looks_like_an_id_is_none(String lines) throws IOException {
    cgroup(lines.replace("ID", OWN));

    assertThat(OwnContainer.id(proc)).isNull();
  }

  @Test
  void a_kernel_without_control_groups_leaves_the_mounts() throws IOException {
    Files.delete(proc.resolve("self/cgroup"));

    assertThat(OwnContainer.id(proc)).isNull();
  }

  @Test
  void procfs_that_can_not_be_read_is_an_error_and_not_a_plain_host() {
    assertThatThrownBy(() -> OwnContainer.id(proc.resolve("nowhere")))
        .isInstanceOf(IOException.class);
  }

  private void cgroup(String text) throws IOException {
    Files.writeString(proc.resolve("self/cgroup"), text);
  }

  private void mountinfo(String text) throws IOException {
    Files.writeString(proc.resolve("self/mountinfo"), text);
  }
}
