package io.berth.policies;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The names that may stand in {@code container_types}. */
final class TypeName {

  /** Those whose containers do not follow their owner's limits. */
  static final List<String> ALLOWED =
      Arrays.stream(ContainerType.values())
          .filter(type -> !type.followsOwner())
          .map(ContainerType::word)
          .toList();

  private TypeName() {}

  /** The type; empty after saying why it can't have limits. */
  static Optional<ContainerType> check(Fields.Field field, Source source) {
    Optional<ContainerType> type = ContainerType.of(field.word());
    if (type.isEmpty()) {
      source.error(
          field.key(),
          "unknown container type " + Value.shown(field.word()),
          Spelling.hint(field.word(), ALLOWED));
    } else if (type.get().followsOwner()) {
      source.error(
          field.key(),
          field.word() + " containers follow their owner's limits",
          "set these in defaults, groups or user_overrides");
      return Optional.empty();
    }
    return type;
  }
}
