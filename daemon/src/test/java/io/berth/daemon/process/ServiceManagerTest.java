package io.berth.daemon.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceManagerTest {

  private static final long PID = 4711;

  @TempDir private Path folder;

  @Test
  void every_message_is_one_datagram_in_the_words_of_the_protocol() {
    String socket = folder.resolve("notify").toString();
    try (UnixReceiver systemd = new UnixReceiver(socket)) {
      ServiceManager manager = manager(Map.of("NOTIFY_SOCKET", socket));

      manager.ready("observe");
      assertThat(systemd.next()).isEqualTo("READY=1\nSTATUS=observe");
      manager.reloading();
      assertThat(systemd.next()).isEqualTo("RELOADING=1\nMONOTONIC_USEC=5000000");
      manager.status("two\nlines");
      assertThat(systemd.next()).isEqualTo("STATUS=two lines");
      manager.alive();
      assertThat(systemd.next()).isEqualTo("WATCHDOG=1");
      manager.stopping();
      assertThat(systemd.next()).startsWith("STOPPING=1\nSTATUS=");
    }
  }

  @Test
  void an_abstract_socket_is_reached_as_well() {
    String socket = "@berth-test/" + UUID.randomUUID();
    try (UnixReceiver systemd = new UnixReceiver(socket)) {
      manager(Map.of("NOTIFY_SOCKET", socket)).alive();

      assertThat(systemd.next()).isEqualTo("WATCHDOG=1");
    }
  }

  @ParameterizedTest
  @CsvSource({"''", "relative", "/nobody/is/there", "@nobody-is-there-berth", "@"})
  void without_a_socket_nothing_is_said_and_nothing_fails(String socket) {
    ServiceManager manager = manager(Map.of("NOTIFY_SOCKET", socket));

    assertThatCode(() -> manager.ready("observe")).doesNotThrowAnyException();
  }

  @Test
  void a_socket_that_comes_back_is_found_again() {
    String socket = folder.resolve("notify").toString();
    ServiceManager manager = manager(Map.of("NOTIFY_SOCKET", socket));
    manager.alive();
    try (UnixReceiver systemd = new UnixReceiver(socket)) {
      manager.ready("again");

      assertThat(systemd.next()).startsWith("READY=1");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "120000000, '',   120",
    "120000000, 4711, 120",
    "120000000, 4712, ",
    "0,         '',   ",
    "'',        '',   ",
    "-5,        '',   ",
    "many,      '',   ",
  })
  void the_watchdog_counts_for_the_process_it_names(String micros, String pid, Long seconds) {
    ServiceManager manager =
        manager(Map.of("NOTIFY_SOCKET", "@x", "WATCHDOG_USEC", micros, "WATCHDOG_PID", pid));

    assertThat(manager.patience()).isEqualTo(Optional.ofNullable(seconds).map(Duration::ofSeconds));
  }

  private static ServiceManager manager(Map<String, String> environment) {
    return ServiceManager.of(environment, PID, () -> 5_000_000_000L);
  }
}
