package io.berth.jobs;

import java.time.Instant;
import java.util.Map;

/**
 * Acts that fall due within ten minutes of each other, and are more than a guard lets pass.
 *
 * @param from when the first of them is due
 * @param trips whether the breaker would hold all of them back
 * @param heldBack how many a cap would leave for later sweeps, by the first cap that does; each
 *     sweep of the ten minutes goes on with what the one before left
 */
public record Rush(
    Instant from, int stops, int removals, boolean trips, Map<String, Integer> heldBack) {}
