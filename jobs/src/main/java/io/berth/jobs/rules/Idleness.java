package io.berth.jobs.rules;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a running container does nothing, and since when; what {@code activity} says of it.
 *
 * @param since the first sample of an unbroken run of idle ones that is long enough to count; null
 *     where {@code state} is not {@link State#IDLE}
 * @param why in words, for its owner
 * @param numbers what that rests on, by the name that an event gives it
 */
public record Idleness(
    State state, @Nullable Instant since, String why, Map<String, Object> numbers) {

  /** Missing data is {@link #UNKNOWN}, never idle (DESIGN section 8, invariant 4). */
  public enum State {
    ACTIVE,
    IDLE,
    UNKNOWN
  }

  public Idleness {
    numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
    if ((state == State.IDLE) != (since != null)) {
      throw new IllegalArgumentException("since is for what is idle: " + state + ", " + since);
    }
  }

  /** The same, with more to say. */
  public Idleness saying(String more) {
    return new Idleness(state, since, why + "; " + more, numbers);
  }

  public static Idleness idle(Instant since, String why, Map<String, Object> numbers) {
    return new Idleness(State.IDLE, since, why, numbers);
  }

  public static Idleness active(String why, Map<String, Object> numbers) {
    return new Idleness(State.ACTIVE, null, why, numbers);
  }

  public static Idleness unknown(String why) {
    return new Idleness(State.UNKNOWN, null, why, Map.of());
  }
}
