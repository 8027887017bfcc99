package io.berth.jobs.ledger;

import java.time.Instant;

/**
 * An owner who has more than his quota, which containers that nobody allocated can bring about.
 *
 * @param gpueq what he has, in GPU-equivalents
 * @param quota what he may have
 * @param since when he was first seen above it
 */
public record OverQuota(String owner, double gpueq, double quota, Instant since) {}
