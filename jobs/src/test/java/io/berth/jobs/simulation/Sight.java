package io.berth.jobs.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the daemon can have seen, and what it can't: its looks, its samples and their gaps. */
final class Sight {

  /** A longer time without a sample is not known; or one of three times the last, where longer. */
  private static final Duration LONGEST_SAMPLE = Duration.ofMinutes(2);

  private static final int TIMES_THE_LAST = 3;

  /** A state of a container, and when a sweep had looked at it. */
  private record Seen(Duration moved, Duration at) {}

  /** A keep-alive file as a sample saw it in one life of its container. */
  private record File(Duration life, Instant modified, Duration countsFrom) {}

  private final Harbour harbour;
  private final SimClock clock;
  private final Map<String, Seen> seen = new HashMap<>();

  /** When the journal first told of whom. */
  private final Map<String, Duration> told = new HashMap<>();

  private final Map<String, File> files = new HashMap<>();

  /** Since when those were not sampled whom the Engine failed to tell of. */
  private final Map<String, Duration> missed = new HashMap<>();

  /** When it last sampled for sure; and when it may have, having died in a sweep. */
  private Duration sampled = Duration.ZERO;

  private Duration perhapsSampled = Duration.ZERO;
  private Duration usual = Duration.ZERO;

  private boolean hasLooked;

  /** The clock was set since the last sample: the jobs' next moments may have come sooner. */
  private boolean isNewTime;

  Sight(Harbour harbour) {
    this.harbour = harbour;
    this.clock = harbour.clock;
  }

  /** It may have recorded what there is now, and no more. */
  void sees() {
    hasLooked = true;
    for (Ship each : harbour.engine.ships()) {
      Seen before = seen.get(each.id());
      if (before == null || !before.moved.equals(each.moved)) {
        seen.put(each.id(), new Seen(each.moved, clock.real()));
      }
    }
  }

  /** Whether it may ever have seen anything. */
  boolean hasLooked() {
    return hasLooked;
  }

  /** The journal tells of it for the first time. */
  void told(String id) {
    told.putIfAbsent(id, clock.real());
  }

  /** When it first saw the ship in the state that it is in; empty where it did not yet. */
  Optional<Duration> seenAt(Ship ship) {
    return Optional.ofNullable(seen.get(ship.id()))
        .filter(each -> each.moved.equals(ship.moved))
        .map(Seen::at);
  }

  /** Whoever could not be looked at this time, or was not for long, is not known to be idle. */
  void sampled() {
    Duration before = perhapsSampled;
    Duration shortest = clock.real().minus(before);
    Duration longest =
        SimClock.latest(LONGEST_SAMPLE, usual.multipliedBy(TIMES_THE_LAST)).plus(Referee.SLACK);
    boolean gap = shortest.compareTo(longest) > 0;
    Duration length = clock.real().minus(sampled);
    usual = isNewTime ? SimClock.latest(usual, length) : length;
    isNewTime = false;
    sampled = clock.real();
    perhapsSampled = sampled;
    for (Ship each : harbour.engine.ships()) {
      look(each);
      if (each.missed != null && each.missed.compareTo(before) >= 0) {
        missed.putIfAbsent(each.id(), before);
        continue; // the next sample that is taken tells of this time too, or has a gap
      }
      Duration since = missed.remove(each.id());
      boolean late = since != null && clock.real().minus(since).compareTo(longest) > 0;
      if (gap || late || usedBy(each).anyMatch(uuid -> !harbour.gpus.canSee(uuid))) {
        each.unseen = clock.real();
      }
    }
  }

  /** What can't be read is as it was, in one life. */
  private void look(Ship ship) {
    File before = fileOf(ship);
    if (before == null || harbour.files.canRead(ship)) {
      files.remove(ship.id());
    }
    Instant file = ship.keepFile;
    if (file != null && harbour.files.canRead(ship)) {
      Duration counts =
          before != null && before.modified.equals(file)
              ? before.countsFrom
              : countsFrom(ship, file);
      files.put(ship.id(), new File(ship.lifeStart, file, counts));
    }
  }

  private @Nullable File fileOf(Ship ship) {
    File file = files.get(ship.id());
    return file != null && file.life.equals(ship.lifeStart) ? file : null;
  }

  /** One of the future counts from when it was first seen, which is when it was made or later. */
  private Duration countsFrom(Ship ship, Instant file) {
    Duration modified = clock.realOf(file);
    return modified.compareTo(ship.touched) < 0 ? modified : ship.touched;
  }

  /** Since when its keep-alive file holds; empty where nobody can know of one. */
  Optional<Duration> keptSince(Ship ship) {
    Instant file = ship.keepFile;
    File known = fileOf(ship);
    if (known != null && (known.modified.equals(file) || !harbour.files.canRead(ship))) {
      return Optional.of(known.countsFrom);
    }
    return file != null && harbour.files.canRead(ship)
        ? Optional.of(countsFrom(ship, file))
        : Optional.empty();
  }

  /** What was partitioned anew after it was seen there is gone, whatever came in its place. */
  private Stream<String> usedBy(Ship ship) {
    Duration since =
        SimClock.latest(
            seenAt(ship).orElse(clock.real()), told.getOrDefault(ship.id(), clock.real()));
    return ship.isPinned()
        ? ship.container.gpus().devices().stream()
            .flatMap(
                uuid ->
                    harbour.gpus.partitioned(uuid).compareTo(since) > 0
                        ? Stream.of(uuid)
                        : harbour.gpus.meantBy(uuid).stream())
        : harbour.gpus.listed().stream();
  }

  /** The daemon died in a sweep: whether it sampled is not known, nor what it saw before. */
  void died() {
    sees();
    usual = SimClock.latest(usual, clock.real().minus(sampled));
    perhapsSampled = clock.real();
  }

  /** The daemon says that the clock jumped: what came before says nothing any more. */
  void jumped() {
    isNewTime = true;
    for (Ship each : harbour.engine.ships()) {
      each.unseen = clock.real();
    }
  }
}
