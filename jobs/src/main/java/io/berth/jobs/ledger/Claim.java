package io.berth.jobs.ledger;

import io.berth.policies.ContainerType;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Somebody's claim on a device. What the claims on a device come to is its {@link DeviceState}.
 *
 * @param holder the container's id, or {@link #reservation} of a grant whose container is to come
 * @param name the container's
 * @param since when it came into this state
 * @param until what has been promised: a hold or a reservation lasts at least until then; null for
 *     the other states
 */
public record Claim(
    String device,
    String holder,
    String name,
    String owner,
    ContainerType type,
    State state,
    Instant since,
    @Nullable Instant until) {

  /** How it is claimed. */
  public enum State {
    /** Not at all: before the first and after the last change of a claim. */
    FREE,
    /** Granted; its container is to come. */
    RESERVED,
    /** By a container that names it and is created, runs, is paused or restarts. */
    ACTIVE,
    /** By a container that stopped and may want it back. */
    HELD,
    /** Seen by a container that names none; kept from nobody by that alone. */
    SHARED;

    /** The word used in events and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it keeps the device from others. */
    public boolean isExclusive() {
      return this == RESERVED || this == ACTIVE || this == HELD;
    }
  }

  private static final String RESERVATION = "reservation:";

  /** The holder of a grant, keyed by user and container name. */
  public static String reservation(String owner, String name) {
    return RESERVATION + owner + "/" + name;
  }

  /** Whether that holder is a grant, and no container yet. */
  public static boolean isReservation(String holder) {
    return holder.startsWith(RESERVATION);
  }

  public boolean isReservation() {
    return state == State.RESERVED;
  }

  /** {@link #until} of a claim that has one. */
  public Instant end() {
    return Objects.requireNonNull(until);
  }

  public Claim until(@Nullable Instant later) {
    return new Claim(device, holder, name, owner, type, state, since, later);
  }
}
