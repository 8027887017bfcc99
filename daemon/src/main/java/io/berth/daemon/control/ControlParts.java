package io.berth.daemon.control;

import io.berth.jobs.Allocator;
import io.berth.jobs.Freezer;
import io.berth.jobs.Modes;
import io.berth.jobs.Requests;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the routes are made of.
 *
 * @param reader reads the ledger's file beside the daemon, so that long reads keep nobody waiting
 * @param breaker null where this daemon can't approve anything
 * @param notifier null where this daemon notifies nobody
 */
public record ControlParts(
    Ledger ledger,
    LedgerReader reader,
    Allocator allocator,
    Modes modes,
    Requests requests,
    Freezer freezer,
    Supplier<PolicyBook> book,
    DaemonHandle daemon,
    InstantSource clock,
    @Nullable BreakerControl breaker,
    @Nullable TestNotifier notifier) {

  Mode mode() {
    return modes.inForce(book.get());
  }
}
