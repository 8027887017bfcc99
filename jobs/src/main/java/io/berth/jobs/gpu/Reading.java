package io.berth.jobs.gpu;

import java.util.Optional;

/**
 * What came of asking: the value, or that it is unknown and why. Unknown is never empty or zero.
 */
public sealed interface Reading<T> {

  /** It was read without error. */
  record Known<T>(T value) implements Reading<T> {}

  /**
   * It could not be read; nothing may be concluded from that (DESIGN section 8, invariant 4).
   *
   * @param why for a human: where, what, and what to do
   */
  record Unknown<T>(String why) implements Reading<T> {}

  static <T> Reading<T> known(T value) {
    return new Known<>(value);
  }

  static <T> Reading<T> unknown(String why) {
    return new Unknown<>(why);
  }

  default boolean isKnown() {
    return this instanceof Known;
  }

  /** The value; empty where it is unknown. */
  default Optional<T> asOptional() {
    return this instanceof Known<T> known ? Optional.of(known.value()) : Optional.empty();
  }

  /** Why it is unknown; empty where it is known. */
  default String why() {
    return "";
  }
}
