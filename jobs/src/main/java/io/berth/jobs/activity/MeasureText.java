package io.berth.jobs.activity;

/** How a measure is kept in the ledger: {@code 12.5}, {@code ?3.0 why}, {@code - why}. */
final class MeasureText {

  private static final String UNKNOWN = "?";
  private static final String NOT_ATTRIBUTABLE = "- ";

  private MeasureText() {}

  static String of(Measure measure) {
    return switch (measure.state()) {
      case KNOWN -> Double.toString(measure.value());
      case UNKNOWN -> UNKNOWN + measure.value() + " " + measure.why();
      case NOT_ATTRIBUTABLE -> NOT_ATTRIBUTABLE + measure.why();
    };
  }

  /** What makes no sense is unknown. */
  static Measure parse(String text) {
    try {
      if (text.startsWith(NOT_ATTRIBUTABLE)) {
        return Measure.notAttributable(text.substring(NOT_ATTRIBUTABLE.length()));
      }
      if (text.startsWith(UNKNOWN)) {
        int end = text.indexOf(' ');
        double atLeast = Double.parseDouble(text.substring(UNKNOWN.length(), end));
        return Measure.unknown(atLeast, text.substring(end + 1));
      }
      return Measure.known(Double.parseDouble(text));
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      return Measure.unknown("the ledger has '" + text + "' for it");
    }
  }
}
