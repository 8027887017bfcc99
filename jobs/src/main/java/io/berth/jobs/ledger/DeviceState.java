package io.berth.jobs.ledger;

import io.berth.jobs.ledger.DeviceRow.Presence;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * What a device's presence and the claims on it come to. A claim changes like this, and no other
 * way ({@link DeviceTables#move}); a device's state follows from it:
 *
 * <pre>
 * from      to        when
 * free      reserved  it is granted
 * free      active    a container that names it is created, started, or found
 * free      held      a stopped container that names it is found, and nobody else has it
 * free      shared    a container that names none, and sees it, starts
 * reserved  free      its container came (which is active then), or the reservation expired or was released
 * active    held      its container stopped
 * active    free      its container was removed, or stopped and is of a type without a hold
 * held      active    its container started again
 * held      free      the hold ended, or the container was removed
 * shared    free      its container stopped or was removed
 * active    active    its container's owner is known now, or it was renamed; so with held and shared
 *
 * present, missing, unhealthy, ceded: as NVML and the configuration say, each to each other
 * </pre>
 *
 * <p>A device that is present is in conflict where more than one claim keeps it from others
 * (reserved, active, held), else in the state of the one that does, else shared, else free.
 */
public enum DeviceState {
  FREE,
  RESERVED,
  ACTIVE,
  HELD,
  /** Claimed by more than one that names it. */
  CONFLICT,
  SHARED,
  MISSING,
  UNHEALTHY,
  CEDED;

  /** The word used in events, metrics and shown. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What these claims on a device of that presence come to. */
  public static DeviceState of(Presence presence, Collection<Claim> claims) {
    return switch (presence) {
      case CEDED -> CEDED;
      case UNHEALTHY -> UNHEALTHY;
      case MISSING, GONE -> MISSING;
      case PRESENT -> of(claims);
    };
  }

  private static DeviceState of(Collection<Claim> claims) {
    List<Claim> exclusive = claims.stream().filter(each -> each.state().isExclusive()).toList();
    if (exclusive.size() > 1) {
      return CONFLICT;
    }
    if (exclusive.isEmpty()) {
      return claims.isEmpty() ? FREE : SHARED;
    }
    return switch (exclusive.get(0).state()) {
      case RESERVED -> RESERVED;
      case HELD -> HELD;
      default -> ACTIVE;
    };
  }

  /** Whether one change of a claim is legal, by the table above. */
  static boolean isLegal(Claim.State from, Claim.State to) {
    return switch (from) {
      case FREE -> to != Claim.State.FREE;
      case ACTIVE, HELD ->
          to == Claim.State.ACTIVE || to == Claim.State.HELD || to == Claim.State.FREE;
      case SHARED -> to == Claim.State.SHARED || to == Claim.State.FREE;
      case RESERVED -> to == Claim.State.FREE;
    };
  }
}
