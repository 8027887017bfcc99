package io.berth.jobs.ledger;

import static io.berth.jobs.ledger.Tables.instant;
import static io.berth.jobs.ledger.Tables.micros;
import static io.berth.jobs.ledger.Tables.nullableInstant;
import static io.berth.jobs.ledger.Tables.nullableMicros;

import io.berth.jobs.ledger.DeviceRow.Presence;
import io.berth.policies.ContainerType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The allocator's tables: which device is whose, and every change of it. The state rows and the
 * journal change together, through {@link #move} and {@link #presence} alone, so that folding the
 * journal gives the state.
 */
public final class DeviceTables {

  private static final String NOBODY = "";
  private static final String UNPLACED = "devices.unplaced";

  private final Tables tables;

  DeviceTables(Tables tables) {
    this.tables = tables;
  }

  /** Who has what at some moment: the devices by UUID, and every claim by device and holder. */
  public record Allocation(Map<String, DeviceRow> devices, List<Claim> claims) {

    public List<Claim> claimsOn(String uuid) {
      return claims.stream().filter(each -> each.device().equals(uuid)).toList();
    }

    public List<Claim> claimsBy(String holder) {
      return claims.stream().filter(each -> each.holder().equals(holder)).toList();
    }

    public DeviceState stateOf(DeviceRow device) {
      return DeviceState.of(device.presence(), claimsOn(device.uuid()));
    }
  }

  /** As it stands. */
  public Allocation allocation() throws SQLException {
    Map<String, DeviceRow> devices = new TreeMap<>();
    for (DeviceRow each :
        tables.unchanged("device", "SELECT * FROM device", DeviceTables::device)) {
      devices.put(each.uuid(), each);
    }
    return new Allocation(
        devices,
        tables.unchanged(
            "claim", "SELECT * FROM claim ORDER BY device, holder", DeviceTables::claim));
  }

  /** A device's share of a full GPU; empty where the ledger does not know the device. */
  public Optional<Double> gpueqOf(String uuid) throws SQLException {
    return tables
        .rows("SELECT gpueq FROM device WHERE uuid = ?", row -> row.getDouble(1), uuid)
        .stream()
        .findFirst();
  }

  private static DeviceRow device(ResultSet row) throws SQLException {
    return new DeviceRow(
        row.getString("uuid"),
        Presence.valueOf(row.getString("presence")),
        row.getDouble("gpueq"),
        row.getBoolean("mig"));
  }

  private static Claim claim(ResultSet row) throws SQLException {
    return new Claim(
        row.getString("device"),
        row.getString("holder"),
        row.getString("name"),
        row.getString("owner"),
        ContainerType.valueOf(row.getString("type")),
        Claim.State.valueOf(row.getString("state")),
        instant(row.getLong("since")),
        nullableInstant(row, "until"));
  }

  /**
   * Changes a claim: the one way to do it.
   *
   * @param before the claim as it stands; with state free where there is none
   * @param after the same claim in another state, or of another owner or name
   * @param entry says when and why; its event is the change's, if it is one
   * @throws IllegalStateException if the change is not legal or {@code before} is not what stands:
   *     nothing is written
   */
  public void move(Claim before, Claim after, JournalEntry entry) throws SQLException {
    requireStands(before);
    if (!DeviceState.isLegal(before.state(), after.state())) {
      throw new IllegalStateException(
          before.device()
              + " of "
              + before.name()
              + ": "
              + before.state()
              + " to "
              + after.state()
              + " is no legal change");
    }
    long seq = tables.append(entry);
    journal(seq, after, before.state().name(), after.state().name(), 0, false);
    apply(after);
  }

  private void requireStands(Claim before) throws SQLException {
    List<String> stands =
        tables.rows(
            "SELECT state FROM claim WHERE device = ? AND holder = ?",
            row -> row.getString(1),
            before.device(),
            before.holder());
    String state = stands.isEmpty() ? Claim.State.FREE.name() : stands.get(0);
    if (!state.equals(before.state().name())) {
      throw new IllegalStateException(
          before.device() + " of " + before.name() + " is " + state + ", not " + before.state());
    }
  }

  private void journal(long seq, Claim claim, String from, String to, double gpueq, boolean mig)
      throws SQLException {
    tables.update(
        """
        INSERT INTO move (seq, device, holder, name, owner, type, from_state, to_state, gpueq, mig)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        seq,
        claim.device(),
        claim.holder(),
        claim.name(),
        claim.owner(),
        claim.type().name(),
        from,
        to,
        gpueq,
        mig ? 1 : 0);
  }

  private void apply(Claim after) throws SQLException {
    if (after.state() == Claim.State.FREE) {
      tables.update(
          "DELETE FROM claim WHERE device = ? AND holder = ?", after.device(), after.holder());
      return;
    }
    tables.update(
        """
        INSERT OR REPLACE INTO claim (device, holder, name, owner, type, state, since, until)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        after.device(),
        after.holder(),
        after.name(),
        after.owner(),
        after.type().name(),
        after.state().name(),
        micros(after.since()),
        nullableMicros(after.until()));
  }

  /** Changes whether a device is there; {@link Presence#GONE} forgets it. */
  public void presence(DeviceRow before, DeviceRow after, JournalEntry entry) throws SQLException {
    long seq = tables.append(entry);
    Claim nobody =
        new Claim(
            after.uuid(),
            NOBODY,
            "",
            "",
            ContainerType.UNKNOWN,
            Claim.State.FREE,
            entry.at(),
            null);
    journal(
        seq, nobody, before.presence().name(), after.presence().name(), after.gpueq(), after.mig());
    if (after.presence() == Presence.GONE) {
      tables.update("DELETE FROM device WHERE uuid = ?", after.uuid());
    } else {
      tables.update(
          "INSERT OR REPLACE INTO device (uuid, presence, gpueq, mig) VALUES (?, ?, ?, ?)",
          after.uuid(),
          after.presence().name(),
          after.gpueq(),
          after.mig() ? 1 : 0);
    }
  }

  /**
   * Moves what has been promised of a hold or a reservation, which is no change of its state.
   *
   * @param claim as it stands
   * @param until null where it has no end
   * @throws IllegalStateException if it is in another state, or there is none: nothing is written
   */
  public void promise(Claim claim, @Nullable Instant until) throws SQLException {
    requireStands(claim);
    List<String> promised =
        tables.rows(
            "UPDATE claim SET until = ? WHERE device = ? AND holder = ? RETURNING device",
            row -> row.getString(1),
            nullableMicros(until),
            claim.device(),
            claim.holder());
    if (promised.size() != 1) {
      throw new IllegalStateException(
          "there is no claim of " + claim.name() + " on " + claim.device() + " to promise");
    }
  }

  /** Whether there is just that claim. */
  public boolean stands(Claim claim) throws SQLException {
    return tables
        .rows(
            "SELECT * FROM claim WHERE device = ? AND holder = ?",
            DeviceTables::claim,
            claim.device(),
            claim.holder())
        .contains(claim);
  }

  /** The ids of GPU containers of which it was never known which devices they mean. */
  public Set<String> unplaced() throws SQLException {
    String ids = tables.fact(UNPLACED).orElse("");
    return ids.isEmpty() ? Set.of() : Set.of(ids.split(" ", -1));
  }

  /** Keeps these in place of those that were. */
  public void unplaced(Set<String> ids) throws SQLException {
    if (ids.isEmpty()) {
      tables.drop(UNPLACED);
    } else {
      tables.keep(UNPLACED, String.join(" ", ids));
    }
  }

  /** One change, as the journal has it. */
  public record Move(
      long seq,
      Instant at,
      String device,
      String holder,
      String name,
      String owner,
      ContainerType type,
      String from,
      String to,
      double gpueq,
      boolean mig,
      String reason,
      String source) {}

  /** The number of every row. */
  public static final long ALL = Long.MAX_VALUE;

  /** When a holder last lost a device; empty where it never did. */
  public Optional<Instant> lastFreed(String device, String holder) throws SQLException {
    return tables
        .rows(
            """
            SELECT j.at FROM journal j CROSS JOIN move m USING (seq) -- in this order: few rows are his
            WHERE j.container_id = ? AND m.device = ? AND m.to_state = 'FREE'
            ORDER BY j.seq DESC LIMIT 1""",
            row -> instant(row.getLong(1)),
            holder,
            device)
        .stream()
        .findFirst();
  }

  /** Every change up to that row of the journal, oldest first. */
  public List<Move> movesUntil(long seq) throws SQLException {
    List<Move> moves = new ArrayList<>();
    eachMove(seq, moves::add);
    return moves;
  }

  private void eachMove(long lastSeq, Consumer<Move> consumer) throws SQLException {
    tables.each(
        "SELECT m.*, j.at, j.reason, j.source FROM move m JOIN journal j USING (seq) WHERE m.seq <= ? ORDER BY m.seq",
        DeviceTables::move,
        consumer,
        lastSeq);
  }

  /** Of a device or of a claim; a word that is no state of either is damage. */
  private static Move move(ResultSet row) throws SQLException {
    return new Move(
        row.getLong("seq"),
        instant(row.getLong("at")),
        row.getString("device"),
        row.getString("holder"),
        row.getString("name"),
        row.getString("owner"),
        ContainerType.valueOf(row.getString("type")),
        row.getString("from_state"),
        stateOf(row),
        row.getDouble("gpueq"),
        row.getBoolean("mig"),
        row.getString("reason") == null ? "" : row.getString("reason"),
        row.getString("source"));
  }

  private static String stateOf(ResultSet row) throws SQLException {
    String word = row.getString("to_state");
    return row.getString("holder").equals(NOBODY)
        ? Presence.valueOf(word).name()
        : Claim.State.valueOf(word).name();
  }

  /**
   * Who had what after that row of the journal: the changes folded. What a claim was promised is
   * not part of it.
   */
  public Allocation folded(long lastSeq) throws SQLException {
    Map<String, DeviceRow> devices = new TreeMap<>();
    Map<String, Claim> claims = new TreeMap<>();
    eachMove(
        lastSeq,
        move -> {
          if (move.holder.equals(NOBODY)) {
            fold(move, devices);
          } else {
            foldClaim(move, claims);
          }
        });
    return new Allocation(devices, new ArrayList<>(claims.values()));
  }

  private static void fold(Move move, Map<String, DeviceRow> devices) {
    Presence presence = Presence.valueOf(move.to);
    if (presence == Presence.GONE) {
      devices.remove(move.device);
    } else {
      devices.put(move.device, new DeviceRow(move.device, presence, move.gpueq, move.mig));
    }
  }

  private static void foldClaim(Move move, Map<String, Claim> claims) {
    Claim.State state = Claim.State.valueOf(move.to);
    String key = move.device + "\0" + move.holder;
    if (state == Claim.State.FREE) {
      claims.remove(key);
    } else {
      Claim before = claims.get(key);
      Instant since = before != null && before.state() == state ? before.since() : move.at;
      claims.put(
          key,
          new Claim(
              move.device, move.holder, move.name, move.owner, move.type, state, since, null));
    }
  }
}
