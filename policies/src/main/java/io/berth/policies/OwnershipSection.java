package io.berth.policies;

import java.util.List;
import java.util.regex.Pattern;

/** {@code ownership:}. */
final class OwnershipSection {

  private static final Key<List<String>> LABELS =
      Key.of(
          "labels",
          new ListType<>(TextType.WORD, false),
          List.of("ds01.user", "aime.mlc.USER"),
          "Labels whose value is the owner, the first that answers.");
  private static final Key<List<String>> PATH_LABELS =
      Key.of(
          "path_labels",
          new ListType<>(TextType.WORD, false),
          List.of("devcontainer.local_folder"),
          "Labels whose value is a folder under a home root: /home/<user>/...");
  private static final Key<List<String>> HOME_ROOTS =
      Key.of(
          "home_roots",
          new ListType<>(TextType.FOLDER, false),
          List.of("/home"),
          "The folders that users' homes are in.");
  private static final Key<Pattern> NAME_PATTERN =
      Key.of(
          "name_pattern",
          TextType.NAME_PATTERN,
          Pattern.compile("^(?<name>.+)\\._\\.(?<uid>[0-9]+)$"),
          "Container names that hold their owner's numeric user id.");

  static final Section<PolicyBook.Ownership> SECTION =
      new Section<>(
          "ownership",
          "How the owner of a container is told.",
          List.of(LABELS, PATH_LABELS, HOME_ROOTS, NAME_PATTERN),
          values ->
              new PolicyBook.Ownership(
                  values.get(LABELS),
                  values.get(PATH_LABELS),
                  values.get(HOME_ROOTS),
                  values.get(NAME_PATTERN)));

  private OwnershipSection() {}
}
