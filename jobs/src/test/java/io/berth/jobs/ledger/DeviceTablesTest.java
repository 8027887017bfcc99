package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Rows.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.jobs.ledger.Claim.State;
import io.berth.policies.ContainerType;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The one way to change a claim, and what it refuses. */
class DeviceTablesTest {

  @TempDir Path folder;
  private Ledger ledger;

  @BeforeEach
  void open() {
    ledger = Ledger.open(folder.resolve("ledger.db"), NOW);
  }

  @AfterEach
  void the_journal_folds_to_the_state() {
    List<Claim> folded = ledger.read(tables -> tables.devices().folded(DeviceTables.ALL)).claims();
    assertThat(folded).isEqualTo(claims());
    ledger.close();
  }

  private List<Claim> claims() {
    return ledger.read(tables -> tables.devices().allocation()).claims();
  }

  private static Claim claim(State state) {
    return new Claim("GPU-a", "c1", "train", "ada", ContainerType.DOCKER, state, NOW, null);
  }

  private void move(State from, State to) {
    ledger.update(
        tables ->
            tables.devices().move(claim(from), claim(to), DeviceMoves.entry(NOW, "gpu.test")));
  }

  @Test
  void a_change_of_what_is_not_so_any_more_is_refused_and_leaves_nothing() {
    move(State.FREE, State.ACTIVE);
    move(State.ACTIVE, State.HELD);
    move(State.HELD, State.ACTIVE); // it was started again

    assertThatThrownBy(() -> move(State.HELD, State.FREE)) // and its hold's end comes late
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("GPU-a of train is ACTIVE, not HELD");
    assertThatThrownBy(() -> move(State.FREE, State.ACTIVE))
        .isInstanceOf(IllegalStateException.class);
    assertThat(claims()).containsExactly(claim(State.ACTIVE));
    assertThat(ledger.<List<DeviceTables.Move>>read(t -> t.devices().movesUntil(DeviceTables.ALL)))
        .hasSize(3);
  }

  private void promise(State of, @Nullable Instant until) {
    ledger.update(tables -> tables.devices().promise(claim(of), until));
  }

  @Test
  void a_promise_is_of_what_stands() {
    move(State.FREE, State.HELD);
    assertThat(claims()).containsExactly(claim(State.HELD));
    promise(State.HELD, NOW.plusSeconds(60));
    assertThat(claims()).containsExactly(claim(State.HELD).until(NOW.plusSeconds(60)));
    move(State.HELD, State.ACTIVE); // it was started again, and nothing is promised

    assertThatThrownBy(() -> promise(State.HELD, NOW.plusSeconds(120)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("GPU-a of train is ACTIVE, not HELD");
    assertThat(claims()).containsExactly(claim(State.ACTIVE));

    move(State.ACTIVE, State.FREE);
    assertThatThrownBy(() -> promise(State.HELD, NOW.plusSeconds(120)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> promise(State.FREE, NOW.plusSeconds(120)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no claim of train on GPU-a");
  }

  /** What DeviceState's table says. */
  @ParameterizedTest
  @CsvSource({
    "FREE, RESERVED ACTIVE HELD SHARED",
    "RESERVED, FREE",
    "ACTIVE, ACTIVE HELD FREE",
    "HELD, HELD ACTIVE FREE",
    "SHARED, SHARED FREE",
  })
  void only_the_changes_of_the_table_are_legal(State from, String legal) {
    for (State to : State.values()) {
      if (from != State.FREE) {
        move(State.FREE, from);
      }
      if (List.of(legal.split(" ", -1)).contains(to.name())) {
        move(from, to);
      } else {
        assertThatThrownBy(() -> move(from, to))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("is no legal change");
      }
      ledger.update(
          tables -> {
            for (Claim each : tables.devices().allocation().claims()) {
              tables.devices().move(each, claim(State.FREE), DeviceMoves.entry(NOW, "gpu.test"));
            }
          });
    }
  }
}
