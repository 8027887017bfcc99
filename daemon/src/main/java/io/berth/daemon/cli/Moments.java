package io.berth.daemon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Moments as people write and read them. */
final class Moments implements ITypeConverter<Instant> {

  private static final Instant FIRST = Instant.EPOCH;
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

  @Override
  public Instant convert(String text) {
    return parse(text, ZoneId.systemDefault());
  }

  /**
   * @param zone of a moment that names none
   * @throws TypeConversionException if it is no moment between 1970 and 9999
   */
  static Instant parse(String text, ZoneId zone) {
    try {
      Instant moment =
          DateTimeFormatter.ISO_DATE_TIME.parseBest(text, ZonedDateTime::from, LocalDateTime::from)
                  instanceof ZonedDateTime zoned
              ? zoned.toInstant()
              : LocalDateTime.parse(text).atZone(zone).toInstant();
      if (!moment.isBefore(FIRST) && !moment.isAfter(LAST)) {
        return moment;
      }
    } catch (DateTimeException e) {
      // falls through to the one message there is
    }
    throw new TypeConversionException(
        "'" + text + "' is no moment such as 2026-11-20T03:12Z, or 2026-11-20T03:12 in local time");
  }

  /** To the second, in UTC; empty for null. */
  static String shown(@Nullable Instant moment) {
    return moment == null ? "" : moment.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** As {@link #shown(Instant)}, of an answer's moment; empty where it has none. */
  static String shown(JsonNode moment) {
    return moment.isTextual() ? shown(Instant.parse(moment.asText())) : "";
  }

  /** Exactly, in UTC; null for null. */
  static @Nullable String exact(@Nullable Instant moment) {
    return moment == null ? null : moment.toString();
  }
}
