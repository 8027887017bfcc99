package io.berth.jobs.ledger;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's tables, within one transaction of {@link Ledger}. Moments are kept in microseconds
 * since 1970: Docker's stamps are finer, so what is compared with a kept one is cut to that first
 * ({@link #cut}).
 */
public final class Tables {

  static final long FIRST = micros(Instant.parse("0001-01-01T00:00:00Z"));

  /** No moment in here is later. */
  public static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

  static final long LAST = micros(LATEST);

  /** More rows than any journal gets. */
  private static final long LARGEST_SEQ = 1L << 53;

  private static final String REBUILT = "rebuilt";

  private final Sql sql;
  private final DeviceTables devices = new DeviceTables(this);
  private final ActivityTables activity = new ActivityTables(this);
  private final FindingTables findings = new FindingTables(this);
  private final RequestTables requests = new RequestTables(this);
  private boolean appendedEvents;

  Tables(Connection connection) {
    this.sql = new Sql(connection);
  }

  /** The moment as the ledger keeps it. */
  public static Instant cut(Instant moment) {
    return moment.truncatedTo(java.time.temporal.ChronoUnit.MICROS);
  }

  // --- journal

  /** Appends a row and answers its number. */
  public long append(JournalEntry entry) throws SQLException {
    appendedEvents |= entry.event() != null;
    return rows(
            """
            INSERT INTO journal (at, kind, container_id, container, owner, subject, reason, source, mode, intent, outcome, event)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq\
            """,
            row -> row.getLong(1),
            micros(entry.at()),
            entry.kind().name(),
            entry.containerId(),
            entry.container(),
            entry.owner(),
            entry.subject(),
            entry.reason(),
            entry.source(),
            entry.mode(),
            entry.intent(),
            entry.outcome(),
            entry.event())
        .get(0);
  }

  /**
   * Has the journal number its next row higher than that, if it would not by itself: one that was
   * begun anew would repeat the numbers that the event log has already.
   */
  public void goOnAfter(long seq) throws SQLException {
    if (seq > LARGEST_SEQ) {
      return; // the log's last line is none of ours
    }
    update(
        """
        INSERT INTO sqlite_sequence (name, seq) SELECT 'journal', 0
        WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'journal')\
        """);
    update("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'journal'", seq);
  }

  /** The rows that are events, after that number, oldest first. */
  public List<JournalEntry> eventsAfter(long seq, int limit) throws SQLException {
    return journal(
        "SELECT * FROM journal WHERE seq > ? AND event IS NOT NULL ORDER BY seq LIMIT ?",
        seq,
        limit);
  }

  /**
   * Intents to act on a container without an outcome: the daemon ended between the two. Oldest
   * first.
   */
  public List<JournalEntry> openIntents() throws SQLException {
    return journal(
        """
        SELECT * FROM journal i WHERE kind = 'INTENT' AND subject LIKE 'container.%'
        AND NOT EXISTS (SELECT 1 FROM journal o WHERE o.intent = i.seq) ORDER BY seq\
        """);
  }

  /**
   * Berth's own acts on containers that were tried within that time of a moment, whatever came of
   * them. What seems to be yet to come was written before the clock was set back: it counts as
   * well, but not for as long as the step.
   */
  public List<JournalEntry> intentsAround(Instant moment, Duration within) throws SQLException {
    return journal(
        """
        SELECT * FROM journal WHERE kind = 'INTENT' AND subject LIKE 'container.%'
        AND source <> 'cli' AND at > ? AND at <= ? ORDER BY seq\
        """,
        micros(moment.minus(within)), micros(moment.plus(within)));
  }

  /** The number of the last row that was written at that moment or before; 0 for none. */
  public long lastSeqAt(Instant moment) throws SQLException {
    return rows(
            "SELECT seq FROM journal WHERE at <= ? ORDER BY seq DESC LIMIT 1",
            row -> row.getLong(1),
            micros(moment))
        .stream()
        .findFirst()
        .orElse(0L);
  }

  /** All that was recorded of a container, oldest first. */
  public List<JournalEntry> journalOf(String containerId) throws SQLException {
    return journal("SELECT * FROM journal WHERE container_id = ? ORDER BY seq", containerId);
  }

  /**
   * The last time that that happened to a container, or may have: what was dropped, or only would
   * have been done, is passed over. Empty where it never did.
   */
  public Optional<JournalEntry> latest(String containerId, String subject) throws SQLException {
    return journal(
            """
            SELECT * FROM journal WHERE container_id = ? AND subject = ? AND kind <> 'INTENT'
              AND ifnull(outcome, '') NOT IN ('dropped', 'would') ORDER BY seq DESC LIMIT 1""",
            containerId,
            subject)
        .stream()
        .findFirst();
  }

  /** The last rows about what the owner of a container was told, oldest first. */
  public List<JournalEntry> noticesOf(String containerId, int most) throws SQLException {
    return journal(
        """
        SELECT * FROM (SELECT * FROM journal WHERE container_id = ?
          AND subject IN ('notification.sent', 'notification.failed') ORDER BY seq DESC LIMIT ?)
        ORDER BY seq""",
        containerId,
        most);
  }

  List<JournalEntry> journal(String query, @Nullable Object... arguments) throws SQLException {
    return rows(
        query,
        row ->
            new JournalEntry(
                row.getLong("seq"),
                instant(row.getLong("at")),
                JournalEntry.Kind.valueOf(row.getString("kind")),
                row.getString("container_id"),
                row.getString("container"),
                row.getString("owner"),
                row.getString("subject"),
                row.getString("reason"),
                row.getString("source"),
                row.getString("mode"),
                nullableLong(row, "intent"),
                row.getString("outcome"),
                row.getString("event")),
        arguments);
  }

  // --- containers

  /** Every container the ledger knows, by id. */
  public Map<String, Known> known() throws SQLException {
    Map<String, Known> known = new HashMap<>();
    for (Known each : unchanged("container", "SELECT * FROM container", Tables::known)) {
      known.put(each.id(), each);
    }
    return known;
  }

  static Known known(ResultSet row) throws SQLException {
    return new Known(
        row.getString("id"),
        row.getString("name"),
        new Owner(row.getString("owner"), row.getString("owner_source")),
        ContainerType.valueOf(row.getString("type")),
        Container.State.valueOf(row.getString("state")),
        instant(row.getLong("created")),
        nullableInstant(row, "started_at"),
        nullableInstant(row, "finished_at"),
        EndedBy.valueOf(row.getString("ended_by")),
        row.getInt("restart_count"),
        nullableInstant(row, "life_start"));
  }

  /** Keeps what is known of a container, in place of what was. */
  public void put(Known known) throws SQLException {
    update(
        """
        INSERT INTO container (id, name, owner, owner_source, type, state, created, started_at, finished_at, ended_by,
          restart_count, life_start)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, owner = excluded.owner,
          owner_source = excluded.owner_source, type = excluded.type, state = excluded.state,
          created = excluded.created, started_at = excluded.started_at, finished_at = excluded.finished_at,
          ended_by = excluded.ended_by, restart_count = excluded.restart_count,
          life_start = excluded.life_start\
        """,
        known.id(),
        known.name(),
        known.owner().name(),
        known.owner().source(),
        known.type().name(),
        known.state().name(),
        micros(known.created()),
        nullableMicros(known.startedAt()),
        nullableMicros(known.finishedAt()),
        known.endedBy().name(),
        known.restartCount(),
        nullableMicros(known.lifeStart()));
  }

  /** Takes note of what Berth itself made of a container. */
  public void put(String containerId, Container.State state) throws SQLException {
    update("UPDATE container SET state = ? WHERE id = ?", state.name(), containerId);
  }

  /** Forgets a container that is gone, and its clocks. The journal keeps what happened. */
  public void forget(String containerId) throws SQLException {
    update("DELETE FROM container WHERE id = ?", containerId);
  }

  // --- clocks

  /** The clocks of one rule, by container id. */
  public Map<String, ClockRow> clocks(String rule) throws SQLException {
    Map<String, ClockRow> clocks = new HashMap<>();
    for (ClockRow each :
        unchanged("clock", "SELECT * FROM clock WHERE rule = ?", Tables::clock, rule)) {
      clocks.put(each.containerId(), each);
    }
    return clocks;
  }

  static ClockRow clock(ResultSet row) throws SQLException {
    String warnedIn = row.getString("warned_in");
    return new ClockRow(
        row.getString("container_id"),
        row.getString("rule"),
        instant(row.getLong("stamp")),
        instant(row.getLong("since")),
        instant(row.getLong("due")),
        row.getInt("warnings"),
        warnedIn == null ? null : Mode.valueOf(warnedIn),
        row.getString("would_have"));
  }

  /**
   * Keeps a clock in place of the rule's former one; nothing where the container is not known (any
   * more).
   */
  public void put(ClockRow clock) throws SQLException {
    update(
        """
        INSERT OR REPLACE INTO clock (container_id, rule, stamp, since, due, warnings, warned_in, would_have)
        SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM container WHERE id = ?)\
        """,
        clock.containerId(),
        clock.rule(),
        micros(clock.stamp()),
        micros(clock.since()),
        micros(clock.due()),
        clock.warnings(),
        clock.warnedIn() == null ? null : clock.warnedIn().name(),
        clock.wouldHave(),
        clock.containerId());
  }

  public void removeClock(String containerId, String rule) throws SQLException {
    update("DELETE FROM clock WHERE container_id = ? AND rule = ?", containerId, rule);
  }

  /** What its owner was told counts no more, but for the time: it is told anew. */
  public void unwarn(String containerId) throws SQLException {
    update("UPDATE clock SET warnings = 0 WHERE container_id = ?", containerId);
  }

  /** The same for all that the rule has said. */
  public void unwarnAll(String rule) throws SQLException {
    update("UPDATE clock SET warnings = 0 WHERE rule = ?", rule);
  }

  /**
   * Moves everything that is pending by that much, so that what remains of it stays what it was.
   */
  public void shift(Duration by) throws SQLException {
    long micros = by.toNanos() / 1_000;
    update("UPDATE clock SET since = since + ?, due = due + ?", micros, micros);
    update("UPDATE container SET life_start = life_start + ?", micros);
    update("UPDATE clock SET stamp = stamp + ? WHERE rule = 'runtime'", micros); // its life's start
    update("UPDATE enforcing SET since = since + ?", micros);
    update("UPDATE claim SET since = since + ?, until = until + ?", micros, micros);
    activity.shift(micros);
    requests.shift(micros);
    Optional<Instant> rebuilt = rebuilt();
    if (rebuilt.isPresent()) {
      rebuilt(rebuilt.get().plus(by));
    }
  }

  // --- devices

  /** Which device is whose. */
  public DeviceTables devices() {
    return devices;
  }

  /** What containers did lately. */
  public ActivityTables activity() {
    return activity;
  }

  /** What else was found on the devices. */
  public FindingTables findings() {
    return findings;
  }

  /** What people asked for. */
  public RequestTables requests() {
    return requests;
  }

  // --- modes and facts

  /** Since when a job has been enforcing without a break; empty where it is not. */
  public Optional<Instant> enforcingSince(JobName job) throws SQLException {
    return unchanged(
            "enforcing",
            "SELECT since FROM enforcing WHERE job = ?",
            row -> instant(row.getLong(1)),
            job.word())
        .stream()
        .findFirst();
  }

  public void enforcing(JobName job, Instant since) throws SQLException {
    update("INSERT OR IGNORE INTO enforcing (job, since) VALUES (?, ?)", job.word(), micros(since));
  }

  public void notEnforcing(JobName job) throws SQLException {
    update("DELETE FROM enforcing WHERE job = ?", job.word());
  }

  /** A value that must survive a restart; empty where it was never kept. */
  public Optional<String> fact(String name) throws SQLException {
    return unchanged("fact", "SELECT name, value, sum FROM fact WHERE name = ?", Facts::value, name)
        .stream()
        .findFirst();
  }

  public void keep(String name, String value) throws SQLException {
    update(
        "INSERT OR REPLACE INTO fact (name, value, sum) VALUES (?, ?, ?)",
        name,
        value,
        Facts.sumOf(name, value));
  }

  /** When this ledger was begun in place of an unusable one; empty where it was not. */
  public Optional<Instant> rebuilt() throws SQLException {
    return fact(REBUILT).map(Instant::parse);
  }

  void rebuilt(Instant at) throws SQLException {
    keep(REBUILT, at.toString());
  }

  public void drop(String name) throws SQLException {
    update("DELETE FROM fact WHERE name = ?", name);
  }

  // --- plumbing

  <T> List<T> rows(String query, Sql.Mapper<T> mapper, @Nullable Object... arguments)
      throws SQLException {
    return sql.rows(query, mapper, arguments);
  }

  <T> List<T> unchanged(
      String table, String query, Sql.Mapper<T> mapper, @Nullable Object... arguments)
      throws SQLException {
    return sql.unchanged(table, query, mapper, arguments);
  }

  <T> void each(
      String query, Sql.Mapper<T> mapper, Consumer<T> consumer, @Nullable Object... arguments)
      throws SQLException {
    sql.each(query, mapper, consumer, arguments);
  }

  void update(String statement, @Nullable Object... arguments) throws SQLException {
    sql.update(statement, arguments);
  }

  void run(String statement) throws SQLException {
    sql.run(statement);
  }

  /** Whether an event was appended since this was last asked. */
  boolean tookEvents() {
    boolean took = appendedEvents;
    appendedEvents = false;
    return took;
  }

  static long micros(Instant moment) {
    return Math.addExact(
        Math.multiplyExact(moment.getEpochSecond(), 1_000_000L), moment.getNano() / 1_000);
  }

  static @Nullable Long nullableMicros(@Nullable Instant moment) {
    return moment == null ? null : micros(moment);
  }

  /**
   * @throws IllegalArgumentException if it is in no year from 1 to 9999: no clock says so
   */
  static Instant instant(long micros) {
    if (micros < FIRST || micros > LAST) {
      throw new IllegalArgumentException(micros + " is no moment");
    }
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L);
  }

  static @Nullable Instant nullableInstant(ResultSet row, String column) throws SQLException {
    Long micros = nullableLong(row, column);
    return micros == null ? null : instant(micros);
  }

  static @Nullable Long nullableLong(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }
}
