package io.berth.jobs.notify;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.Owner;
import io.berth.jobs.notify.Notice.About;
import io.berth.jobs.notify.Notice.Act;
import io.berth.jobs.notify.Notice.Kind;
import io.berth.jobs.notify.Notice.Plan;
import io.berth.jobs.notify.Notice.Why;
import io.berth.policies.ContainerType;
import io.berth.policies.PolicyBook.Notifications;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Notices and settings for tests. */
final class Notices {

  static final Instant NOW = Instant.parse("2026-11-21T16:53:00Z");
  static final Instant DUE = Instant.parse("2026-11-21T17:05:12Z");
  static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  static final Owner ADA = new Owner("ada", "label:ds01.user");

  private Notices() {}

  static Notice of(Kind kind, Act act, String reason, Container container) {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("idle_timeout", "30m");
    numbers.put("gpu", List.of(0, 1, 0));
    return new Notice(
        kind,
        NOW,
        BERLIN,
        "idle-stop",
        ADA,
        new About(container, ContainerType.DOCKER, "/workspace/.keep-alive"),
        new Plan(act, DUE),
        new Why(reason, "it was idle for 24m of 30m", numbers));
  }

  static Notice warning() {
    return warning(Containers.running("train").build());
  }

  static Notice warning(Container container) {
    return of(Kind.WARNED, Act.STOP, "idle_timeout", container);
  }

  static Notifications settings(
      boolean terminal,
      @Nullable String containerFile,
      List<String> command,
      @Nullable String webhook,
      Duration timeout) {
    return new Notifications(terminal, containerFile, command, webhook, timeout);
  }

  static Notifications command(String... command) {
    return settings(false, null, List.of(command), null, Duration.ofSeconds(30));
  }

  static Notifications webhook(String url) {
    return settings(false, null, List.of(), url, Duration.ofSeconds(30));
  }
}
