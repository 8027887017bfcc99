package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InFlightTest {

  private final InFlight inFlight = new InFlight();

  @Test
  void a_container_is_in_one_hand_at_a_time() {
    assertThat(inFlight.take("a")).isTrue();
    assertThat(inFlight.take("a")).isFalse();
    assertThat(inFlight.take("b")).isTrue();
    inFlight.release("a");
    assertThat(inFlight.take("a")).isTrue();
  }

  @Test
  void what_is_in_hand_is_touched_whenever_the_survey_began() {
    long before = inFlight.surveying();
    inFlight.take("a");

    assertThat(inFlight.isTouched("a", before)).isTrue();
    assertThat(inFlight.isTouched("a", inFlight.surveying())).isTrue();
    assertThat(inFlight.isTouched("b", before)).isFalse();
  }

  @Test
  void what_was_released_since_the_survey_began_is_touched_for_it_and_not_for_the_next() {
    inFlight.take("a");
    long during = inFlight.surveying();
    inFlight.release("a");
    assertThat(inFlight.isTouched("a", during)).isTrue();

    long after = inFlight.surveying();
    assertThat(inFlight.isTouched("a", after)).isFalse();
    inFlight.surveyed();
    assertThat(inFlight.isTouched("a", during)).isTrue();
  }

  @Test
  void what_was_released_before_the_survey_is_not_touched() {
    inFlight.take("a");
    inFlight.release("a");
    assertThat(inFlight.isTouched("a", inFlight.surveying())).isFalse();
  }
}
