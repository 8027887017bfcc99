package io.berth.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.berth.jobs.notify.Delivery.Result;
import io.berth.policies.PolicyBook.Notifications;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandChannelTest {

  @TempDir Path folder;
  private final CommandChannel channel = new CommandChannel();
  private final Message message = Message.of(Notices.warning());

  private Delivery run(String... command) throws IOException, InterruptedException {
    return channel.deliver(message, Notices.command(command));
  }

  private Delivery sh(String script) throws IOException, InterruptedException {
    return run("/bin/sh", "-c", script);
  }

  @Test
  void the_event_is_on_its_input_and_the_line_is_taken_as_it_is()
      throws IOException, InterruptedException {
    Path seen = folder.resolve("seen");

    Delivery delivery = run("/usr/bin/tee", seen.toString(), folder + "/$(id) ; x");

    assertThat(delivery).isEqualTo(Delivery.delivered("command", "to /usr/bin/tee"));
    assertThat(seen).hasContent(message.json());
    assertThat(folder.resolve("$(id) ; x")).exists();
  }

  @Test
  void its_environment_and_folder_tell_nothing_of_the_daemon()
      throws IOException, InterruptedException {
    assertThat(sh("/usr/bin/env -u PWD -u _ -u SHLVL -u OLDPWD | sort >&2; pwd; exit 1").detail())
        .isEqualTo(
            "/bin/sh ended with exit code 1: LANG=C.UTF-8?PATH="
                + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin?/");
  }

  @Test
  void one_that_fails_is_told_with_its_words_cut_and_cleaned()
      throws IOException, InterruptedException {
    Delivery delivery = sh("printf '\\033[2Jno such room\\n'; seq 1 1000000; exit 3");

    assertThat(delivery.result()).isEqualTo(Result.FAILED);
    assertThat(delivery.detail())
        .startsWith("/bin/sh ended with exit code 3: ?[2Jno such room?1?2?3")
        .doesNotContain("\u001b")
        .hasSizeLessThan(400);
  }

  @Test
  void one_that_does_not_exist_says_so() {
    assertThatThrownBy(() -> run("/no/such/command"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/no/such/command");
  }

  @Test
  void one_that_ignores_its_input_is_held_up_by_nothing() throws IOException, InterruptedException {
    Message long_ =
        new Message(message.notice(), message.text(), "{\"x\":\"" + "x".repeat(1_000_000) + "\"}");

    assertThat(channel.deliver(long_, Notices.command("/bin/true")).result())
        .isEqualTo(Result.DELIVERED);
  }

  @Test
  void one_that_leaves_a_child_with_its_output_behind_is_not_waited_for()
      throws IOException, InterruptedException {
    Path pid = folder.resolve("pid");

    Delivery delivery = sh("tail -f /dev/null & echo $! > " + pid);

    assertThat(delivery.result()).isEqualTo(Result.DELIVERED);
    process(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  @Test
  void one_that_hangs_is_killed_with_its_children() {
    Path child = folder.resolve("child");
    givenUp("sleep 600 & echo $! > %1$s.new; mv %1$s.new %1$s; wait", child);
  }

  @Test
  void one_that_floods_its_output_is_ended_as_well() {
    Path self = folder.resolve("self");
    givenUp("echo $$ > %1$s.new; mv %1$s.new %1$s; exec yes", self);
  }

  /** Runs a script until it has written a process id, and gives it up as a time limit does. */
  private void givenUp(String script, Path pid) {
    Notifications settings = Notices.command("/bin/sh", "-c", script.formatted(pid));
    CompletableFuture<List<Delivery>> deliveries;
    try (Notifier notifier = new Notifier(() -> settings, List.of(channel), (notice, told) -> {})) {
      deliveries = notifier.deliver(message.notice());
      await().until(() -> Files.exists(pid));
    }

    assertThat(deliveries.join().get(0).result()).isEqualTo(Result.FAILED);
    await().until(() -> !isAlive(pid));
  }

  @Test
  void nothing_is_left_in_the_folder_for_temporary_files()
      throws IOException, InterruptedException {
    long before = notices();
    sh("exit 1");
    assertThat(notices()).isLessThanOrEqualTo(before);
  }

  private static long notices() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir", "/tmp")))) {
      return all.filter(path -> path.getFileName().toString().startsWith("berth-notice-")).count();
    }
  }

  private static Optional<ProcessHandle> process(Path file) throws IOException {
    return ProcessHandle.of(Long.parseLong(Files.readString(file).strip()));
  }

  private static boolean isAlive(Path file) throws IOException {
    return process(file).map(ProcessHandle::isAlive).orElse(false);
  }
}
