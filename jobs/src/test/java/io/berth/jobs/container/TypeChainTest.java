package io.berth.jobs.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.berth.jobs.container.TypeChain.Typed;
import io.berth.policies.ContainerType;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TypeChainTest {

  private static final String TYPE = "ds01.container_type";
  private static final String INTERFACE = "ds01.interface";

  static Stream<Arguments> rows_of_the_chain() {
    return Stream.of(
        arguments("x", Map.of(TYPE, "api"), ContainerType.API, "label:" + TYPE),
        arguments("x", Map.of(INTERFACE, "atomic"), ContainerType.ATOMIC, "label:" + INTERFACE),
        arguments("x._.1000", Map.of(), ContainerType.ATOMIC, "name"),
        arguments("a._.b", Map.of(), ContainerType.ATOMIC, "name"),
        arguments(
            "x",
            Map.of("devcontainer.metadata", ""),
            ContainerType.DEVCONTAINER,
            "label:devcontainer.*"),
        arguments(
            "x",
            Map.of("com.docker.compose.project", "p"),
            ContainerType.COMPOSE,
            "label:com.docker.compose.*"),
        arguments("x", Map.of(), ContainerType.DOCKER, "default"));
  }

  @ParameterizedTest
  @MethodSource("rows_of_the_chain")
  void each_step_tells(String name, Map<String, String> labels, ContainerType type, String source) {
    assertThat(tell(name, labels)).isEqualTo(new Typed(type, source));
  }

  @ParameterizedTest
  @EnumSource(ContainerType.class)
  void every_word_of_the_table_answers_in_both_labels(ContainerType type) {
    assertThat(tell("x._.1", Map.of(TYPE, type.word())))
        .isEqualTo(new Typed(type, "label:" + TYPE));
    assertThat(tell("x._.1", Map.of(INTERFACE, " " + type.word() + "\n")))
        .isEqualTo(new Typed(type, "label:" + INTERFACE));
  }

  @Test
  void vscode_means_devcontainer() {
    assertThat(tell("x", Map.of(TYPE, "vscode")).type()).isEqualTo(ContainerType.DEVCONTAINER);
    assertThat(tell("x", Map.of(INTERFACE, "vscode")).type()).isEqualTo(ContainerType.DEVCONTAINER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "ssh", "Docker", "VSCODE", "dev container", "api\u0000", "атомик"})
  void a_value_outside_the_table_does_not_answer(String value) {
    assertThat(tell("x", Map.of(TYPE, value, INTERFACE, "api")))
        .isEqualTo(new Typed(ContainerType.API, "label:" + INTERFACE));
    assertThat(tell("x", Map.of(TYPE, value, INTERFACE, value)))
        .isEqualTo(new Typed(ContainerType.DOCKER, "default"));
  }

  @Test
  void the_first_that_answers_decides() {
    Map<String, String> marks =
        Map.of("devcontainer.local_folder", "/x", "com.docker.compose.service", "s");

    assertThat(tell("x._.1", Map.of(TYPE, "docker", INTERFACE, "api")).type())
        .isEqualTo(ContainerType.DOCKER);
    assertThat(tell("x._.1", marks).type()).isEqualTo(ContainerType.ATOMIC);
    assertThat(tell("x", marks).type()).isEqualTo(ContainerType.DEVCONTAINER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"devcontainer", "xdevcontainer.id", "com.docker.composer", "com.docker.desktop.x"})
  void labels_that_only_look_like_marks_are_none(String label) {
    assertThat(tell("x", Map.of(label, "1"))).isEqualTo(new Typed(ContainerType.DOCKER, "default"));
  }

  private static Typed tell(String name, Map<String, String> labels) {
    Container container = Containers.running(name).labels(labels).build();
    Typed typed = TypeChain.tell(container);
    assertThat(TypeChain.typeOf(container)).isEqualTo(typed.type());
    return typed;
  }
}
