package io.berth.policies;

import java.text.ParseException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.TimeZone;
import org.quartz.CronExpression;

/**
 * A cron line as an admin writes it, and the Quartz expressions that fire at the same moments.
 *
 * <p>A line of 5 fields is what crontab(5) says; it is converted, since Quartz numbers the days of
 * the week differently and knows no "either" of the two day fields. A line of 6 or 7 fields is
 * Quartz's own.
 */
final class CronLine {

  private static final int CRON_FIELDS = 5;

  private CronLine() {}

  /**
   * @throws Refused that names the field and what is allowed there
   */
  static Schedule.Cron parse(String line) {
    String[] fields = line.strip().split("\\s+");
    return switch (fields.length) {
      case CRON_FIELDS -> cron(line, fields);
      case CRON_FIELDS + 1, CRON_FIELDS + 2 -> quartz(line, fields);
      default ->
          throw new Refused(
              Value.shown(line) + " has " + fields.length + " fields",
              "write 5: minute, hour, day of month, month, day of week (or a Quartz line of 6 or 7)");
    };
  }

  private static Schedule.Cron cron(String line, String[] fields) {
    String time =
        "0 " + CronField.MINUTE.quartz(fields[0]) + " " + CronField.HOUR.quartz(fields[1]);
    String month = CronField.MONTH.quartz(fields[3]);
    String dayOfMonth = CronField.DAY_OF_MONTH.quartz(fields[2]);
    String dayOfWeek = CronField.DAY_OF_WEEK.quartz(fields[4]);
    boolean anyDayOfMonth = CronField.isStar(fields[2]);
    boolean anyDayOfWeek = CronField.isStar(fields[4]);
    refuseBothDays(fields[2], fields[4]);
    List<String> lines = new ArrayList<>();
    if (!anyDayOfMonth || anyDayOfWeek) {
      lines.add(String.join(" ", time, dayOfMonth, month, "?"));
    }
    if (!anyDayOfWeek) {
      lines.add(String.join(" ", time, "?", month, dayOfWeek));
    }
    lines.forEach(each -> check(line, each));
    return new Schedule.Cron(line, lines);
  }

  /** cron takes a day field that begins with a star as "and", others as "or"; few people know. */
  private static void refuseBothDays(String dayOfMonth, String dayOfWeek) {
    boolean bothRestrict = !CronField.isStar(dayOfMonth) && !CronField.isStar(dayOfWeek);
    if (bothRestrict && (dayOfMonth.startsWith("*") || dayOfWeek.startsWith("*"))) {
      CronField field = dayOfMonth.startsWith("*") ? CronField.DAY_OF_MONTH : CronField.DAY_OF_WEEK;
      throw field.refused(
          dayOfMonth.startsWith("*") ? dayOfMonth : dayOfWeek,
          "a step over * beside the other day field means \"both\" in cron, which can't be done",
          "write out the days, which means \"either\", or restrict one of the two");
    }
  }

  private static Schedule.Cron quartz(String line, String[] fields) {
    List<CronField> order = List.of(CronField.values());
    for (int i = 0; i < fields.length; i++) {
      checkField(order.get(i), fields[i]);
    }
    String joined = String.join(" ", fields);
    check(line, joined);
    return new Schedule.Cron(line, List.of(joined));
  }

  /** Asks Quartz about a line that is right but for this field, to find the one that is not. */
  private static void checkField(CronField field, String text) {
    boolean noDay = text.equals("?");
    if (field == CronField.DAY_OF_MONTH && noDay) {
      return;
    }
    List<String> probe = new ArrayList<>();
    for (CronField each : CronField.values()) {
      boolean weekday = field == CronField.DAY_OF_WEEK && !noDay;
      probe.add(each == field ? text : harmless(each, weekday));
    }
    expression(String.join(" ", probe), field, text);
  }

  private static String harmless(CronField field, boolean besideWeekday) {
    return switch (field) {
      case SECOND, MINUTE, HOUR -> "0";
      case DAY_OF_MONTH -> besideWeekday ? "?" : "*";
      case MONTH, YEAR -> "*";
      case DAY_OF_WEEK -> "?";
    };
  }

  private static void expression(String line, CronField field, String text) {
    try {
      new CronExpression(line);
    } catch (ParseException | RuntimeException e) {
      throw field.refused(text, said(e), allowed(field));
    }
  }

  /** What Quartz allows in a field of its own lines. */
  private static String allowed(CronField field) {
    return switch (field) {
      case SECOND, MINUTE -> "allowed: 0-59, *, a-b, a/n, and lists of these";
      case HOUR -> "allowed: 0-23, *, a-b, a/n, and lists of these";
      case DAY_OF_MONTH -> "allowed: 1-31, *, ?, a-b, a/n, L, W, and lists of these";
      case MONTH -> "allowed: 1-12 or JAN-DEC, *, a-b, a/n, and lists of these";
      case DAY_OF_WEEK -> "allowed: 1-7 (1 is Sunday) or SUN-SAT, *, ?, a-b, a/n, L, # and lists";
      case YEAR -> "allowed: 1970-2099, *, a-b, a/n, and lists of these";
    };
  }

  /** Each field is right by now, so that only the two days can be at odds. */
  private static void check(String written, String quartz) {
    if (!happens(written, quartz)) {
      throw new Refused(Value.shown(written) + " never happens", "name a day its month has");
    }
  }

  private static boolean happens(String written, String quartz) {
    try {
      CronExpression expression = new CronExpression(quartz);
      expression.setTimeZone(TimeZone.getTimeZone("UTC"));
      return expression.getTimeAfter(Date.from(Instant.EPOCH)) != null;
    } catch (ParseException | RuntimeException e) {
      throw new Refused(
          Value.shown(written) + ": " + said(e), "write ? for one of day of month and day of week");
    }
  }

  /** Quartz's message without its full stop and the exception that it may quote. */
  private static String said(Exception e) {
    return String.valueOf(e.getMessage()).replaceFirst("(?s) \\(java\\..*|\\.$", "");
  }
}
