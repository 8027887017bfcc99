package io.berth.policies;

import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A number between bounds, written in decimal digits.
 *
 * @param <N> what it becomes
 */
final class NumberType<N extends Number> extends ScalarType<N> {

  private static final Pattern DECIMAL = Pattern.compile("[-+]?\\d{1,30}(\\.\\d{1,30})?([eE]\\d)?");
  private static final Pattern WHOLE = Pattern.compile("[-+]?\\d{1,30}");
  private static final Pattern OCTAL_OR_OTHER = Pattern.compile("[-+]?0[\\dxob_].*|.*_.*");

  /** 0 to 1. */
  static final NumberType<Double> SHARE = decimal("a share from 0 to 1", 0, false, 1);

  /** Above 0, to 1. */
  static final NumberType<Double> SHARE_ABOVE_0 = decimal("a share above 0, up to 1", 0, true, 1);

  static final NumberType<Double> PERCENT = decimal("a percentage from 0 to 100", 0, false, 100);

  /** 0 or more. */
  static final NumberType<Double> AMOUNT =
      decimal("a number from 0 to 1000000", 0, false, 1_000_000);

  private final double min;
  private final boolean aboveMin;
  private final double max;
  private final boolean whole;
  private final Function<String, N> parse;

  private NumberType(
      String expected,
      double min,
      boolean aboveMin,
      double max,
      boolean whole,
      Function<String, N> parse) {
    super(expected);
    this.min = min;
    this.aboveMin = aboveMin;
    this.max = max;
    this.whole = whole;
    this.parse = parse;
  }

  private static NumberType<Double> decimal(
      String expected, double min, boolean aboveMin, double max) {
    return new NumberType<>(expected, min, aboveMin, max, false, Double::valueOf);
  }

  static NumberType<Integer> count(int min, int max) {
    String expected = "a whole number from " + min + " to " + max;
    return new NumberType<>(expected, min, false, max, true, Integer::valueOf);
  }

  static NumberType<Long> bigCount(long min, long max) {
    String expected = "a whole number from " + min + " to " + max;
    return new NumberType<>(expected, min, false, max, true, Long::valueOf);
  }

  @Override
  N parse(String text, Value value) {
    if (!value.isPlain() && DECIMAL.matcher(text).matches()) {
      throw new Refused(Value.shown(text) + " is a text, not a number", "remove the quotes");
    }
    if (OCTAL_OR_OTHER.matcher(text).matches()) {
      throw refused(text, "reads differently in different tools");
    }
    if (!DECIMAL.matcher(text).matches()) {
      throw refused(text, "is not a number");
    }
    if (whole && !WHOLE.matcher(text).matches()) {
      throw refused(text, "is not a whole number");
    }
    double number = Double.parseDouble(text);
    if (number < min || number > max || (aboveMin && number == min)) {
      throw refused(text, "is out of range");
    }
    return parse.apply(text);
  }

  @Override
  public Map<String, Object> schema() {
    return Schemas.of(
        "type",
        whole ? "integer" : "number",
        aboveMin ? "exclusiveMinimum" : "minimum",
        number(min),
        "maximum",
        number(max));
  }

  private static Number number(double bound) {
    return bound == Math.rint(bound) ? (Number) (long) bound : (Number) bound;
  }

  @Override
  public Object plain(N value) {
    return value;
  }
}
