package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

  @ParameterizedTest
  @CsvSource({
    "0, PT0S",
    "0s, PT0S",
    "30m, PT30M",
    "0.5h, PT30M",
    "1h30m, PT1H30M",
    "1d2h3m4s5ms, PT26H3M4.005S",
    "90s, PT90S",
    "7d, PT168H",
    "500ms, PT0.5S",
    "1.5s, PT1.5S",
    "PT30M, PT30M",
    "P1DT2H, PT26H",
    "0.3333333333h, PT20M",
    "36500d, PT876000H"
  })
  void each_spelling_is_read(String text, Duration expected) {
    assertThat(Durations.parse(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "m", "30 m", "30M", "30min", "1h 30m", "30m1h", "1m1m", "--1m", "+1m", "1e3s",
            "1,5h",
        ".5h", "5.h", "1:30", "NaN", "Infinity", "P1M", "PT", "P", "1w", "٣m", "PT-3M", "-PT3M",
            "1_000s"
      })
  void anything_else_is_refused_with_a_way_out(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Durations.parse(text))
        .withMessageContaining("; write ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"36501d", "999999999999999999d", "PT99999999H", "P36501D", "36500d1ms"})
  void what_is_longer_than_a_hundred_years_is_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Durations.parse(text))
        .withMessageContaining("is too long; the longest is 36500d");
  }

  @Test
  void a_million_digits_are_refused_at_once() {
    assertThatIllegalArgumentException().isThrownBy(() -> Durations.parse("9".repeat(1 << 20)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "1m30s", "1h30m", "7d", "1d1h", "20ms", "400d"})
  void what_is_formatted_is_read_back(String text) {
    assertThat(Durations.format(Durations.parse(text))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "idle_timeout: 0, never",
    "idle_timeout: null, never",
    "idle_timeout: ~, never",
    "idle_timeout: never, never",
    "idle_timeout: indefinite, never",
    "idle_timeout: 'null', never",
    "idle_timeout_h: 0.5, 30m",
    "idle_timeout_m: 30, 30m",
    "idle_timeout_s: 90, 1m30s",
    "idle_timeout_h: null, never",
    "idle_timeout_h: 0, never",
    "idle_timeout: '0', never"
  })
  void zero_and_null_mean_never_for_the_idle_timeout(String line, String expected) {
    PolicyBook book = Texts.book("defaults: {" + line + "}");

    assertThat(book.defaultLimits().get(LimitKey.IDLE_TIMEOUT)).hasToString(expected);
  }

  @Test
  void zero_means_at_once_for_a_hold_and_null_means_never() {
    Limits limits =
        Texts.book("defaults: {gpu_hold_after_stop: 0, container_hold_after_stop: null}")
            .defaultLimits();

    assertThat(limits.get(LimitKey.GPU_HOLD_AFTER_STOP)).isEqualTo(TimeLimit.of(Duration.ZERO));
    assertThat(limits.get(LimitKey.CONTAINER_HOLD_AFTER_STOP)).isEqualTo(TimeLimit.NONE);
  }

  @Test
  void every_duration_of_every_section_has_its_suffixed_spellings() {
    assertThat(DefaultsTest.keys().values())
        .filteredOn(key -> key.type() instanceof DurationType)
        .hasSizeGreaterThan(15)
        .allSatisfy(
            key ->
                assertThat(key.spellings().keySet())
                    .contains(key.word(), key + "_h", key + "_m", key + "_s"));
  }
}
