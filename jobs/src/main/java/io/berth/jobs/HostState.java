package io.berth.jobs;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the host says of itself at one moment.
 *
 * @param bootId another one after each boot
 * @param boot when it booted
 * @param engineStart when the Engine's process started; null where that can't be told
 */
public record HostState(String bootId, Instant boot, @Nullable Instant engineStart) {}
