package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.host.ContainerFiles.UnsuitableException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerFilesTest {

  private static final String FILE = "/workspace/.berth-alerts";
  private static final Instant THEN = Instant.parse("2026-11-21T18:05:12.123456Z");
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  @TempDir Path folder;
  private ContainerRoot inside;
  private ContainerFiles files;

  @BeforeEach
  void set() throws IOException {
    inside = ContainerRoot.in(folder);
    files = new ContainerFiles(inside.proc(), DEADLINE);
  }

  private void replace(String path, String content) throws IOException {
    files.replace(inside.container(), path, content.getBytes(UTF_8));
  }

  private void refuses(String path, String why) {
    assertThatThrownBy(() -> replace(path, "new"))
        .isInstanceOf(UnsuitableException.class)
        .hasMessageContaining(why);
  }

  private Path touch(String path) throws IOException {
    return Files.setLastModifiedTime(
        Files.writeString(inside.file(path), "old"), FileTime.from(THEN));
  }

  private List<String> workspace() throws IOException {
    try (Stream<Path> all = Files.list(inside.file("/workspace"))) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  // --- reading

  @Test
  void the_time_of_a_file_is_told() throws IOException {
    touch(FILE);

    assertThat(files.modifiedAt(inside.container(), FILE)).contains(THEN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/workspace/none", "/none/x", "/workspace/file/x", "/workspace/loose"})
  void where_there_is_no_file_there_is_no_time(String path) throws IOException {
    touch("/workspace/file");
    Files.createSymbolicLink(inside.file("/workspace/loose"), Path.of("/none"));

    assertThat(files.modifiedAt(inside.container(), path)).isEmpty();
  }

  @Test
  void a_directory_and_a_fifo_are_no_files() throws IOException, InterruptedException {
    fifo("/workspace/fifo");

    assertThat(files.modifiedAt(inside.container(), "/workspace")).isEmpty();
    assertThat(files.modifiedAt(inside.container(), "/workspace/fifo")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"/home/ada/keep", "../home/ada/keep", "../../../../../../home/ada/keep"})
  void a_link_is_followed_as_the_container_sees_it(String target) throws IOException {
    Files.createDirectories(inside.file("/home/ada"));
    touch("/home/ada/keep");
    Files.createSymbolicLink(inside.file("/workspace/keep"), Path.of(target));

    assertThat(files.modifiedAt(inside.container(), "/workspace/keep")).contains(THEN);
  }

  @Test
  void no_link_leads_out_of_the_container() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "of the host");
    Files.createSymbolicLink(inside.file("/workspace/absolute"), secret);
    Files.createSymbolicLink(inside.file("/workspace/relative"), Path.of("../../secret"));
    Files.createSymbolicLink(inside.file("/up"), folder);

    for (String path : List.of("/workspace/absolute", "/workspace/relative", "/up/secret")) {
      assertThat(files.modifiedAt(inside.container(), path)).as(path).isEmpty();
    }
    assertThat(files.modifiedAt(inside.container(), "/../secret")).isEmpty();
  }

  @Test
  void a_magic_link_is_not_followed() throws IOException {
    ContainerRoot host = ContainerRoot.ofHost(Files.createDirectory(folder.resolve("host")));
    host.retype("/proc", "proc", "ext4"); // so that the link alone stands in the way
    ContainerFiles there = new ContainerFiles(host.proc(), DEADLINE);

    assertThatThrownBy(() -> there.modifiedAt(host.container(), "/proc/self/cwd/pom.xml"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("errno 40");
  }

  // --- writing

  @Test
  void a_file_is_replaced_whole_and_can_be_read_by_all() throws IOException {
    touch(FILE);

    replace(FILE, "new");

    assertThat(inside.file(FILE)).hasContent("new");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(inside.file(FILE))))
        .isEqualTo("rw-r--r--");
    assertThat(workspace()).containsExactly(".berth-alerts");
  }

  @Test
  void a_new_file_is_made_but_no_directory() throws IOException {
    replace(FILE, "new");

    assertThat(inside.file(FILE)).hasContent("new");
    refuses("/none/file", "there is no directory /none/ in the container");
    refuses("/workspace/.berth-alerts/file", "there is no directory");
    assertThat(inside.file("/none")).doesNotExist();
  }

  @Test
  void nobody_who_has_the_old_file_open_or_linked_is_written_to() throws IOException {
    Path mine = touch("/mine");
    Files.createLink(inside.file(FILE), mine);

    replace(FILE, "new");

    assertThat(mine).hasContent("old");
    assertThat(inside.file(FILE)).hasContent("new");
  }

  @Test
  void a_directory_that_is_a_link_is_followed_within_the_container_only() throws IOException {
    Files.createDirectories(inside.file("/home/ada"));
    Files.createSymbolicLink(inside.file("/inner"), Path.of("/home/ada"));
    Files.createSymbolicLink(inside.file("/outer"), folder);

    replace("/inner/alerts", "new");

    assertThat(inside.file("/home/ada/alerts")).hasContent("new");
    refuses("/outer/alerts", "there is no directory");
    assertThat(folder.resolve("alerts")).doesNotExist();
  }

  @Test
  void a_link_in_the_place_of_the_file_stays() throws IOException {
    Path target = touch("/target");
    Files.createSymbolicLink(inside.file(FILE), Path.of("/target"));

    refuses(FILE, "is a link");

    assertThat(target).hasContent("old");
    assertThat(Files.isSymbolicLink(inside.file(FILE))).isTrue();
  }

  @Test
  void a_fifo_or_a_directory_in_the_place_of_the_file_stays()
      throws IOException, InterruptedException {
    fifo(FILE);
    refuses(FILE, "something else than a regular file");
    assertThat(Files.readAttributes(inside.file(FILE), "isOther")).containsEntry("isOther", true);

    refuses("/workspace", "something else than a regular file");
    assertThat(workspace()).containsExactly(".berth-alerts");
  }

  @Test
  void what_a_crash_left_behind_is_cleared_and_not_written_through() throws IOException {
    Path target = touch("/target");
    String left = ".berth-" + inside.container().shortId() + ".new";
    Files.createSymbolicLink(inside.file("/workspace/" + left), Path.of("/target"));

    replace(FILE, "new");

    assertThat(target).hasContent("old");
    assertThat(workspace()).containsExactly(".berth-alerts");
  }

  @Test
  void a_failure_leaves_nothing_behind() throws IOException {
    touch(FILE);

    assertThatThrownBy(() -> replace("/workspace/" + "x".repeat(256), "new"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("errno 36");

    assertThat(workspace()).containsExactly(".berth-alerts");
  }

  @Test
  void a_disk_that_is_full_is_told_and_nothing_is_left_on_it() throws IOException {
    try (TestMount small = TestMount.small(Files.createDirectory(folder.resolve("small")))) {
      inside = ContainerRoot.in(small.point());
      files = new ContainerFiles(inside.proc(), DEADLINE);
      touch(FILE);

      assertThatThrownBy(() -> replace(FILE, "x".repeat(1_000_000)))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(UnsuitableException.class)
          .hasMessageContaining("No space left");

      assertThat(workspace()).containsExactly(".berth-alerts");
      assertThat(inside.file(FILE)).hasContent("old");
    }
  }

  @Test
  void a_name_of_any_letters_and_of_the_greatest_length_will_do() throws IOException {
    String path = "/workspace/m\u00fcll-\u65e5\u672c " + "x".repeat(230);

    replace(path, "new");

    assertThat(files.modifiedAt(inside.container(), path)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"relative", "", "/", "/workspace/"})
  void what_is_no_path_of_a_file_is_refused(String path) {
    assertThatThrownBy(() -> replace(path, "new")).hasMessageContaining("not the absolute path");
  }

  @Test
  void a_huge_path_or_one_with_a_zero_byte_is_refused() {
    assertThatThrownBy(() -> replace("/x".repeat(100_000), "new"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("errno 36");
    assertThatThrownBy(() -> files.modifiedAt(inside.container(), "/a\0b"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("zero byte");
  }

  // --- mounts

  @ParameterizedTest
  @CsvSource({
    "/workspace, nfs4, rw, not known to be local",
    "/workspace, fuse.sshfs, rw, not known to be local",
    "/workspace, tmpfs, rw, gone with the container's stop",
    "/workspace, ext4, ro, read-only",
    "/, overlay, ro, read-only",
  })
  void a_mount_that_does_not_suit_is_not_written_to(
      String point, String type, String options, String why) throws IOException {
    inside.mount(point, type, options);

    refuses(FILE, why);
    assertThat(workspace()).isEmpty();
  }

  @Test
  void a_network_mount_is_not_read_and_a_tmpfs_or_a_read_only_one_is() throws IOException {
    touch(FILE);
    inside.mount("/workspace", "tmpfs", "rw");
    assertThat(files.modifiedAt(inside.container(), FILE)).contains(THEN);
    inside.mount("/workspace", "ext4", "ro");
    assertThat(files.modifiedAt(inside.container(), FILE)).contains(THEN);
    inside.mount("/workspace", "nfs4", "rw");
    assertThatThrownBy(() -> files.modifiedAt(inside.container(), FILE))
        .isInstanceOf(UnsuitableException.class)
        .hasMessageContaining("is on nfs4");
  }

  @Test
  void a_file_that_is_a_mount_itself_can_not_be_replaced() throws IOException {
    touch(FILE);
    inside.mount(FILE, "ext4", "rw");

    refuses(FILE, "is a mount of its own");
  }

  @Test
  void a_link_onto_another_mount_is_found_out_by_the_mount() throws IOException {
    Path memory = Path.of("/dev/shm");
    FileStore store = Files.getFileStore(memory);
    assumeTrue(store.type().equals("tmpfs"), "needs a tmpfs at /dev/shm");
    ContainerRoot host = ContainerRoot.ofHost(Files.createDirectory(folder.resolve("host")));
    ContainerFiles there = new ContainerFiles(host.proc(), DEADLINE);
    Path made = memory.resolve("berth-test-" + UUID.randomUUID());
    Files.createSymbolicLink(folder.resolve("link"), memory);
    host.retype("/dev/shm", "tmpfs", "nfs4");
    String path = folder.resolve("link").resolve(made.getFileName()).toString();

    assertThatThrownBy(() -> there.replace(host.container(), path, new byte[1]))
        .isInstanceOf(UnsuitableException.class)
        .hasMessageContaining("is on nfs4");
    assertThat(made).doesNotExist();
    String link = folder.resolve("link").toString();
    assertThatThrownBy(() -> there.modifiedAt(host.container(), link))
        .isInstanceOf(UnsuitableException.class)
        .hasMessageContaining("is on nfs4");

    host.retype("/dev/shm", "nfs4", "tmpfs");
    assertThatThrownBy(() -> there.replace(host.container(), made.toString(), new byte[1]))
        .isInstanceOf(UnsuitableException.class)
        .hasMessageContaining("is on tmpfs");
  }

  @Test
  void what_lies_on_no_mount_of_the_container_is_left_alone() throws IOException {
    touch(FILE);
    inside.mount("/", "ext4", "rw");
    Path mountinfo = inside.proc().resolve("4242/mountinfo");
    Files.writeString(mountinfo, "2147483647 1 0:50 / / rw - ext4 none rw\n");

    refuses(FILE, "is on no mount of the container");
  }

  @Test
  void a_mount_that_hangs_costs_its_own_container_one_thread() throws IOException {
    touch(FILE);
    Path point = Files.createDirectory(inside.file("/workspace/hung"));
    ContainerRoot next = ContainerRoot.in(Files.createDirectory(folder.resolve("next")));
    files = new ContainerFiles(inside.proc(), Duration.ofMillis(200));
    ContainerFiles others = new ContainerFiles(next.proc(), DEADLINE);

    try (TestMount hung = TestMount.hung(point)) { // and mountinfo does not tell
      assertThatThrownBy(
              () -> files.modifiedAt(inside.container(), inside.path(hung.point()) + "/x"))
          .hasMessage("no answer within 200ms");
      assertThatThrownBy(() -> files.modifiedAt(inside.container(), FILE))
          .hasMessageContaining("an earlier access hangs");
      others.replace(next.container(), FILE, new byte[1]);
    }

    await()
        .untilAsserted(() -> assertThat(files.modifiedAt(inside.container(), FILE)).contains(THEN));
  }

  @Test
  void a_fuse_mount_that_is_known_is_never_looked_into() throws IOException {
    Path point = Files.createDirectory(folder.resolve("hung"));
    try (TestMount hung = TestMount.hung(point)) {
      ContainerRoot host = ContainerRoot.ofHost(Files.createDirectory(folder.resolve("host")));
      String path = hung.point().resolve("x").toString();

      assertThatThrownBy(
              () -> new ContainerFiles(host.proc(), DEADLINE).modifiedAt(host.container(), path))
          .isInstanceOf(UnsuitableException.class)
          .hasMessageContaining("is on fuse");
    }
  }

  // --- the process

  @Test
  void a_process_that_is_another_containers_by_now_is_left_alone() throws IOException {
    inside.inCgroupOf("f".repeat(64));

    refuses(FILE, "process 4242 is not the container's (any more)");
    assertThat(workspace()).isEmpty();
  }

  @Test
  void a_process_of_the_host_is_left_alone() throws IOException {
    Files.writeString(inside.proc().resolve("4242/cgroup"), "0::/system.slice/sshd.service\n");

    refuses(FILE, "process 4242 is not the container's (any more)");
  }

  @Test
  void a_container_without_a_process_is_not_running() {
    Container gone = Containers.from(inside.container()).pid(4243).build();
    Container stopped = Containers.exited("done").build();

    assertThatThrownBy(() -> files.modifiedAt(gone, FILE))
        .isInstanceOf(UnsuitableException.class)
        .hasMessage("the container does not run any more");
    assertThatThrownBy(() -> files.replace(stopped, FILE, new byte[1]))
        .isInstanceOf(UnsuitableException.class)
        .hasMessage("the container does not run");
  }

  @Test
  void a_kernel_that_is_too_old_is_told() {
    Libc.Failure old = new Libc.Failure("open /proc/1", Libc.ENOSYS);

    assertThat(ContainerFiles.explained(old)).hasMessageContaining("Linux 5.6 or newer is needed");
    Libc.Failure other = new Libc.Failure("open /proc/1", Libc.ELOOP);
    assertThat(ContainerFiles.explained(other)).isSameAs(other);
  }

  @Test
  void nothing_stays_open() throws IOException {
    touch(FILE);
    long before = openFiles();
    for (int i = 0; i < 50; i++) {
      replace(FILE, "new");
      assertThat(files.modifiedAt(inside.container(), FILE)).isPresent();
      refuses("/none/x", "no directory");
    }
    assertThat(openFiles()).isLessThan(before + 25);
  }

  private static long openFiles() throws IOException {
    try (Stream<Path> all = Files.list(Libc.OPEN_FILES)) {
      return all.count();
    }
  }

  private void fifo(String path) throws IOException, InterruptedException {
    Process mkfifo = new ProcessBuilder("mkfifo", inside.file(path).toString()).start();
    assertThat(mkfifo.waitFor()).as("mkfifo").isZero();
    assertThat(Files.exists(inside.file(path), LinkOption.NOFOLLOW_LINKS)).isTrue();
  }
}
