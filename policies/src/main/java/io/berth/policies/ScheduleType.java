package io.berth.policies;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** When a job runs: {@code every 30s}, a cron line of 5, 6 or 7 fields, or {@code off}. */
final class ScheduleType extends ScalarType<Schedule> {

  private static final String EVERY = "every ";
  private static final int LONGEST = 200;
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  ScheduleType() {
    super("every 30s, a cron line such as \"*/5 * * * *\", or off");
  }

  @Override
  Schedule parse(String text, Value value) {
    if (OptionalType.isOff(value)) {
      return new Schedule.Off();
    }
    if (text.startsWith(EVERY)) {
      return every(text.substring(EVERY.length()).strip());
    }
    if (text.length() > LONGEST || text.strip().split("\\s+").length < 2) {
      throw refused(text, "is not a schedule");
    }
    return CronLine.parse(text);
  }

  private static Schedule every(String period) {
    Duration duration = Durations.parse(period);
    if (duration.compareTo(SHORTEST) < 0) {
      throw new Refused(Value.shown(period) + " is too short", "write at least every 1s");
    }
    return new Schedule.Every(duration);
  }

  @Override
  public Map<String, Object> schema() {
    String field = "[-0-9A-Za-z*/,?#]+";
    return Schemas.of(
        "anyOf",
        List.of(
            Schemas.text("every +(?:" + Schemas.DURATION + ")"),
            Schemas.text(field + "(?:\\s+" + field + "){4,6}"),
            Schemas.OFF));
  }

  @Override
  public Object plain(Schedule value) {
    if (value instanceof Schedule.Every every) {
      return EVERY + Durations.format(every.period());
    }
    return value instanceof Schedule.Cron cron ? cron.written() : "off";
  }
}
