package io.berth.policies;

import java.util.Locale;
import java.util.Optional;

/**
 * What kind of container it is, which decides whose limits it follows (DESIGN sections 2 and 5).
 */
public enum ContainerType {
  ORCHESTRATION,
  ATOMIC,
  API,
  DEVCONTAINER,
  COMPOSE,
  DOCKER,
  UNKNOWN;

  /** The word used in YAML, labels, events and metrics. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type of that word, exactly as {@link #word} spells it; empty for any other. */
  public static Optional<ContainerType> of(String word) {
    for (ContainerType type : values()) {
      if (type.word().equals(word)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /**
   * Whether the container's owner alone decides its limits, so that no {@code container_types}
   * section applies.
   */
  public boolean followsOwner() {
    return this == ORCHESTRATION || this == ATOMIC;
  }
}
