package io.berth.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerFolderTest {

  private static final Path DEFAULT = Path.of("/var/lib/berth");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "daemon:\n  ledger: /srv/berth/ledger.db\n",
        "defaults: {\ndaemon: # ours\n  http: off\n\n  # here\n  ledger: '/srv/berth/ledger.db' # x\n",
        "daemon:\n\tledger: \"/srv/berth/ledger.db\"\nsafety: [",
      })
  void it_is_read_from_a_file_that_is_bad_elsewhere(String text) throws IOException {
    assertThat(guess(text)).isEqualTo(Path.of("/srv/berth"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "daemon:\n  http: off\nother:\n  ledger: /srv/berth/ledger.db\n",
        "# daemon:\n  ledger: /srv/x/ledger.db",
        "daemon:\n  ledger: relative.db",
        "daemon:\n  ledger: /",
      })
  void else_it_is_the_default(String text) throws IOException {
    assertThat(guess(text)).isEqualTo(DEFAULT);
  }

  @Test
  void a_file_that_is_not_there_has_the_default() {
    assertThat(LedgerFolder.guess(folder.resolve("missing.yaml"))).isEqualTo(DEFAULT);
    assertThat(LedgerFolder.guess(folder)).isEqualTo(DEFAULT);
  }

  private Path guess(String text) throws IOException {
    return LedgerFolder.guess(Files.writeString(folder.resolve("main.yaml"), text));
  }
}
