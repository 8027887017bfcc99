package io.berth.policies;

import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** {@code schedules:}. */
final class SchedulesSection {

  private static final Key<ZoneId> TIMEZONE =
      Key.of(
          "timezone",
          TextType.ZONE,
          ZoneId.of("UTC"),
          "The zone of cron lines and of dates in lifecycle-exemptions.yaml.");
  private static final Map<JobName, Key<Schedule>> JOBS = jobs();

  static final Section<PolicyBook.Schedules> SECTION =
      new Section<>(
          "schedules",
          "When each job runs: every 30s, a cron line of 5 fields, a Quartz line of 6 or 7, or off.",
          keys(),
          SchedulesSection::bind);

  private SchedulesSection() {}

  private static Map<JobName, Key<Schedule>> jobs() {
    Map<JobName, Key<Schedule>> jobs = new EnumMap<>(JobName.class);
    for (JobName job : JobName.values()) {
      Schedule builtIn = new Schedule.Every(builtIn(job));
      jobs.put(job, Key.of(job.word(), new ScheduleType(), builtIn, meaning(job)));
    }
    return jobs;
  }

  private static Duration builtIn(JobName job) {
    return switch (job) {
      case SAMPLE -> Duration.ofSeconds(30);
      case RECONCILE -> Duration.ofMinutes(5);
      case IDLE_STOP, MAX_RUNTIME, STALE_CLEANUP, CREATED_CLEANUP, GPU_RELEASE ->
          Duration.ofMinutes(1);
    };
  }

  private static String meaning(JobName job) {
    return switch (job) {
      case SAMPLE -> "Measures what each container does.";
      case IDLE_STOP -> "Acts on idle GPU containers.";
      case MAX_RUNTIME -> "Stops GPU containers that ran too long.";
      case STALE_CLEANUP -> "Removes stopped containers.";
      case CREATED_CLEANUP -> "Removes containers that were never started.";
      case GPU_RELEASE -> "Releases GPUs whose hold has ended.";
      case RECONCILE -> "Compares the ledger with what is there.";
    };
  }

  private static List<Key<?>> keys() {
    List<Key<?>> keys = new ArrayList<>(List.of(TIMEZONE));
    keys.addAll(JOBS.values());
    return List.copyOf(keys);
  }

  private static PolicyBook.Schedules bind(Section.Values values) {
    Map<JobName, Schedule> jobs = new EnumMap<>(JobName.class);
    JOBS.forEach((job, key) -> jobs.put(job, values.get(key)));
    return new PolicyBook.Schedules(values.get(TIMEZONE), Map.copyOf(jobs));
  }
}
