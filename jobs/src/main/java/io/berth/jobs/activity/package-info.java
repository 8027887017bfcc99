/**
 * What each running GPU container did lately: samples of its cumulative counters, kept in the
 * ledger, and what they say of its idleness. Reads the host and the GPUs; touches no container and
 * asks no Engine.
 */
@NullMarked
package io.berth.jobs.activity;

import org.jspecify.annotations.NullMarked;
