package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import io.berth.jobs.ledger.Tables;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of one container from one start by a person to the next. Restarts by its restart
 * policy are part of the same life (DESIGN section 3). Immutable.
 *
 * @param began when a person started it
 * @param startedAt the Engine's stamp of the latest start, cut as the ledger does
 * @param restarts how often its policy had restarted it at the last look
 * @param lookedAt the last look
 * @param cpu the counter then, see {@link Look}
 * @param network the counter then
 * @param input the last input in a terminal that was seen; null where none was
 * @param touched when somebody last came to it: docker exec, attach, the end of what kept it alive;
 *     null where nobody did
 * @param keepFile null where there was none at the last look
 * @param keepFileTrouble why the keep-alive file could not be read at the last look; else empty
 * @param broken why the next sample is a gap; null where it need not be
 * @param samples its history
 */
record Life(
    String containerId,
    Instant began,
    Instant startedAt,
    int restarts,
    Instant lookedAt,
    Measure cpu,
    Measure network,
    @Nullable Instant input,
    @Nullable Instant touched,
    @Nullable KeepFile keepFile,
    String keepFileTrouble,
    @Nullable String broken,
    List<Sample> samples) {

  /** An interval longer than this is a gap, unless that is how samples are taken. */
  static final Duration LONGEST_INTERVAL = Duration.ofMinutes(2);

  /** Who judges may have read the clock that long before a sample that is taken meanwhile. */
  private static final Duration CONCURRENT = Duration.ofSeconds(10);

  private static final int TIMES_THE_LAST = 3;

  /** Rates over less time than this say nothing. */
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  private static final String WENT_BACK = "the clock went back";
  private static final double PERCENT_PER_MICROS = 100.0 / 1_000_000;
  private static final double NETWORK_SECONDS = 30;

  /** The life after one more look, and what its history needs written. */
  record Next(Life life, boolean fresh, History.Appended appended) {}

  /** The first look at a life: the counters begin, and there is no sample yet. */
  static Life first(Container container, Look look, Instant began, Instant now) {
    return new Life(
        container.id(),
        Tables.cut(began),
        startOf(container),
        container.restartCount(),
        now,
        look.cpu(),
        look.network(),
        look.inside().typed(),
        null,
        look.inside()
            .keepAlive()
            .asOptional()
            .flatMap(m -> m)
            .map(m -> KeepFile.seen(m, null, now))
            .orElse(null),
        look.inside().keepAlive().why(),
        null,
        List.of());
  }

  /** The start that the Engine tells, as it is kept here. */
  static Instant startOf(Container container) {
    Instant started = container.startedAt();
    return Tables.cut(started == null ? container.created() : started);
  }

  /** Whether the container's life is still this one: only its policy has restarted it since. */
  boolean isOf(Container container) {
    return startedAt.equals(startOf(container)) || container.restartCount() > restarts;
  }

  /**
   * The life with that look added; a fresh one where a person restarted the container.
   *
   * @param thisBegan when the life that it has now began
   * @param attempts when samples were tried lately
   */
  Next next(Container container, Look look, Instant thisBegan, Instant now, Attempts attempts) {
    if (!isOf(container) || !Tables.cut(thisBegan).equals(began)) {
      return new Next(
          first(container, look, thisBegan, now),
          true,
          new History.Appended(List.of(), List.of(), null));
    }
    History.Appended appended = History.append(samples, sample(container, look, now, attempts));
    Life life =
        new Life(
            containerId,
            began,
            startOf(container),
            container.restartCount(),
            now,
            look.cpu(),
            look.network(),
            later(input, look.inside().typed()),
            touchedBy(look, now),
            keepFileAfter(look, now),
            look.inside().keepAlive().why(),
            null,
            appended.samples());
    return new Next(life, false, appended);
  }

  private Sample sample(Container container, Look look, Instant now, Attempts attempts) {
    Optional<String> gap = gapUntil(now, attempts);
    if (gap.isPresent() || now.isBefore(lookedAt)) {
      return Sample.gap(nextSeq(), lookedAt, now, gap.orElse(WENT_BACK));
    }
    boolean restarted = !startedAt.equals(startOf(container));
    Measure zero = Measure.known(0);
    double seconds = seconds(now);
    return new Sample(
        nextSeq(),
        lookedAt,
        now,
        1,
        restarted,
        Measure.growth(restarted ? zero : cpu, look.cpu()).times(PERCENT_PER_MICROS / seconds),
        Measure.growth(restarted && !network.isNotAttributable() ? zero : network, look.network())
            .times(NETWORK_SECONDS / seconds),
        look.gpu(),
        look.gpuMemory(),
        isInput(look.inside().typed()));
  }

  private double seconds(Instant now) {
    Duration length = Duration.between(lookedAt, now);
    return (length.compareTo(SHORTEST) < 0 ? SHORTEST : length).toNanos() / 1e9;
  }

  private long nextSeq() {
    return samples.isEmpty() ? 1 : samples.get(samples.size() - 1).seq() + 1;
  }

  /**
   * A terminal that was not there before tells by being younger than the last look; so does any,
   * after a step back of the clock.
   */
  private boolean isInput(@Nullable Instant seen) {
    return seen != null
        && seen.isAfter(input == null || input.isAfter(lookedAt) ? lookedAt : input);
  }

  /** Why nothing is known of the time since the last look; empty where that is not so. */
  Optional<String> gapUntil(Instant now, Attempts attempts) {
    if (broken != null) {
      return Optional.of(broken);
    }
    if (now.isBefore(lookedAt.minus(CONCURRENT))) {
      return Optional.of(WENT_BACK);
    }
    return isOverdue(now, attempts)
        ? Optional.of("no sample was taken between " + lookedAt + " and " + now)
        : Optional.empty();
  }

  /** One long interval is no habit: a pause, or an Engine that did not answer. */
  private boolean isOverdue(Instant now, Attempts attempts) {
    int count = samples.size();
    Duration usual =
        count < 2
            ? Duration.ZERO
            : samples.subList(count - 2, count).stream()
                .map(Sample::length)
                .min(Comparator.naturalOrder())
                .orElseThrow();
    Duration several = attempts.atMost(usual).multipliedBy(TIMES_THE_LAST);
    Duration longest = several.compareTo(LONGEST_INTERVAL) > 0 ? several : LONGEST_INTERVAL;
    return Duration.between(lookedAt, now).compareTo(longest) > 0;
  }

  /** What could not be read is as it was. */
  private @Nullable KeepFile keepFileAfter(Look look, Instant now) {
    Optional<Optional<Instant>> read = look.inside().keepAlive().asOptional();
    return read.isEmpty()
        ? keepFile
        : read.get().map(modified -> KeepFile.seen(modified, keepFile, now)).orElse(null);
  }

  /** To take the file away ends what it held, and not more than that. */
  private @Nullable Instant touchedBy(Look look, Instant now) {
    boolean removed = keepFile != null && keepFileAfter(look, now) == null;
    return removed ? later(touched, now) : touched;
  }

  Life touchedAt(Instant at) {
    return with(later(touched, at), broken);
  }

  Life brokenBy(String why) {
    return with(touched, why);
  }

  private Life with(@Nullable Instant newTouched, @Nullable String newBroken) {
    return new Life(
        containerId,
        began,
        startedAt,
        restarts,
        lookedAt,
        cpu,
        network,
        input,
        newTouched,
        keepFile,
        keepFileTrouble,
        newBroken,
        samples);
  }

  static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isAfter(other) ? one : other;
  }
}
