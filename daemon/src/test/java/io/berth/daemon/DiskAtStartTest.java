package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteJDBCLoader;

/** A start while the ledger's disk is full: the kernel lets no file become larger than 20 KiB. */
class DiskAtStartTest {

  private static final List<String> ON_A_FULL_DISK =
      List.of("sh", "-c", "ulimit -S -f 40; exec \"$@\"", "sh");
  private static final String NATIVE = "libsqlitejdbc.so";

  @TempDir private Path folder;
  private DaemonHome home;

  @BeforeEach
  void daemon() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "needs prlimit: util-linux");
    home = new DaemonHome(folder, URI.create("unix://" + folder.resolve("no-engine.sock")));
    home.configure("");
  }

  @Test
  void the_service_waits_until_there_is_room() throws Exception {
    try (DaemonProcess daemon = home.start(ON_A_FULL_DISK, unpacked(), "--wait-for-engine")) {
      daemon.await("full", Duration.ofSeconds(30), () -> daemon.log().contains("can't be opened"));
      assertThat(daemon.log()).doesNotContain("waiting for the Docker Engine");

      makeRoom(daemon);

      daemon.await(
          "room", Duration.ofSeconds(30), () -> daemon.log().contains("waiting for the Docker"));
      assertThat(home.ledger()).isNotEmptyFile();
      assertThat(daemon.log()).containsOnlyOnce("can't be opened");
      assertThat(daemon.stop()).isZero();
    }
  }

  @Test
  void it_ends_while_it_waits() throws Exception {
    try (DaemonProcess daemon = home.start(ON_A_FULL_DISK, unpacked(), "--wait-for-engine")) {
      daemon.await("full", Duration.ofSeconds(30), () -> daemon.log().contains("can't be opened"));

      assertThat(daemon.stop()).isZero();
    }
  }

  @Test
  void by_hand_it_fails() throws Exception {
    try (DaemonProcess daemon = home.start(ON_A_FULL_DISK, unpacked())) {
      assertThat(daemon.awaitExit()).isEqualTo(1);
      assertThat(daemon.log()).contains("can't be opened").doesNotContain("\tat ");
    }
  }

  /** SQLite's own library would not fit either. */
  private Map<String, String> unpacked() throws IOException {
    String place =
        "/org/sqlite/native/Linux/" + System.getProperty("os.arch").replace("amd64", "x86_64");
    try (InputStream library = SQLiteJDBCLoader.class.getResourceAsStream(place + "/" + NATIVE)) {
      assumeTrue(library != null, "needs SQLite for this processor");
      Files.copy(library, folder.resolve(NATIVE));
    }
    return Map.of("JDK_JAVA_OPTIONS", "-Dorg.sqlite.lib.path=" + folder);
  }

  private static void makeRoom(DaemonProcess daemon) throws Exception {
    new ProcessBuilder("prlimit", "--pid", String.valueOf(daemon.pid()), "--fsize=unlimited:")
        .start()
        .waitFor();
  }
}
