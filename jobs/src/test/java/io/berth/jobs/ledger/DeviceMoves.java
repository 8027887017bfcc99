package io.berth.jobs.ledger;

import io.berth.jobs.ledger.DeviceRow.Presence;
import io.berth.policies.ContainerType;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A short story of two GPUs, written by a real ledger, for tests that read it. */
public final class DeviceMoves {

  /** Both GPUs are found. */
  public static final Instant FOUND = Instant.parse("2026-03-02T12:00:00Z");

  /** Ada's container takes the first. */
  public static final Instant TAKEN = Instant.parse("2026-03-02T13:00:00.123456Z");

  /** It stops, and holds it until {@link #UNTIL}; Bob's container takes it as well. */
  public static final Instant STOPPED = Instant.parse("2026-03-02T14:00:00Z");

  public static final Instant UNTIL = Instant.parse("2026-03-02T14:30:00Z");

  private DeviceMoves() {}

  /** Writes the story. */
  public static void tell(Ledger ledger) {
    ledger.update(
        tables -> {
          found(tables, "GPU-a", 1.0, false);
          found(tables, "MIG-b", 0.125, true);
        });
    Claim ada = claim("c1", "train", "ada", Claim.State.ACTIVE, TAKEN, null);
    ledger.update(tables -> move(tables, Claim.State.FREE, ada));
    Claim held = claim("c1", "train", "ada", Claim.State.HELD, STOPPED, UNTIL);
    Claim bob = claim("c2", "infer", "bob", Claim.State.ACTIVE, STOPPED, null);
    ledger.update(
        tables -> {
          move(tables, Claim.State.ACTIVE, held);
          move(tables, Claim.State.FREE, bob);
        });
  }

  /** The container of that name has another one from then on. */
  static void rename(Ledger ledger, String name, String to, Instant at) {
    ledger.update(
        tables -> {
          for (Claim each : tables.devices().allocation().claims()) {
            if (each.name().equals(name)) {
              Claim after =
                  new Claim(
                      each.device(),
                      each.holder(),
                      to,
                      each.owner(),
                      each.type(),
                      each.state(),
                      each.since(),
                      each.until());
              tables.devices().move(each, after, entry(at, "gpu.active"));
            }
          }
        });
  }

  /** Does to the file what no ledger would. */
  public static void sql(Path file, String... statements) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void found(Tables tables, String uuid, double gpueq, boolean mig)
      throws SQLException {
    tables
        .devices()
        .presence(
            new DeviceRow(uuid, Presence.GONE, gpueq, mig),
            new DeviceRow(uuid, Presence.PRESENT, gpueq, mig),
            entry(FOUND, "gpu.present"));
  }

  private static void move(Tables tables, Claim.State from, Claim after) throws SQLException {
    Claim before =
        new Claim(
            after.device(),
            after.holder(),
            after.name(),
            after.owner(),
            after.type(),
            from,
            after.since(),
            null);
    tables.devices().move(before, after, entry(after.since(), "gpu." + after.state().word()));
  }

  private static Claim claim(
      String holder,
      String name,
      String owner,
      Claim.State state,
      Instant since,
      @Nullable Instant until) {
    return new Claim("GPU-a", holder, name, owner, ContainerType.DOCKER, state, since, until);
  }

  static JournalEntry entry(Instant at, String subject) {
    return new JournalEntry(
        0,
        at,
        JournalEntry.Kind.FACT,
        null,
        null,
        null,
        subject,
        "seen",
        "engine",
        "enforce",
        null,
        null,
        null);
  }
}
