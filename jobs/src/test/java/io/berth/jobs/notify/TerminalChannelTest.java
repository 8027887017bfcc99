package io.berth.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Owner;
import io.berth.jobs.container.UserDatabase.Answer;
import io.berth.jobs.host.Pty;
import io.berth.jobs.host.Terminals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminalChannelTest {

  @TempDir Path folder;

  private Delivery deliver(String user, Path dev) throws IOException {
    int own = (int) Files.getAttribute(folder, "unix:uid");
    Terminals terminals =
        new Terminals(
            dev,
            folder.resolve("utmp"),
            uid -> uid == own ? new Answer.Found("ada") : new Answer.NoSuchUser());
    Notice notice = Notice.test(user, Notices.NOW, Notices.BERLIN);
    return new TerminalChannel(terminals)
        .deliver(
            Message.of(notice),
            Notices.settings(true, null, List.of(), null, Duration.ofSeconds(30)));
  }

  @Test
  void the_message_appears_and_where_is_told() throws IOException {
    try (Pty open = Pty.open("rw--w----");
        Pty closed = Pty.open("rw-------")) {
      Delivery delivery = deliver("ada", Pty.dev(folder, open, closed));

      assertThat(delivery.result()).isEqualTo(Delivery.Result.DELIVERED);
      assertThat(delivery.detail())
          .isEqualTo(
              "to %s; not to %s: takes no messages (mesg n)".formatted(open.line(), closed.line()));
      assertThat(open.text())
          .isEqualTo(
              "\nBerth: this is a test. Warnings about your containers will come this way.\n");
      assertThat(closed.bytes()).isEmpty();
    }
  }

  @Test
  void where_it_can_not_go_the_reason_is_told() throws IOException {
    try (Pty closed = Pty.open("rw-------")) {
      Path dev = Pty.dev(folder, closed);
      assertThat(deliver("ada", dev))
          .isEqualTo(
              Delivery.notDelivered("terminal", closed.line() + ": takes no messages (mesg n)"));
      assertThat(deliver("bob", dev).detail())
          .startsWith("no terminal here is of a user of that name");
      assertThat(deliver(Owner.UNKNOWN_NAME, dev))
          .isEqualTo(Delivery.notDelivered("terminal", "the owner is unknown"));
    }
  }
}
