package io.berth.policies;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code daemon:}. */
final class DaemonSection {

  private static final Key<Path> LEDGER =
      Key.of(
          "ledger", TextType.FILE, Path.of("/var/lib/berth/ledger.db"), "The ledger's database.");
  private static final Key<Path> EVENTS =
      Key.of(
          "events",
          TextType.FILE,
          Path.of("/var/log/berth/events.jsonl"),
          "The event log, one JSON object a line.");
  private static final Key<Long> EVENTS_MAX_SIZE =
      Key.of(
          "events_max_size",
          new SizeType(),
          100_000_000L,
          "The event log is rotated at this size.");
  private static final Key<TimeLimit> EVENTS_KEEP =
      Key.of(
          "events_keep",
          DurationType.POSITIVE_LIMIT,
          TimeLimit.of(Duration.ofDays(30)),
          "How long rotated event logs are kept.");
  private static final Key<Long> EVENTS_MAX_TOTAL =
      Key.of(
          "events_max_total",
          new SizeType(),
          1_000_000_000L,
          "Rotated event logs that are together larger go, the oldest first.");
  private static final Key<TimeLimit> JOURNAL_KEEP =
      Key.of(
          "journal_keep",
          DurationType.POSITIVE_LIMIT,
          TimeLimit.of(Duration.ofDays(400)),
          "How long the ledger's journal is kept.");
  private static final Key<Long> JOURNAL_MAX_SIZE =
      Key.of(
          "journal_max_size",
          new SizeType(),
          1_000_000_000L,
          "Where the ledger is larger, old rows go earlier; a day's are kept.");
  private static final Key<Path> SOCKET =
      Key.of(
          "socket",
          TextType.FILE,
          Path.of("/run/berth/berth.sock"),
          "The control socket that the berth command talks to.");
  private static final Key<Optional<String>> HTTP =
      Key.of(
          "http",
          OptionalType.orOff(TextType.HOST_AND_PORT),
          Optional.of("127.0.0.1:9470"),
          "Where the status page, health and metrics are served; off: nowhere.");
  private static final Key<Optional<String>> METRICS =
      Key.of(
          "metrics",
          OptionalType.orOff(TextType.HOST_AND_PORT),
          Optional.empty(),
          "A second listener for /metrics alone, for other hosts.");
  private static final Key<Optional<String>> DOCKER_HOST =
      Key.of(
          "docker_host",
          OptionalType.orNull(TextType.DOCKER_HOST),
          Optional.empty(),
          "The Engine. null: DOCKER_HOST, else unix:///var/run/docker.sock.");
  private static final Key<String> ADMIN_GROUP =
      Key.of(
          "admin_group",
          TextType.WORD,
          "berth",
          "Members of this group of the system may do all; so may root.");
  private static final Key<Boolean> WATCH =
      Key.of("watch", WordType.BOOLEAN, false, "Reload when a file changes.");
  private static final Key<String> LOG_LEVEL =
      Key.of(
          "log_level",
          WordType.of("trace", "debug", "info", "warn", "error"),
          "info",
          "How much the daemon logs.");

  static final Section<PolicyBook.DaemonSettings> SECTION =
      new Section<>(
          "daemon",
          "Where the daemon keeps and serves things.",
          List.of(
              LEDGER,
              EVENTS,
              EVENTS_MAX_SIZE,
              EVENTS_KEEP,
              EVENTS_MAX_TOTAL,
              JOURNAL_KEEP,
              JOURNAL_MAX_SIZE,
              SOCKET,
              HTTP,
              METRICS,
              DOCKER_HOST,
              ADMIN_GROUP,
              WATCH,
              LOG_LEVEL),
          DaemonSection::bind);

  private DaemonSection() {}

  private static PolicyBook.DaemonSettings bind(Section.Values values) {
    return new PolicyBook.DaemonSettings(
        values.get(LEDGER),
        values.get(EVENTS),
        values.get(EVENTS_MAX_SIZE),
        values.get(EVENTS_KEEP),
        values.get(EVENTS_MAX_TOTAL),
        values.get(JOURNAL_KEEP),
        values.get(JOURNAL_MAX_SIZE),
        values.get(SOCKET),
        values.get(HTTP).orElse(null),
        values.get(METRICS).orElse(null),
        values.get(DOCKER_HOST).orElse(null),
        values.get(ADMIN_GROUP),
        values.get(WATCH),
        values.get(LOG_LEVEL));
  }
}
