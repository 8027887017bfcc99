package io.berth.jobs;

import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one place that says which mode is in force: {@code observe} while the disable file exists;
 * else the command line's; else the one last set by command, from the ledger; else the book's. A
 * job listed in {@code safety.jobs} stays in observe.
 */
public final class Modes {

  private static final String FACT = "mode";
  private static final String LAST = "mode.last";

  private final Ledger ledger;
  private final @Nullable Mode commandLine;
  private final BooleanSupplier disabled;

  /**
   * @param commandLine of {@code --mode}; null where it was not given
   * @param disabled whether the disable file exists now
   */
  public Modes(Ledger ledger, @Nullable Mode commandLine, BooleanSupplier disabled) {
    this.ledger = ledger;
    this.commandLine = commandLine;
    this.disabled = disabled;
  }

  /** The mode of the daemon as a whole. */
  public Mode inForce(PolicyBook book) {
    if (disabled.getAsBoolean()) {
      return Mode.OBSERVE;
    }
    if (commandLine != null) {
      return commandLine;
    }
    return ledger.read(tables -> tables.fact(FACT)).map(Mode::valueOf).orElse(book.safety().mode());
  }

  /** The mode that was set by command; empty where the configuration's counts. */
  public Optional<Mode> set() {
    return ledger.read(tables -> tables.fact(FACT)).map(Mode::valueOf);
  }

  /**
   * Sets the mode by command, until it is set anew.
   *
   * @param mode null: the configuration's counts again
   * @param who asked for it
   * @return the mode that is in force then: the command line and the disable file go before
   */
  public Mode set(@Nullable Mode mode, String who, PolicyBook book, Instant now) {
    return ledger.write(
        tables -> {
          Mode before = inForce(book);
          if (mode == null) {
            tables.drop(FACT);
          } else {
            tables.keep(FACT, mode.name());
          }
          Mode after = inForce(book);
          String asked = mode == null ? "config" : mode.word();
          tables.keep(LAST, after.name());
          tables.append(
              Events.ofDaemon(
                  now,
                  "daemon.mode",
                  "cli",
                  "user",
                  null,
                  after,
                  Map.of("before", before.word(), "set", asked, "who", who)));
          return after;
        });
  }

  /** Records as an event that another mode is in force than when this was last called. */
  void journal(Mode mode, Instant now) {
    Optional<Mode> before = ledger.read(tables -> tables.fact(LAST)).map(Mode::valueOf);
    if (before.isEmpty() || before.get() != mode) {
      Map<String, Object> details =
          before.isEmpty() ? Map.of() : Map.of("before", before.get().word());
      ledger.update(
          tables -> {
            tables.keep(LAST, mode.name());
            tables.append(Events.ofDaemon(now, "daemon.mode", "daemon", null, mode, details));
          });
    }
  }

  /** The mode of one job. */
  public Mode of(JobName job, PolicyBook book) {
    return of(job, book, inForce(book));
  }

  /** The same, by the mode of the daemon as a whole. */
  public static Mode of(JobName job, PolicyBook book, Mode inForce) {
    return book.safety().observeJobs().contains(job) ? Mode.OBSERVE : inForce;
  }

  /**
   * Keeps account of since when the job enforces, so that the switch to it makes nothing due at
   * once.
   *
   * @return since when it has been enforcing without a break; {@link Instant#MIN} where it is not
   */
  Instant enforcingSince(JobName job, Mode mode, Instant now) {
    Optional<Instant> since = ledger.read(tables -> tables.enforcingSince(job));
    if (mode == Mode.OBSERVE) {
      if (since.isPresent()) {
        ledger.update(tables -> tables.notEnforcing(job));
      }
      return Instant.MIN;
    }
    if (since.isEmpty()) {
      ledger.update(tables -> tables.enforcing(job, now));
    }
    return since.orElse(Tables.cut(now));
  }

  /** Since when the job has been enforcing without a break; empty where it is not. */
  Optional<Instant> enforcingSince(JobName job) {
    return ledger.read(tables -> tables.enforcingSince(job));
  }

  /** Whether the job enforces now, and has without a break since then. */
  boolean isEnforcing(JobName job, PolicyBook book, Instant since) {
    return of(job, book) == Mode.ENFORCE
        && ledger.read(tables -> tables.enforcingSince(job)).filter(since::equals).isPresent();
  }
}
