package io.berth.policies;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code lifecycle-exemptions.yaml}.
 *
 * @param expires the last moment at which it is active; null: no end
 * @param provenance where the entry begins
 */
public record Exemption(
    String username,
    Set<From> exemptFrom,
    @Nullable Instant expires,
    String reason,
    Provenance provenance) {

  /** Which limit an exemption lifts. */
  public enum From {
    IDLE_TIMEOUT,
    MAX_RUNTIME
  }

  public Exemption {
    exemptFrom = Set.copyOf(exemptFrom);
  }

  public boolean covers(From limit, Instant at) {
    return exemptFrom.contains(limit) && isActive(at);
  }

  /** Whether it has not expired at that moment. */
  public boolean isActive(Instant at) {
    return expires == null || !at.isAfter(expires);
  }
}
