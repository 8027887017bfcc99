package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Tables;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened to a container, found by comparing what was known of it with what the
 * Engine says now. Events of the Engine only hint that it is time to compare: so a change is found
 * once, whether its event was seen, lost or doubled.
 *
 * @param type of the event, such as {@code container.start}
 * @param by {@code user}, {@code engine} or {@code berth}
 * @param numbers details of the event
 */
record Change(String type, String by, Map<String, Object> numbers) {

  /**
   * What happened to a container that is still there, in the order it happened.
   *
   * @param before null where it was not known
   */
  static List<Change> between(@Nullable Known before, Container now, EndedBy endedBy) {
    List<Change> changes = new ArrayList<>();
    if (before == null) {
      changes.add(
          new Change("container.create", "user", Map.of("created", now.created().toString())));
    }
    Instant knownEnd = before == null ? null : before.finishedAt();
    Instant knownStart = before == null ? null : before.startedAt();
    boolean started = now.startedAt() != null && !same(knownStart, now.startedAt());
    boolean stopped = now.finishedAt() != null && !same(knownEnd, now.finishedAt());
    if (stopped && !now.state().isStopped()) {
      changes.add(stop(now, EndedBy.UNKNOWN)); // of an earlier life: the one that runs began since
    }
    if (started) {
      changes.add(start(now));
    }
    if (stopped && now.state().isStopped()) {
      changes.add(stop(now, endedBy));
    }
    if (now.state() == State.PAUSED
        && (started || before == null || before.state() != State.PAUSED)) {
      changes.add(new Change("container.pause", "user", Map.of()));
    }
    if (now.state() == State.RUNNING
        && !started
        && before != null
        && before.state() == State.PAUSED) {
      changes.add(new Change("container.unpause", "user", Map.of()));
    }
    return changes;
  }

  private static Change start(Container now) {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("started_at", String.valueOf(now.startedAt()));
    numbers.put("restart_count", now.restartCount());
    return new Change("container.start", now.restartCount() > 0 ? "engine" : "user", numbers);
  }

  private static Change stop(Container now, EndedBy endedBy) {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("finished_at", String.valueOf(now.finishedAt()));
    numbers.put("ended_by", endedBy.word());
    if (now.state().isStopped()) {
      numbers.put("exit_code", now.exitCode());
    }
    String by =
        switch (endedBy) {
          case ENGINE -> "engine";
          case BERTH -> "berth";
          case SELF, USER, UNKNOWN -> "user";
        };
    return new Change("container.stop", by, numbers);
  }

  private static boolean same(@Nullable Instant known, Instant now) {
    return known != null && known.equals(Tables.cut(now));
  }
}
