package io.berth.daemon.control;

import io.berth.jobs.Allocator;
import io.berth.jobs.Bystanders;
import io.berth.jobs.Modes;
import io.berth.jobs.Requests;
import io.berth.jobs.Sweeps;
import io.berth.jobs.activity.Sample;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the routes are made of.
 *
 * @param reader reads the ledger's file beside the daemon, so that long reads keep nobody waiting
 * @param samples what a container did lately, by its id
 * @param blindSpots what idle detection can't see on this host, in words; answers at once
 */
public record ControlParts(
    Ledger ledger,
    LedgerReader reader,
    Allocator allocator,
    Bystanders bystanders,
    Modes modes,
    Requests requests,
    Sweeps sweeps,
    Function<String, List<Sample>> samples,
    Supplier<List<String>> blindSpots,
    Supplier<PolicyBook> book,
    DaemonHandle daemon,
    InstantSource clock,
    TestNotifier notifier) {

  Mode mode() {
    return modes.inForce(book.get());
  }
}
