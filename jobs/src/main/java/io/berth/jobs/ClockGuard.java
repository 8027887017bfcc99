package io.berth.jobs;

import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.Mode;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Distrusts the wall clock. Compares it with the monotonic one at each pass, across restarts of the
 * daemon as well (the last comparison is in the ledger): where they moved apart, everything pending
 * moves by the jump, and the pass is to act on nothing (DESIGN section 6).
 *
 * <p>The ticker must count from the host's boot, as Linux's CLOCK_MONOTONIC does, for a comparison
 * across restarts; after a boot it began anew, and only a wall clock that went back can be noticed.
 */
public final class ClockGuard {

  private static final String FACT = "clock";
  private static final String SET = "clock.set";
  private static final Duration KEEP_EVERY = Duration.ofSeconds(10);

  private record Reading(String bootId, Instant wall, long nanos) {

    Duration jumpTo(Reading next) {
      Duration elapsed = Duration.between(wall, next.wall);
      if (bootId.equals(next.bootId)) {
        return elapsed.minusNanos(next.nanos - nanos);
      }
      return elapsed.isNegative() ? elapsed : Duration.ZERO;
    }

    String text() {
      return bootId + " " + wall + " " + nanos;
    }

    static @Nullable Reading of(String text) {
      String[] part = text.split(" ", -1);
      return part.length == 3
          ? new Reading(part[0], Instant.parse(part[1]), Long.parseLong(part[2]))
          : null;
    }
  }

  private final Ledger ledger;
  private final InstantSource clock;
  private final LongSupplier ticker;
  private @Nullable Reading last;
  private @Nullable Reading kept;
  private long jumps;

  public ClockGuard(Ledger ledger, InstantSource clock, LongSupplier ticker) {
    this.ledger = ledger;
    this.clock = clock;
    this.ticker = ticker;
    this.last = ledger.read(tables -> tables.fact(FACT)).map(Reading::of).orElse(null);
  }

  /**
   * Compares; to be called at the start of each pass.
   *
   * @return the jump, if the clock made one since the last pass: everything pending has been moved
   *     by it
   */
  public synchronized Optional<Duration> check(String bootId, Duration tolerance, Mode mode) {
    Reading now = new Reading(bootId, clock.instant(), ticker.getAsLong());
    Duration jump = last == null ? Duration.ZERO : last.jumpTo(now);
    boolean jumped = jump.abs().compareTo(tolerance) > 0;
    if (jumped) {
      ledger.write(
          tables -> {
            tables.shift(jump);
            keep(tables, now);
            long row = record(tables, now.wall, jump, mode);
            tables.keep(SET, now.wall + " " + row + " " + jump);
            return row;
          });
    } else if (kept == null
        || Duration.between(kept.wall, now.wall).abs().compareTo(KEEP_EVERY) >= 0) {
      ledger.write(tables -> keep(tables, now));
    }
    last = now;
    jumps += jumped ? 1 : 0;
    return jumped ? Optional.of(jump) : Optional.empty();
  }

  /**
   * That the clock was set.
   *
   * @param found when that was found, by the clock as it is since
   * @param row of the journal: what lies before is of the clock of before
   * @param by how far; zero where that was written by a daemon that did not say
   */
  record Setting(Instant found, long row, Duration by) {

    static final Setting NEVER = new Setting(Instant.MIN, 0, Duration.ZERO);

    private static Setting of(String text) {
      String[] part = text.split(" ", -1);
      Duration by = part.length < 3 ? Duration.ZERO : Duration.parse(part[2]);
      return new Setting(Instant.parse(part[0]), Long.parseLong(part[1]), by);
    }
  }

  /** Whether the clock was set since that row was written: what it says of time is of before. */
  static boolean wasSetSince(Tables tables, long row) throws SQLException {
    return lastSetting(tables).filter(set -> row < set.row).isPresent();
  }

  /** The last time; empty where it never was. */
  static Optional<Setting> lastSetting(Tables tables) throws SQLException {
    return tables.fact(SET).map(Setting::of);
  }

  /** How many jumps there were: names the time between two of them, for {@link #isSteady}. */
  public synchronized long jumps() {
    return jumps;
  }

  /**
   * Whether the clocks have gone together ever since there were that many jumps. A jump that
   * another pass found and dealt with counts: what was read before it is of another time.
   */
  public synchronized boolean isSteady(Duration tolerance, long jumpsThen) {
    if (last == null || jumps != jumpsThen) {
      return false;
    }
    Reading now = new Reading(last.bootId, clock.instant(), ticker.getAsLong());
    return last.jumpTo(now).abs().compareTo(tolerance) <= 0;
  }

  private Reading keep(Tables tables, Reading reading) throws SQLException {
    tables.keep(FACT, reading.text());
    kept = reading;
    return reading;
  }

  private static long record(Tables tables, Instant now, Duration jump, Mode mode)
      throws SQLException {
    Map<String, Object> details =
        Map.of(
            "jump_seconds",
            jump.toMillis() / 1000.0,
            "next",
            "what was pending moved by as much; nothing is done in this pass");
    return tables.append(
        Events.ofDaemon(now, "sweep.error", "daemon", "clock_jump", mode, details));
  }
}
