package io.berth.policies;

import java.util.List;

/** {@code monitoring:}. */
final class MonitoringSection {

  private static final Key<String> INFRASTRUCTURE_LABEL =
      Key.of(
          "infrastructure_label",
          TextType.WORD,
          "ds01.protected",
          "A further label that protects; ds01.monitoring and ds01.protected always do.");
  private static final Key<List<String>> INFRASTRUCTURE_CONTAINERS =
      Key.of(
          "infrastructure_containers",
          new ListType<>(TextType.WORD, false),
          List.of(),
          "Containers whose name begins with one of these are never touched.");

  static final Section<PolicyBook.Monitoring> SECTION =
      new Section<>(
          "monitoring",
          "Which containers are infrastructure, and so are never touched.",
          List.of(INFRASTRUCTURE_LABEL, INFRASTRUCTURE_CONTAINERS),
          values ->
              new PolicyBook.Monitoring(
                  values.get(INFRASTRUCTURE_LABEL), values.get(INFRASTRUCTURE_CONTAINERS)));

  private MonitoringSection() {}
}
