package io.berth.policies;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Map;

/** The end of an exemption: an ISO-8601 instant, or a date, to its last second. */
final class ExpiryType extends ScalarType<Instant> {

  private static final String DATE = "\\d{4}-\\d{2}-\\d{2}";

  private final ZoneId zone;

  /**
   * @param zone in which a date ends
   */
  ExpiryType(ZoneId zone) {
    super("a date such as 2027-01-31, an instant such as 2027-01-31T18:00:00Z, or null for no end");
    this.zone = zone;
  }

  @Override
  Instant parse(String text, Value value) {
    try {
      return text.matches(DATE)
          ? LocalDate.parse(text).plusDays(1).atStartOfDay(zone).toInstant().minusSeconds(1)
          : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw refused(text, "is not a date or instant");
    }
  }

  @Override
  public Map<String, Object> schema() {
    return Schemas.text(DATE + "(T.*)?");
  }

  @Override
  public Object plain(Instant value) {
    return value.toString();
  }
}
