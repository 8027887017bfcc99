package io.berth.jobs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiVersionTest {

  @ParameterizedTest
  @CsvSource({
    "1.12, 1.41, 1.41", // Docker 20.10
    "1.24, 1.44, 1.44", // Docker 25
    "1.24, 1.49, 1.44", // Docker 28
    "1.44, 1.52, 1.44", // Docker 29
    "1.9, 1.10, 1.10", // numbers, not text
    "1.50, 1.60, 1.50", // too new for us: its oldest
    "2.0, 2.3, 2.0",
  })
  void an_engine_is_spoken_to_in_its_newest_version_that_berth_knows(
      String oldest, String newest, String spoken) {
    assertThat(ApiVersion.toSpeak(ApiVersion.parse(oldest), ApiVersion.parse(newest)))
        .hasToString(spoken);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "1.", "v1.41", "1.41-rc", "1.99999999999"})
  void what_is_no_version_is_refused(String text) {
    assertThatThrownBy(() -> ApiVersion.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }
}
