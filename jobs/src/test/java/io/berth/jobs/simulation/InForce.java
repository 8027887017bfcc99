package io.berth.jobs.simulation;

import io.berth.policies.JobName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What the daemon goes by, and since when: the books, the mode, the demand that it found. */
final class InForce {

  /** What was in force from some moment on. */
  private record Limits(Duration since, Book book) {}

  private final Harbour harbour;
  private final List<Limits> limits = new ArrayList<>();
  private final Map<JobName, Duration> enforcing = new EnumMap<>(JobName.class);
  private final Set<JobName> observed = EnumSet.noneOf(JobName.class);
  private boolean highDemand;

  InForce(Harbour harbour) {
    this.harbour = harbour;
    book(harbour.book());
  }

  void book(Book book) {
    limits.add(new Limits(harbour.clock.real(), book));
  }

  void mode(boolean observe) {
    if (!observe) {
      observed.forEach(job -> enforcing.put(job, harbour.clock.real()));
      observed.clear();
    }
  }

  /** A job that never ran in observe knows of no switch. */
  void swept(JobName job) {
    if (harbour.isObserving()) {
      observed.add(job);
    }
  }

  void highDemand(boolean is) {
    highDemand = is;
  }

  Book book() {
    return harbour.book();
  }

  /** The idle timeout as it is now. */
  Duration idle() {
    Duration limit = book().idle();
    return highDemand ? limit.dividedBy(2) : limit;
  }

  Duration enforcingSince(JobName job) {
    return enforcing.getOrDefault(job, Duration.ZERO);
  }

  /** The shortest that a limit was at that moment, or has been since. */
  Duration leastSince(Duration moment, Function<Book, Duration> limit) {
    return IntStream.range(0, limits.size())
        .filter(i -> i + 1 == limits.size() || limits.get(i + 1).since.compareTo(moment) >= 0)
        .mapToObj(i -> limit.apply(limits.get(i).book))
        .min(Duration::compareTo)
        .orElseThrow();
  }
}
