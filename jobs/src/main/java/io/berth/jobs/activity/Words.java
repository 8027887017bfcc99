package io.berth.jobs.activity;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Values as people read them. */
final class Words {

  private static final double KIB = 1024;
  private static final double MIB = KIB * KIB;
  private static final double GIB = MIB * KIB;

  private Words() {}

  static String percent(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.1f %%" : "%.0f %%", value);
  }

  static String bytes(double value) {
    if (value >= GIB) {
      return String.format(Locale.ROOT, "%.1f GiB", value / GIB);
    }
    if (value >= MIB) {
      return String.format(Locale.ROOT, "%.1f MiB", value / MIB);
    }
    return value >= KIB
        ? String.format(Locale.ROOT, "%.1f KiB", value / KIB)
        : String.format(Locale.ROOT, "%.0f bytes", value);
  }

  static String moment(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
