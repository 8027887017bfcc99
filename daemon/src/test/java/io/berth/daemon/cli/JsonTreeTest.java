package io.berth.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTreeTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "null",
        "\"a\\u00e4\\n\"",
        "-12",
        "9007199254740993",
        "1.5e3",
        "true",
        "{\"a\":[1,{\"b\":[[],null,false]},\"c\"],\"d\":{\"e\":0.25}}",
      })
  void it_reads_what_jackson_reads(String text) throws JsonProcessingException {
    assertThat(JsonTree.read(text).toString())
        .isEqualTo(new ObjectMapper().readTree(text).toString());
  }

  @Test
  void nothing_is_a_missing_node() throws JsonProcessingException {
    assertThat(JsonTree.read("").isMissingNode()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{\"a\":", "[1,", "]", "{\"a\" 1}", "nul", "99999999999999999999"})
  void what_is_no_json_is_refused(String text) {
    assertThatThrownBy(() -> JsonTree.read(text)).isInstanceOf(JsonProcessingException.class);
  }
}
