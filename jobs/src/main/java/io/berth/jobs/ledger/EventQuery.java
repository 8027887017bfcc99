package io.berth.jobs.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which events somebody asks for. What is null excludes nothing.
 *
 * @param after only those with a larger number
 * @param since only those recorded then or later
 * @param user the owner they are about
 * @param container its name, its id, or the beginning of its id
 * @param type such as {@code container.stop}, or its first word: {@code container}
 * @param limit at most so many
 * @param latest whether the last of them are wanted, rather than the first
 */
public record EventQuery(
    long after,
    @Nullable Instant since,
    @Nullable String user,
    @Nullable String container,
    @Nullable String type,
    int limit,
    boolean latest) {}
