package io.berth.daemon.schedule;

import java.text.ParseException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.TimeZone;
import org.quartz.CronExpression;

/**
 * The moments of a cron line in a time zone, also around a change of the clocks.
 *
 * <p>Quartz's own search goes wrong there: when Europe/Berlin sets the clock back, a line for every
 * five minutes is silent from 01:55 to the second 02:00, an hour and five minutes; when it is set
 * forward, {@code 0 30 2 * * ?} has no run that day. So Quartz's expression is asked for local
 * times only (as if they were UTC), and those become instants here, by the rule of Debian's cron: a
 * line that recurs within the day (a star or a step in its seconds, minutes or hours) follows
 * elapsed time; one for fixed times runs once a day, in a repeated hour the first time, and for a
 * time that is skipped at the moment the clocks change.
 */
final class CronTimes {

  private final List<CronExpression> recurring = new ArrayList<>();
  private final List<CronExpression> fixed = new ArrayList<>();
  private final ZoneRules rules;

  /**
   * @param expressions Quartz cron lines of 6 or 7 fields; a moment of any of them counts
   * @throws IllegalArgumentException if one of them is no cron line
   */
  CronTimes(List<String> expressions, ZoneId zone) {
    rules = zone.getRules();
    for (String text : expressions) {
      (recursWithinTheDay(text) ? recurring : fixed).add(parse(text));
    }
  }

  /** The first moment after that one; empty where there is none left. */
  Optional<Instant> after(Instant now) {
    List<Instant> found = new ArrayList<>();
    recurring.forEach(line -> nextElapsed(line, now).ifPresent(found::add));
    fixed.forEach(line -> nextFixed(line, now).ifPresent(found::add));
    return found.stream().min(Instant::compareTo);
  }

  private static boolean recursWithinTheDay(String expression) {
    String[] fields = expression.trim().split("\\s+", -1);
    String time = fields[0] + fields[1] + fields[2];
    return time.contains("*") || time.contains("/");
  }

  private static CronExpression parse(String text) {
    try {
      CronExpression parsed = new CronExpression(text);
      parsed.setTimeZone(TimeZone.getTimeZone("UTC"));
      return parsed;
    } catch (ParseException e) {
      throw new IllegalArgumentException("not a cron line: " + text, e);
    }
  }

  /** Reads the line by one offset at a time, from one change of the clocks to the next. */
  private Optional<Instant> nextElapsed(CronExpression line, Instant now) {
    ZoneOffset offset = rules.getOffset(now);
    LocalDateTime local = LocalDateTime.ofInstant(now, offset);
    ZoneOffsetTransition change = rules.nextTransition(now);
    while (true) {
      Optional<LocalDateTime> next = nextLocal(line, local);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      Instant candidate = next.get().toInstant(offset);
      if (change == null || candidate.isBefore(change.getInstant())) {
        return Optional.of(candidate);
      }
      offset = change.getOffsetAfter();
      local = change.getDateTimeAfter().minusSeconds(1); // the moment of the change counts
      change = rules.nextTransition(change.getInstant());
    }
  }

  private Optional<Instant> nextFixed(CronExpression line, Instant now) {
    Optional<LocalDateTime> next =
        nextLocal(line, LocalDateTime.ofInstant(now, rules.getOffset(now)));
    while (next.isPresent() && !instantOf(next.get()).isAfter(now)) {
      next = nextLocal(line, next.get()); // the second time round of a repeated hour
    }
    return next.map(this::instantOf);
  }

  private Instant instantOf(LocalDateTime local) {
    List<ZoneOffset> offsets = rules.getValidOffsets(local);
    return offsets.isEmpty()
        ? rules.getTransition(local).getInstant()
        : local.toInstant(offsets.get(0));
  }

  private static Optional<LocalDateTime> nextLocal(CronExpression line, LocalDateTime local) {
    Date next = line.getNextValidTimeAfter(Date.from(local.toInstant(ZoneOffset.UTC)));
    return Optional.ofNullable(next)
        .map(date -> LocalDateTime.ofInstant(date.toInstant(), ZoneOffset.UTC));
  }
}
