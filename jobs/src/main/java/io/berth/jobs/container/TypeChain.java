package io.berth.jobs.container;

import io.berth.policies.ContainerType;
import java.util.Optional;

/**
 * The chain that tells a container's type (DESIGN section 4): the first step that answers decides.
 *
 * <p>A label answers where its value, surrounding blanks aside, is exactly one of the words of
 * DESIGN section 2, or {@code vscode}. The word {@code unknown} is one of them: whoever writes it
 * gets the limits of {@code container_types.unknown}.
 */
public final class TypeChain {

  /**
   * A type and the step that told.
   *
   * @param source {@code label:ds01.container_type}, {@code label:ds01.interface}, {@code name},
   *     {@code label:devcontainer.*}, {@code label:com.docker.compose.*}, or {@code default}
   */
  public record Typed(ContainerType type, String source) {}

  private static final String TYPE_LABEL = "ds01.container_type";
  private static final String INTERFACE_LABEL = "ds01.interface";
  private static final String ATOMIC_MARK = "._.";
  private static final String DEVCONTAINER_LABELS = "devcontainer.";
  private static final String COMPOSE_LABELS = "com.docker.compose.";

  private TypeChain() {}

  public static ContainerType typeOf(Container container) {
    return tell(container).type();
  }

  /** The type with the step that told. */
  public static Typed tell(Container container) {
    return byLabel(container, TYPE_LABEL)
        .or(() -> byLabel(container, INTERFACE_LABEL))
        .orElseGet(() -> byMarks(container));
  }

  private static Optional<Typed> byLabel(Container container, String label) {
    return Optional.ofNullable(container.labels().get(label))
        .flatMap(value -> typeOfWord(value.strip()))
        .map(type -> new Typed(type, "label:" + label));
  }

  private static Optional<ContainerType> typeOfWord(String word) {
    return word.equals("vscode") ? Optional.of(ContainerType.DEVCONTAINER) : ContainerType.of(word);
  }

  private static Typed byMarks(Container container) {
    if (container.name().contains(ATOMIC_MARK)) {
      return new Typed(ContainerType.ATOMIC, "name");
    }
    if (Labels.anyBelow(container, DEVCONTAINER_LABELS)) {
      return new Typed(ContainerType.DEVCONTAINER, "label:" + DEVCONTAINER_LABELS + "*");
    }
    if (Labels.anyBelow(container, COMPOSE_LABELS)) {
      return new Typed(ContainerType.COMPOSE, "label:" + COMPOSE_LABELS + "*");
    }
    return new Typed(ContainerType.DOCKER, "default");
  }
}
