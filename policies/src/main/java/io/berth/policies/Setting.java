package io.berth.policies;

/** A value and where it came from. */
public record Setting<T>(T value, Provenance from) {}
