package io.berth.daemon.control;

import io.berth.policies.Durations;
import io.berth.policies.LimitKey;
import io.berth.policies.Limits;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** The values of limits, as an admin would write them. */
final class LimitWords {

  private LimitWords() {}

  static String of(Limits limits, LimitKey<?> key) {
    return of(limits.get(key));
  }

  static String of(Object value) {
    if (value instanceof Duration duration) {
      return Durations.format(duration);
    }
    if (value instanceof Optional<?> optional) {
      return optional.map(LimitWords::of).orElse("none");
    }
    if (value instanceof Enum<?> word) {
      return word.name().toLowerCase(Locale.ROOT);
    }
    return value instanceof Double number
        ? BigDecimal.valueOf(number).stripTrailingZeros().toPlainString()
        : value.toString();
  }
}
