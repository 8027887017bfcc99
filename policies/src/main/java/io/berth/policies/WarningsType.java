package io.berth.policies;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The shares of a limit at which its owner is warned: at least one, increasing, below 1. */
final class WarningsType implements ValueType<List<Double>> {

  private static final String MEANT =
      "write shares above 0 and below 1, increasing, such as [0.8, 0.95]";
  private static final ListType<Double> SHARES = new ListType<>(NumberType.SHARE, true);

  @Override
  public Optional<List<Double>> read(Value value) {
    Optional<List<Double>> shares = SHARES.read(value);
    Optional<String> wrong = shares.flatMap(WarningsType::wrong);
    wrong.ifPresent(what -> value.error(what, MEANT));
    return wrong.isPresent() ? Optional.empty() : shares;
  }

  private static Optional<String> wrong(List<Double> shares) {
    double last = 0;
    for (double share : shares) {
      if (share <= 0 || share >= 1) {
        return Optional.of("the share " + share + " is not above 0 and below 1");
      }
      if (share <= last) {
        return Optional.of("the share " + share + " does not increase over " + last);
      }
      last = share;
    }
    return Optional.empty();
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> share =
        Schemas.of("type", "number", "exclusiveMinimum", 0, "exclusiveMaximum", 1);
    return Schemas.of("type", "array", "items", share, "minItems", 1, "uniqueItems", true);
  }

  @Override
  public Object plain(List<Double> value) {
    return value;
  }
}
