package io.berth.policies;

import java.util.Optional;

/** A type whose value is a single text or number, never null. */
abstract class ScalarType<T> implements ValueType<T> {

  private final String expected;

  /**
   * @param expected what to write, such as {@code a duration such as 30m}
   */
  ScalarType(String expected) {
    this.expected = expected;
  }

  /** What to write, for messages. */
  final String expected() {
    return expected;
  }

  @Override
  public final Optional<T> read(Value value) {
    try {
      return Optional.of(parse(value.text(expected), value));
    } catch (Refused refused) {
      value.error(refused);
      return Optional.empty();
    }
  }

  /**
   * @param value where the text stands, for how it was written
   * @throws Refused where it is not what it should be
   */
  abstract T parse(String text, Value value);

  final Refused refused(String text, String what) {
    return new Refused(Value.shown(text) + " " + what, "write " + expected);
  }
}
