package io.berth.daemon.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HeartbeatTest {

  @TempDir private Path folder;
  private UnixReceiver systemd;
  private ServiceManager manager;

  private static final class Life implements Heartbeat.Life {
    private volatile String stuck = "";
    private volatile String status = "observe";

    @Override
    public Optional<String> stuck() {
      return Optional.of(stuck).filter(words -> !words.isEmpty());
    }

    @Override
    public String status() {
      return status;
    }
  }

  private final Life life = new Life();

  @BeforeEach
  void listen() {
    String socket = folder.resolve("notify").toString();
    systemd = new UnixReceiver(socket);
    Map<String, String> environment = Map.of("NOTIFY_SOCKET", socket, "WATCHDOG_USEC", "60000");
    manager = ServiceManager.of(environment, 1, System::nanoTime);
  }

  @AfterEach
  void close() {
    systemd.close();
  }

  @Test
  void the_watchdog_is_fed_at_each_beat_and_the_status_told_when_it_changed() {
    try (Heartbeat heartbeat = Heartbeat.start(manager, life)) {
      assertThat(next(4))
          .containsExactly("WATCHDOG=1", "STATUS=observe", "WATCHDOG=1", "WATCHDOG=1");
      life.status = "enforce";
      assertThat(until("STATUS=enforce")).containsOnly("WATCHDOG=1");
      heartbeat.turnTo(new Life());
      assertThat(until("STATUS=observe")).containsOnly("WATCHDOG=1");
    }
  }

  @Test
  void what_is_stuck_is_not_fed_until_it_goes_on() {
    life.stuck = "sample hangs";
    try (Heartbeat heartbeat = Heartbeat.start(manager, life)) {
      assertThat(systemd.next()).isEqualTo("STATUS=stuck: sample hangs");
      heartbeat.turnTo(new Life());
      assertThat(next(2)).containsExactly("WATCHDOG=1", "STATUS=observe");
    }
  }

  private List<String> next(int count) {
    List<String> messages = new ArrayList<>();
    while (messages.size() < count) {
      messages.add(systemd.next());
    }
    return messages;
  }

  /** What came before that message. */
  private List<String> until(String last) {
    List<String> before = new ArrayList<>(List.of("WATCHDOG=1"));
    for (String each = systemd.next(); !each.equals(last); each = systemd.next()) {
      before.add(each);
    }
    return before;
  }
}
