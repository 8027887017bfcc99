package io.berth.jobs.simulation;

import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * When the jobs of a run over weeks are due, by the local time of its zone: found by trying one
 * minute after the other, so that it has nothing in common with how the daemon finds it.
 */
final class Crontab {

  /** One line a job, of which hours and minutes alone are anything but a star. */
  private static final Map<JobName, String> LINES =
      new EnumMap<>(
          Map.of(
              JobName.SAMPLE, "*/30 *",
              JobName.IDLE_STOP, "*/30 *",
              JobName.GPU_RELEASE, "*/30 *",
              JobName.MAX_RUNTIME, "0 *",
              JobName.CREATED_CLEANUP, "30 */3",
              JobName.STALE_CLEANUP, "30 2,14",
              JobName.RECONCILE, "0 */2"));

  /** In this order, where several are due at once. */
  private static final List<JobName> ORDER =
      List.of(
          JobName.SAMPLE,
          JobName.IDLE_STOP,
          JobName.MAX_RUNTIME,
          JobName.GPU_RELEASE,
          JobName.CREATED_CLEANUP,
          JobName.STALE_CLEANUP,
          JobName.RECONCILE);

  /** The next moment at which anything is due, and what. */
  record Due(Instant at, List<JobName> jobs) {}

  private final ZoneId zone;

  Crontab(ZoneId zone) {
    this.zone = zone;
  }

  Due after(Instant now) {
    Map<JobName, Instant> next = new EnumMap<>(JobName.class);
    ORDER.forEach(job -> next.put(job, after(Objects.requireNonNull(LINES.get(job)), now)));
    Instant first = next.values().stream().min(Instant::compareTo).orElseThrow();
    return new Due(first, ORDER.stream().filter(job -> first.equals(next.get(job))).toList());
  }

  private Instant after(String line, Instant now) {
    return line.contains("*") ? elapsed(line, now) : fixed(line, now);
  }

  /** What recurs within the day goes on with time as it passes. */
  private Instant elapsed(String line, Instant now) {
    Instant at = now.truncatedTo(ChronoUnit.MINUTES);
    do {
      at = at.plus(Duration.ofMinutes(1));
    } while (!matches(line, at.atZone(zone).toLocalTime()));
    return at;
  }

  /** Once a day: the first of two, and for a time that is skipped when the clocks change. */
  private Instant fixed(String line, Instant now) {
    LocalDate today = now.atZone(zone).toLocalDate();
    String[] fields = line.split(" ", -1);
    Set<Instant> all = new TreeSet<>();
    for (String hour : fields[1].split(",", -1)) {
      LocalTime time = LocalTime.of(Integer.parseInt(hour), Integer.parseInt(fields[0]));
      all.add(instantOf(today.atTime(time)));
      all.add(instantOf(today.plusDays(1).atTime(time)));
    }
    return all.stream().filter(now::isBefore).findFirst().orElseThrow();
  }

  private Instant instantOf(LocalDateTime local) {
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
    return offsets.isEmpty()
        ? zone.getRules().getTransition(local).getInstant()
        : local.toInstant(offsets.get(0));
  }

  private static boolean matches(String line, LocalTime time) {
    String[] fields = line.split(" ", -1);
    return matches(fields[0], time.getMinute()) && matches(fields[1], time.getHour());
  }

  private static boolean matches(String field, int value) {
    if (field.startsWith("*")) {
      return field.equals("*") || value % Integer.parseInt(field.substring(2)) == 0;
    }
    return field.equals(String.valueOf(value));
  }

  /** The section of the configuration. */
  String yaml() {
    return "schedules:\n  timezone: "
        + zone
        + "\n"
        + ORDER.stream()
            .map(job -> "  %s: \"%s * * *\"\n".formatted(job.word(), LINES.get(job)))
            .collect(Collectors.joining());
  }

  @Override
  public String toString() {
    return "of " + zone;
  }
}
