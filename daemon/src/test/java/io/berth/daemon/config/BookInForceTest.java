package io.berth.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.policies.ContainerType;
import io.berth.policies.LimitKey;
import io.berth.policies.PolicyBook;
import io.berth.policies.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BookInForceTest {

  private static final String BAD = "defaults: {idle_timeout: soon}\n";

  @TempDir private Path folder;

  private final List<String> heard = new ArrayList<>();
  private final BookInForce.Listener listener =
      new BookInForce.Listener() {
        @Override
        public void replaced(PolicyBook now, List<Problem> notes, List<String> atNextStart) {
          heard.add("replaced " + atNextStart);
        }

        @Override
        public void refused(List<Problem> problems) {
          heard.add("refused " + problems.size());
        }
      };
  private ConfigFolder config;

  @BeforeEach
  void place() {
    config = new ConfigFolder(folder);
  }

  @Test
  void a_good_file_starts_and_is_kept() throws Exception {
    BookInForce inForce = BookInForce.start(config.write("10m").main);

    assertThat(idleTimeout(inForce)).isEqualTo("10m");
    assertThat(inForce.isValid()).isTrue();
    assertThat(config.state.resolve("last-good/berth.yaml")).exists();
  }

  @Test
  void a_bad_file_starts_with_the_last_good_one_and_says_that_it_is_not_valid() throws Exception {
    BookInForce.start(config.write("10m").main);
    Files.writeString(
        config.main, BAD + "daemon:\n  ledger: " + config.state.resolve("ledger.db") + "\n");

    BookInForce inForce = BookInForce.start(config.main);

    assertThat(idleTimeout(inForce)).isEqualTo("10m");
    assertThat(inForce.isValid()).isFalse();
  }

  @Test
  void a_bad_file_without_a_last_good_one_is_refused_with_its_problems() throws IOException {
    config.writeText(BAD + "daemon:\n  ledger: " + config.state + "/ledger.db\n");

    assertThatThrownBy(() -> BookInForce.start(config.main))
        .isInstanceOf(BadConfiguration.class)
        .hasMessageContaining(config.main.toString())
        .hasMessageContaining("berth check-config")
        .satisfies(e -> assertThat(((BadConfiguration) e).problems()).isNotEmpty());
  }

  @Test
  void a_last_good_one_that_went_bad_itself_is_refused_too() throws Exception {
    BookInForce.start(config.write("10m").main);
    Files.writeString(config.state.resolve("last-good/berth.yaml"), BAD);
    config.writeText(BAD + "daemon:\n  ledger: " + config.state + "/ledger.db\n");

    assertThatThrownBy(() -> BookInForce.start(config.main)).isInstanceOf(BadConfiguration.class);
  }

  @Test
  void a_reload_replaces_the_book_whole() throws Exception {
    BookInForce inForce = BookInForce.start(config.write("10m").main);
    config.write("20m");

    inForce.reload(listener);

    assertThat(idleTimeout(inForce)).isEqualTo("20m");
    assertThat(heard).containsExactly("replaced []");
    assertThat(Files.readString(config.state.resolve("last-good/berth.yaml"))).contains("20m");
  }

  @Test
  void a_bad_reload_changes_nothing_and_a_good_one_makes_it_valid_again() throws Exception {
    BookInForce inForce = BookInForce.start(config.write("10m").main);
    PolicyBook before = inForce.book();
    config.writeText(BAD);

    inForce.reload(listener);

    assertThat(inForce.book()).isSameAs(before);
    assertThat(inForce.isValid()).isFalse();
    assertThat(heard).containsExactly("refused 1");
    assertThat(Files.readString(config.state.resolve("last-good/berth.yaml"))).contains("10m");

    config.write("30m");
    inForce.reload(listener);
    assertThat(inForce.isValid()).isTrue();
    assertThat(idleTimeout(inForce)).isEqualTo("30m");
  }

  @Test
  void what_counts_only_at_the_next_start_is_named() throws Exception {
    BookInForce inForce = BookInForce.start(config.write("10m").main);
    config.writeText(
        "daemon: {ledger: %s/ledger.db, http: off, log_level: debug}".formatted(config.state));

    inForce.reload(listener);

    assertThat(heard).containsExactly("replaced [daemon.http]");
  }

  @Test
  void a_book_that_can_not_be_kept_is_used_all_the_same() throws Exception {
    Files.writeString(config.state, "a file in the way of the folder");

    BookInForce inForce = BookInForce.start(config.write("10m").main);

    assertThat(idleTimeout(inForce)).isEqualTo("10m");
  }

  private static String idleTimeout(BookInForce inForce) {
    return inForce
        .book()
        .limitsFor("ann", ContainerType.DOCKER)
        .get(LimitKey.IDLE_TIMEOUT)
        .toString();
  }
}
