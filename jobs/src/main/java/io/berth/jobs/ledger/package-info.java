/**
 * What Berth knows and did, durably: the journal and the state that goes with it, in one SQLite
 * file. All other parts ask it and tell it; none keeps a truth of its own.
 */
@NullMarked
package io.berth.jobs.ledger;

import org.jspecify.annotations.NullMarked;
