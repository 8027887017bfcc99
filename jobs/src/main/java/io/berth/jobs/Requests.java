package io.berth.jobs;

import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.RequestTables.JobPause;
import io.berth.jobs.ledger.RequestTables.KeepAlive;
import io.berth.jobs.ledger.RequestTables.Protection;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.TimeLimit;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what people ask for: the protection of a container, keep-alives, the rest of a job. Each is
 * durable with its event, which says who asked. Whoever calls has checked that they may.
 */
public final class Requests {

  private final Ledger ledger;
  private final InstantSource clock;

  public Requests(Ledger ledger, InstantSource clock) {
    this.ledger = ledger;
    this.clock = clock;
  }

  // --- protection

  /**
   * Exempts a container from everything, in place of what was asked for it before.
   *
   * @param length null: without end
   */
  public Protection protect(
      Known container, @Nullable Duration length, String why, String who, Mode mode) {
    Instant now = Tables.cut(clock.instant());
    Protection protection =
        new Protection(container.id(), length == null ? null : now.plus(length), why, who, now);
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("until", protection.until() == null ? "never" : protection.until().toString());
    details.put("message", why);
    ledger.update(
        tables -> {
          tables.requests().put(protection);
          append(tables, container, "container.protect", who, details, mode, now);
        });
    return protection;
  }

  /** Ends it; false where there was none. */
  public boolean unprotect(Known container, String who, Mode mode) {
    return ledger.write(
        tables -> {
          Instant now = clock.instant();
          boolean was =
              tables.requests().protection(container.id()).filter(p -> p.isActive(now)).isPresent();
          tables.requests().unprotect(container.id());
          if (was) {
            append(tables, container, "container.unprotect", who, Map.of(), mode, now);
          }
          return was;
        });
  }

  /** Whether an admin protects the container of that id now. */
  public boolean isProtected(String containerId) {
    return protection(containerId).isPresent();
  }

  /** The protection in force. */
  public Optional<Protection> protection(String containerId) {
    Instant now = clock.instant();
    return ledger
        .read(tables -> tables.requests().protection(containerId))
        .filter(each -> each.isActive(now));
  }

  // --- keep-alives

  /**
   * Sets the idle clock back, and holds it for that long.
   *
   * @param length zero: only sets it back
   * @param longest {@code policies.keepalive_max_duration}: a longer one is cut to it
   */
  public KeepAlive keepAlive(
      Known container, Duration length, TimeLimit longest, String who, Mode mode) {
    Instant now = Tables.cut(clock.instant());
    Instant wanted = now.plus(length);
    Instant until = longest.after(now).filter(wanted::isAfter).orElse(wanted);
    KeepAlive alive = new KeepAlive(container.id(), now, Tables.cut(until), who);
    Map<String, Object> details = Map.of("until", alive.until().toString());
    ledger.update(
        tables -> {
          tables.requests().put(alive);
          append(tables, container, "container.keep_alive", who, details, mode, now);
        });
    return alive;
  }

  /** The last keep-alive of each container, by its id; also of those that are over. */
  public Map<String, KeepAlive> keepAlives() {
    return ledger.read(tables -> tables.requests().keepAlives());
  }

  // --- jobs

  /** Puts a job to rest: it is not run until then. */
  public JobPause pause(JobName job, Duration length, String why, String who, Mode mode) {
    Instant now = Tables.cut(clock.instant());
    JobPause pause = new JobPause(job, now.plus(length), why, who, now);
    Map<String, Object> details =
        Map.of("job", job.word(), "until", pause.until().toString(), "message", why, "who", who);
    ledger.update(
        tables -> {
          tables.requests().put(pause);
          tables.append(Events.ofDaemon(now, "job.pause", "cli", "user", null, mode, details));
        });
    return pause;
  }

  /** Ends it; false where the job was not at rest. */
  public boolean resume(JobName job, String who, Mode mode) {
    boolean was = pauses().containsKey(job);
    Map<String, Object> details = Map.of("job", job.word(), "who", who);
    ledger.update(
        tables -> {
          tables.requests().resume(job);
          if (was) {
            tables.append(
                Events.ofDaemon(clock.instant(), "job.resume", "cli", "user", null, mode, details));
          }
        });
    return was;
  }

  /** The jobs that are at rest now. */
  public Map<JobName, JobPause> pauses() {
    Instant now = clock.instant();
    Map<JobName, JobPause> active = new EnumMap<>(JobName.class);
    for (JobPause each : ledger.read(tables -> tables.requests().jobPauses())) {
      if (now.isBefore(each.until())) {
        active.put(each.job(), each);
      }
    }
    return active;
  }

  private static void append(
      Tables tables,
      Known known,
      String type,
      String who,
      Map<String, Object> more,
      Mode mode,
      Instant now)
      throws SQLException {
    Map<String, Object> details = Events.of(known.name(), known.id(), known.type(), known.owner());
    details.put("outcome", Outcome.DONE.word());
    details.putAll(more);
    details.put("who", who);
    String owner = known.owner().name();
    tables.append(
        new JournalEntry(
            0,
            now,
            JournalEntry.Kind.FACT,
            known.id(),
            known.name(),
            owner,
            type,
            null,
            "cli",
            mode.word(),
            null,
            Outcome.DONE.word(),
            Events.line(now, type, owner, "cli", "user", null, mode, details)));
  }
}
