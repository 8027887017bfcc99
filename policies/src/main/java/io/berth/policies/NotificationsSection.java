package io.berth.policies;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code notifications:}. */
final class NotificationsSection {

  private static final Key<Boolean> TERMINAL =
      Key.of("terminal", WordType.BOOLEAN, true, "Write to the owner's logged-in terminals.");
  private static final Key<Optional<String>> CONTAINER_FILE =
      Key.of(
          "container_file",
          OptionalType.orNull(TextType.CONTAINER_PATH),
          Optional.of("/workspace/.berth-alerts"),
          "A file in the container that alerts are written to. null: off.");
  private static final Key<List<String>> COMMAND =
      Key.of(
          "command",
          new ListType<>(TextType.LINE, false),
          List.of(),
          "A command with its arguments, run with the event as JSON on its input. []: off.");
  private static final Key<Optional<String>> WEBHOOK =
      Key.of(
          "webhook",
          OptionalType.orNull(TextType.URL),
          Optional.empty(),
          "A URL that gets the event as JSON. null: off.");
  private static final Key<Duration> TIMEOUT =
      Key.of(
          "timeout",
          DurationType.POSITIVE,
          Duration.ofSeconds(10),
          "For any one notification; one that fails is an event and holds nothing up.");

  static final Section<PolicyBook.Notifications> SECTION =
      new Section<>(
          "notifications",
          "How owners hear of what is coming. Used in enforce only.",
          List.of(TERMINAL, CONTAINER_FILE, COMMAND, WEBHOOK, TIMEOUT),
          values ->
              new PolicyBook.Notifications(
                  values.get(TERMINAL),
                  values.get(CONTAINER_FILE).orElse(null),
                  values.get(COMMAND),
                  values.get(WEBHOOK).orElse(null),
                  values.get(TIMEOUT)));

  private NotificationsSection() {}
}
