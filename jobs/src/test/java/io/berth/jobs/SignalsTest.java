package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import org.junit.jupiter.api.Test;

class SignalsTest {

  private static final Container ENDED = Containers.exited("train").build();
  private final Signals signals = new Signals();

  @Test
  void a_signal_in_its_last_life_counts_and_one_of_an_earlier_life_does_not() {
    signals.signalled(ENDED.id(), Containers.STARTED_AT.minusNanos(1));
    assertThat(signals.wasSignalled(ENDED)).isFalse();

    signals.signalled(ENDED.id(), Containers.STARTED_AT);
    assertThat(signals.wasSignalled(ENDED)).isTrue();
  }

  @Test
  void a_signal_to_another_or_to_one_that_never_ran_says_nothing() {
    signals.signalled(Containers.idOf("other"), Containers.FINISHED_AT);
    Container created = Containers.created("new").build();
    signals.signalled(created.id(), Containers.FINISHED_AT);

    assertThat(signals.wasSignalled(ENDED)).isFalse();
    assertThat(signals.wasSignalled(created)).isFalse();
  }

  @Test
  void an_end_is_seen_only_by_who_watched_from_before_it_until_now() {
    assertThat(signals.sawTheEndOf(ENDED)).isFalse();
    signals.watching(Containers.FINISHED_AT);
    assertThat(signals.sawTheEndOf(ENDED)).isTrue();

    signals.blind();
    assertThat(signals.sawTheEndOf(ENDED)).isFalse();
    signals.watching(Containers.FINISHED_AT.plusNanos(1));
    assertThat(signals.sawTheEndOf(ENDED)).isFalse();
  }

  @Test
  void it_forgets_the_oldest_and_never_grows_beyond_its_bound() {
    signals.signalled(ENDED.id(), Containers.FINISHED_AT);
    for (int i = 0; i < 10_000; i++) {
      signals.signalled("other" + i, Containers.FINISHED_AT);
    }
    assertThat(signals.wasSignalled(ENDED)).isFalse();
  }
}
