package io.berth.jobs.activity;

/**
 * One signal of one sample.
 *
 * @param value what was measured; what it was at least where {@code state} is {@link
 *     State#UNKNOWN}; 0 where it is not attributable
 * @param why in words, where it is not known; else empty
 */
public record Measure(State state, double value, String why) {

  /** What can be said of a signal. */
  public enum State {
    KNOWN,
    /** It could not be read: nothing may be concluded but from what it was at least. */
    UNKNOWN,
    /** What can be read is not this container's alone: it neither keeps nor condemns. */
    NOT_ATTRIBUTABLE
  }

  static Measure known(double value) {
    return new Measure(State.KNOWN, value, "");
  }

  static Measure unknown(String why) {
    return new Measure(State.UNKNOWN, 0, why);
  }

  static Measure unknown(double atLeast, String why) {
    return new Measure(State.UNKNOWN, atLeast, why);
  }

  static Measure notAttributable(String why) {
    return new Measure(State.NOT_ATTRIBUTABLE, 0, why);
  }

  public boolean isKnown() {
    return state == State.KNOWN;
  }

  boolean isUnknown() {
    return state == State.UNKNOWN;
  }

  boolean isNotAttributable() {
    return state == State.NOT_ATTRIBUTABLE;
  }

  /** The higher of two of the same state. */
  Measure max(Measure later) {
    return new Measure(state, Math.max(value, later.value), later.why);
  }

  /**
   * How much a cumulative counter grew. One that has just ceased to be attributable is unknown: a
   * signal that is missing from now on ends what was concluded with it.
   *
   * @param before what it was; unknown or not attributable where {@code now} then tells nothing
   */
  static Measure growth(Measure before, Measure now) {
    if (!now.isKnown()) {
      boolean ceased = before.isKnown() && now.isNotAttributable();
      return ceased ? unknown(Sample.GAP + now.why + " since the sample before") : now;
    }
    if (before.isNotAttributable()) {
      return before;
    }
    if (!before.isKnown()) {
      return unknown("it could not be read at the sample before");
    }
    double grown = now.value - before.value;
    return grown < 0 ? unknown("its counter went back") : known(grown);
  }

  Measure times(double factor) {
    return new Measure(state, value * factor, why);
  }
}
