package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.ParseException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.quartz.CronExpression;

class ScheduleTest {

  private static Schedule schedule(String text) {
    return Texts.value(new ScheduleType(), text);
  }

  @Test
  void a_period_is_read() {
    assertThat(schedule("every 30s")).isEqualTo(new Schedule.Every(Duration.ofSeconds(30)));
    assertThat(schedule("every  1h30m")).isEqualTo(new Schedule.Every(Duration.ofMinutes(90)));
  }

  @Test
  void off_is_off_as_a_word_and_as_what_other_tools_make_of_it() {
    assertThat(schedule("off")).isEqualTo(new Schedule.Off());
    assertThat(schedule("'off'")).isEqualTo(new Schedule.Off());
    assertThat(schedule("false")).isEqualTo(new Schedule.Off());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*/5 * * * *        | 0 0,5,10,15,20,25,30,35,40,45,50,55 * * * ?",
        "0 3 * * *          | 0 0 3 * * ?",
        "0 3 * * 0          | 0 0 3 ? * 1",
        "0 3 * * 7          | 0 0 3 ? * 1",
        "0 3 * * 0,7        | 0 0 3 ? * 1",
        "0 3 * * mon-fri    | 0 0 3 ? * 2,3,4,5,6",
        "0 3 * * 5-7        | 0 0 3 ? * 1,6,7",
        "0 3 * * SUN        | 0 0 3 ? * 1",
        "0 3 1 jan,JUL *    | 0 0 3 1 1,7 ?",
        "0 0-23/6 * * *     | 0 0 0,6,12,18 * * ?",
        "0 3 */10 * *       | 0 0 3 1,11,21,31 * ?",
        "0 3 * * */2        | 0 0 3 ? * 1,3,5,7",
      })
  void a_line_of_five_fields_becomes_one_quartz_line(String line, String quartz) {
    assertThat(schedule('"' + line + '"')).isEqualTo(new Schedule.Cron(line, List.of(quartz)));
  }

  @Test
  void both_days_restricted_mean_either_and_become_two_lines() {
    assertThat(schedule("0 3 13 * fri"))
        .isEqualTo(new Schedule.Cron("0 3 13 * fri", List.of("0 0 3 13 * ?", "0 0 3 ? * 6")));
  }

  @Test
  void quartz_lines_are_taken_as_they_are() {
    assertThat(schedule("'0 0 3 ? * 6L'"))
        .isEqualTo(new Schedule.Cron("0 0 3 ? * 6L", List.of("0 0 3 ? * 6L")));
    assertThat(schedule("'0/10 * * * * ? 2027-2099'")).isInstanceOf(Schedule.Cron.class);
    assertThat(schedule("'0 0 3 L * ?'")).isInstanceOf(Schedule.Cron.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "60 * * * *       | the minute field \"60\": \"60\" is out of range; allowed: 0-59",
        "* 24 * * *       | the hour field \"24\": \"24\" is out of range; allowed: 0-23",
        "* * 0 * *        | the day of month field \"0\": \"0\" is out of range; allowed: 1-31",
        "* * * 13 *       | the month field \"13\": \"13\" is out of range; allowed: 1-12 or",
        "* * * * 8        | the day of week field \"8\": \"8\" is out of range; allowed: 0-7 (0 and 7",
        "* * * jna *      | the month field \"jna\": \"jna\" is out of range; allowed: 1-12 or",
        "5/15 * * * *     | the minute field \"5/15\": a step needs a range; write 5-59/15",
        "*/0 * * * *      | the minute field \"*/0\": the step 0 is out of range; write 1-59",
        "* 22-2 * * *     | the hour field \"22-2\": the range runs backwards; write it as two",
        "1,,2 * * * *     | the minute field \"1,,2\": \"\" is not understood; allowed: 0-59",
        "* * L * *        | the day of month field \"L\": \"L\" is out of range; allowed: 1-31",
        "* * ? * *        | the day of month field \"?\": \"?\" is not understood; allowed: 1-31",
        "0 0 30 2 *       | \"0 0 30 2 *\" never happens; name a day its month has",
        "0 0 */2 * mon    | the day of month field \"*/2\": a step over * beside the other day",
        "0 0 1 * */2      | the day of week field \"*/2\": a step over * beside the other day",
        "* * * *          | \"* * * *\" has 4 fields; write 5: minute, hour, day of month",
        "* * * * * * * *  | \"* * * * * * * *\" has 8 fields; write 5: minute, hour, day of month",
        "0 0 25 * * ?     | the hour field \"25\": Hour values must be between 0 and 23; allowed: 0-23",
        "0 61 * * * ?     | the minute field \"61\": Minute and Second values must be between 0 and 59",
        "0 0 0 ? * 8      | the day of week field \"8\": Day-of-Week values must be between 1 and 7",
        "0 * * 7 * *      | Support for specifying both a day-of-week AND a day-of-month parameter is",
        "0 0 1-* * * ?    | the hour field \"1-*\": Illegal cron expression format; allowed: 0-23",
        "0 0 0 ? * ?      | write ? for one of day of month and day of week",
        "every 0.5s       | \"0.5s\" is too short; write at least every 1s",
        "every 30         | \"30\" has no unit; write 30s, 30m or 30h",
        "every never      | \"never\" is not a duration; write something like",
        "hourly           | \"hourly\" is not a schedule; write every 30s, a cron line",
      })
  void a_bad_line_is_told_with_its_field_and_what_is_allowed_there(String line, String said) {
    List<String> problems = Texts.problems("schedules: {sample: \"" + line + "\"}");

    assertThat(problems).singleElement().asString().startsWith("1:21: sample: ").contains(said);
  }

  /** A crontab(5) of our own: slow, and written without a look at the other one. */
  private static boolean fires(String[] fields, LocalDateTime at) {
    boolean month = in(fields[3], at.getMonthValue(), 1, 12);
    boolean time = in(fields[0], at.getMinute(), 0, 59) && in(fields[1], at.getHour(), 0, 23);
    int weekday = at.getDayOfWeek().getValue();
    boolean onWeekday = in(fields[4], weekday, 0, 6) || in(fields[4], weekday % 7, 0, 6);
    boolean onDay = in(fields[2], at.getDayOfMonth(), 1, 31);
    boolean either = !fields[2].startsWith("*") && !fields[4].startsWith("*");
    return time && month && (either ? onDay || onWeekday : onDay && onWeekday);
  }

  private static boolean in(String field, int value, int min, int max) {
    for (String term : field.split(",", -1)) {
      String[] step = term.split("/", -1);
      String[] ends =
          step[0].equals("*") ? new String[] {"" + min, "" + max} : step[0].split("-", -1);
      int from = Integer.parseInt(ends[0]);
      int to = Integer.parseInt(ends[ends.length - 1]);
      int by = step.length > 1 ? Integer.parseInt(step[1]) : 1;
      if (value >= from && value <= to && (value - from) % by == 0) {
        return true;
      }
    }
    return false;
  }

  @Test
  void any_line_fires_exactly_when_cron_would() throws ParseException {
    Random random = new Random(20_260_101);
    for (int run = 0; run < 60; run++) {
      String[] fields = {
        field(random, 0, 59), field(random, 0, 23), day(random, 1, 28), field(random, 1, 12), "*"
      };
      if (!fields[2].startsWith("*") || fields[2].equals("*")) {
        fields[4] = fields[2].equals("*") ? field(random, 0, 7) : day(random, 0, 7);
      }
      checkAgainstCron(fields, random);
    }
  }

  private static String day(Random random, int min, int max) {
    String field = field(random, min, max);
    return field.startsWith("*/") ? "*" : field;
  }

  private static String field(Random random, int min, int max) {
    int from = min + random.nextInt(max - min + 1);
    int to = from + random.nextInt(max - from + 1);
    return switch (random.nextInt(5)) {
      case 0 -> "*";
      case 1 -> "*/" + (1 + random.nextInt(max));
      case 2 -> from + "-" + to + "/" + (1 + random.nextInt(3));
      case 3 -> from + "," + to;
      default -> from + "-" + to;
    };
  }

  private static void checkAgainstCron(String[] fields, Random random) throws ParseException {
    String line = String.join(" ", fields);
    Schedule.Cron cron = (Schedule.Cron) schedule('"' + line + '"');
    List<CronExpression> quartz = new ArrayList<>();
    for (String each : cron.quartz()) {
      CronExpression expression = new CronExpression(each);
      expression.setTimeZone(TimeZone.getTimeZone("UTC"));
      quartz.add(expression);
    }
    for (int i = 0; i < 400; i++) {
      LocalDateTime at =
          LocalDateTime.of(2026, 1, 1, 0, 0).plusMinutes(random.nextInt(2 * 365 * 24 * 60));
      Date date = Objects.requireNonNull(Date.from(at.toInstant(ZoneOffset.UTC)));
      boolean fires = quartz.stream().anyMatch(each -> each.isSatisfiedBy(date));
      assertThat(fires).as("%s at %s", line, at).isEqualTo(fires(fields, at));
    }
  }
}
