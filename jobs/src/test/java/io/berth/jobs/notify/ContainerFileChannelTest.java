package io.berth.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.container.Containers;
import io.berth.jobs.host.ContainerFiles;
import io.berth.jobs.host.ContainerRoot;
import io.berth.jobs.notify.Notice.Why;
import io.berth.policies.PolicyBook.Notifications;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerFileChannelTest {

  private static final String FILE = "/workspace/.berth-alerts";
  private static final Notifications SETTINGS =
      Notices.settings(false, FILE, List.of(), null, Duration.ofSeconds(30));

  @TempDir Path folder;
  private ContainerRoot inside;
  private ContainerFileChannel channel;

  @BeforeEach
  void setUp() throws IOException {
    inside = ContainerRoot.in(folder);
    channel = channel(EarlierAlerts.NONE);
  }

  private ContainerFileChannel channel(EarlierAlerts earlier) {
    return new ContainerFileChannel(
        new ContainerFiles(inside.proc(), Duration.ofSeconds(30)), earlier);
  }

  private Delivery deliver(Notice notice) throws IOException {
    return channel.deliver(Message.of(notice), SETTINGS);
  }

  private Notice alert(int number) {
    Notice warning = Notices.warning(inside.container());
    return new Notice(
        warning.kind(),
        warning.at(),
        warning.zone(),
        warning.source(),
        warning.owner(),
        warning.about(),
        warning.plan(),
        new Why("idle_timeout", "alert number " + number + ".", Map.of()));
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(inside.file(FILE));
  }

  @Test
  void the_alert_stands_in_the_file_with_its_time() throws IOException {
    assertThat(deliver(alert(1)))
        .isEqualTo(Delivery.delivered("container_file", "to " + FILE + " in the container"));

    assertThat(lines())
        .startsWith(
            "Berth's last alerts for container train, the newest at the end",
            "",
            "Sat 21 Nov 2026 17:53:00 CET")
        .contains("  Why: alert number 1.");
  }

  @Test
  void the_last_twenty_are_kept_with_those_that_could_not_be_written() throws IOException {
    for (int i = 1; i <= 20; i++) {
      deliver(alert(i));
    }
    inside.mount("/workspace", "nfs4", "rw");
    deliver(alert(21));
    inside.mount("/workspace", "ext4", "rw");
    deliver(alert(22));

    assertThat(lines().stream().filter(line -> line.contains("alert number")))
        .hasSize(20)
        .startsWith("  Why: alert number 3.")
        .endsWith("  Why: alert number 21.", "  Why: alert number 22.");
  }

  @Test
  void after_a_restart_the_earlier_ones_are_those_of_the_journal() throws IOException {
    List<String> told = IntStream.rangeClosed(1, 20).mapToObj(i -> alert(i).alert()).toList();
    channel = channel((id, most) -> id.equals(inside.container().id()) ? told : List.of());

    deliver(alert(21));
    deliver(alert(22));

    assertThat(lines().stream().filter(line -> line.contains("alert number")))
        .hasSize(20)
        .startsWith("  Why: alert number 3.")
        .endsWith("  Why: alert number 21.", "  Why: alert number 22.");
  }

  @Test
  void one_containers_alerts_are_not_anothers() throws IOException {
    deliver(Notices.warning(Containers.exited("other").build()));
    deliver(alert(1));

    assertThat(String.join("\n", lines())).doesNotContain("other");
  }

  @Test
  void a_target_that_does_not_suit_counts_as_not_delivered() throws IOException {
    inside.mount("/workspace", "tmpfs", "rw");

    assertThat(deliver(alert(1)))
        .isEqualTo(
            Delivery.notDelivered(
                "container_file", FILE + " is on tmpfs, which is gone with the container's stop"));
    assertThat(deliver(Notices.warning(Containers.exited("done").build())).detail())
        .isEqualTo("the container does not run");
    assertThat(deliver(Notice.test("ada", Notices.NOW, Notices.BERLIN)).detail())
        .isEqualTo("a test is about no container");
  }

  @Test
  void what_is_broken_is_a_failure() throws IOException {
    Files.delete(inside.proc().resolve("4242/mountinfo"));

    assertThatThrownBy(() -> deliver(alert(1))).isInstanceOf(IOException.class);
  }
}
