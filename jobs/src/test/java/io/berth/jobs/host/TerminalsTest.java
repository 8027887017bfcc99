package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.container.UserDatabase.Answer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminalsTest {

  private static final Path DEV = Path.of("/dev");
  private static final String OPEN = "rw--w----";
  private static final String MESG_N = "rw-------";
  private static final int USER_PROCESS = 7;
  private static final int DEAD_PROCESS = 8;

  @TempDir Path folder;

  /** Says that whoever runs this test is ada, and that nobody else is anybody. */
  private UserDatabase users() throws IOException {
    int own = (int) Files.getAttribute(folder, "unix:uid");
    return uid -> uid == own ? new Answer.Found("ada") : new Answer.NoSuchUser();
  }

  private Terminals terminals() throws IOException {
    return new Terminals(DEV, folder.resolve("utmp"), users());
  }

  private void login(int type, String... lines) throws IOException {
    ByteBuffer all =
        ByteBuffer.allocate(lines.length * Utmp.recordSize()).order(ByteOrder.nativeOrder());
    for (int i = 0; i < lines.length; i++) {
      all.putShort(i * Utmp.recordSize(), (short) type);
      all.put(i * Utmp.recordSize() + 8, lines[i].getBytes(ISO_8859_1));
    }
    Files.write(folder.resolve("utmp"), all.array());
  }

  @Test
  void a_message_appears_on_each_of_the_users_terminals() throws IOException {
    try (Pty one = Pty.open(OPEN);
        Pty two = Pty.open(OPEN)) {
      login(USER_PROCESS, one.line(), two.line());

      Terminals.Written written = terminals().write("ada", "\nYour time\nis up\n");

      assertThat(written.to()).containsExactly(one.line(), two.line());
      assertThat(written.notTo()).isEmpty();
      assertThat(one.text()).isEqualTo("\nYour time\nis up\n");
      assertThat(two.text()).isEqualTo("\nYour time\nis up\n");
    }
  }

  @Test
  void nothing_appears_on_anybody_elses() throws IOException {
    try (Pty one = Pty.open(OPEN)) {
      login(USER_PROCESS, one.line());

      Terminals.Written written = terminals().write("bob", "hello");

      assertThat(written.to()).isEmpty();
      assertThat(written.notTo()).isEmpty();
      assertThat(one.bytes()).isEmpty();
    }
  }

  @Test
  void whose_a_terminal_is_is_asked_again_when_it_is_open() throws IOException {
    try (Pty one = Pty.open(OPEN)) {
      login(USER_PROCESS, one.line());
      boolean[] asked = {false};
      UserDatabase moved =
          uid -> {
            Answer answer = new Answer.Found(asked[0] ? "bob" : "ada");
            asked[0] = true;
            return answer;
          };

      Terminals.Written written =
          new Terminals(DEV, folder.resolve("utmp"), moved).write("ada", "hello");

      assertThat(written.to()).isEmpty();
      assertThat(written.notTo()).containsExactly(one.line() + ": is another's by now");
      assertThat(one.bytes()).isEmpty();
    }
  }

  @Test
  void one_that_takes_no_messages_gets_none() throws IOException {
    try (Pty one = Pty.open(MESG_N)) {
      login(USER_PROCESS, one.line());

      Terminals.Written written = terminals().write("ada", "hello");

      assertThat(written.to()).isEmpty();
      assertThat(written.notTo()).containsExactly(one.line() + ": takes no messages (mesg n)");
      assertThat(one.bytes()).isEmpty();
    }
  }

  @Test
  void only_printing_ascii_and_line_ends_reach_a_terminal() throws IOException {
    try (Pty one = Pty.open(OPEN)) {
      login(USER_PROCESS, one.line());
      StringBuilder all = new StringBuilder();
      for (int point = 0; point < 0x3000; point++) {
        all.appendCodePoint(point == '\n' ? ' ' : point);
      }

      for (int from = 0; from < all.length(); from += 1_024) { // a terminal holds 4 KiB
        terminals().write("ada", all.substring(from, from + 1_024));
        assertThat(one.bytes()).hasSize(1_024).allMatch(shown -> shown >= 0x20 && shown < 0x7f);
      }
    }
  }

  @Test
  void one_that_is_stopped_or_full_holds_nothing_up() throws IOException {
    try (Pty stopped = Pty.open(OPEN);
        Pty full = Pty.open(OPEN);
        Pty after = Pty.open(OPEN)) {
      login(USER_PROCESS, stopped.line(), full.line(), after.line());
      stopped.halt();
      String much = "x".repeat(1_000_000);

      Terminals.Written first = terminals().write("ada", much);
      assertThat(first.to()).isEmpty();
      assertThat(first.notTo())
          .hasSize(3)
          .anyMatch(why -> why.startsWith(full.line() + ": is stopped or full: took "));

      assertThat(after.bytes()).isNotEmpty();
      Terminals.Written second = terminals().write("ada", "hello");
      assertThat(second.to()).contains(after.line()).doesNotContain(stopped.line());
      assertThat(second.notTo())
          .anyMatch(
              why ->
                  why.startsWith(stopped.line())
                      && why.contains("Resource temporarily unavailable"));
    }
  }

  @Test
  void what_is_no_terminal_is_not_written_to() throws IOException {
    Path dev = Files.createDirectory(folder.resolve("dev"));
    Path file = Files.createFile(Files.createDirectory(dev.resolve("pts")).resolve("1"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
    login(USER_PROCESS, "pts/1");

    Terminals.Written written =
        new Terminals(dev, folder.resolve("utmp"), users()).write("ada", "hello");

    assertThat(written.to()).isEmpty();
    assertThat(file).isEmptyFile();
  }

  @Test
  void a_login_that_is_over_and_a_line_that_leads_elsewhere_are_passed_over() throws IOException {
    login(DEAD_PROCESS, "pts/0");
    assertThat(Utmp.lines(folder.resolve("utmp"))).isEmpty();
    login(USER_PROCESS, "../tmp/x", "pts/../../tmp/x", ":0", "pts/" + "1".repeat(40), "tty1");
    assertThat(Utmp.lines(folder.resolve("utmp"))).containsExactly("pts/" + "1".repeat(28), "tty1");
    Files.write(folder.resolve("utmp"), new byte[Utmp.recordSize() - 1]);
    assertThat(Utmp.lines(folder.resolve("utmp"))).isEmpty();
  }

  @Test
  void a_terminal_that_is_closed_by_now_is_not_mentioned() throws IOException {
    login(USER_PROCESS, "pts/99999");

    Terminals.Written written = terminals().write("ada", "hello");

    assertThat(written).isEqualTo(new Terminals.Written(List.of(), List.of()));
  }

  @Test
  void a_user_database_that_does_not_answer_is_told() throws IOException {
    try (Pty one = Pty.open(OPEN)) {
      login(USER_PROCESS, one.line());
      UserDatabase down = uid -> new Answer.NoAnswer("it hangs");

      assertThat(new Terminals(DEV, folder.resolve("utmp"), down).write("ada", "x").notTo())
          .containsExactly(one.line() + ": whose it is can't be told: it hangs");
    }
  }

  @Test
  void where_there_is_no_utmp_or_an_empty_one_all_pseudo_terminals_are_looked_at()
      throws IOException {
    try (Pty one = Pty.open(OPEN)) {
      Terminals those = new Terminals(Pty.dev(folder, one), folder.resolve("utmp"), users());
      assertThat(those.write("ada", "a").to()).containsExactly(one.line());
      Files.createFile(folder.resolve("utmp"));
      assertThat(those.write("ada", "b").to()).containsExactly(one.line());
      login(USER_PROCESS, "tty99");
      assertThat(those.write("ada", "c").to()).isEmpty();

      assertThat(one.text()).isEqualTo("ab");
    }
  }

  @Test
  void a_host_without_pseudo_terminals_says_so() throws IOException {
    Terminals none = new Terminals(folder.resolve("dev"), folder.resolve("utmp"), users());

    assertThatThrownBy(() -> none.write("ada", "x")).isInstanceOf(NoSuchFileException.class);
  }
}
