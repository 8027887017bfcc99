package io.berth.jobs.simulation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.Allocator;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Holds a run to DESIGN section 8: each act at the moment at which the Engine is asked for it, and
 * each event as soon as it is written. Knows what really happened, in time that really passed; of
 * the daemon it knows the Engine's calls, the journal and the ledger alone.
 */
final class Referee {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Docker's stamps and the kernel's boot time are that far apart. */
  private static final Duration SLACK = Duration.ofSeconds(2);

  private static final List<String> NARRATED =
      List.of(
          "container",
          "device",
          "reason",
          "action",
          "at",
          "until",
          "ended_by",
          "outcome",
          "detail");

  private static final Duration GRACE = Duration.ofMinutes(5);
  private static final Duration LEAST_SIGTERM = Duration.ofSeconds(60);

  /** A longer time without a sample is not known; or one of three times the last, where longer. */
  private static final Duration LONGEST_SAMPLE = Duration.ofMinutes(2);

  private static final int TIMES_THE_LAST = 3;

  /** What an owner was told: when, and for when. */
  private record Told(Duration at, Duration due) {}

  /** A state of a container, and when a sweep had looked at it. */
  private record Seen(Duration moved, Duration at) {}

  private final Harbour harbour;
  private final Consumer<String> narrator;
  private final SimClock clock;
  private final DeviceReferee devices;
  private final BreakerReferee breaker;
  private final Map<String, List<Told>> told = new HashMap<>();
  private final Map<String, Seen> seen = new HashMap<>();
  private final Map<String, Ship> known = new HashMap<>();
  private final Map<JobName, Duration> enforcing = new EnumMap<>(JobName.class);
  private final Set<JobName> observed = EnumSet.noneOf(JobName.class);
  private final Map<Long, String> asked = new HashMap<>();
  private final Map<Long, String> outcomes = new HashMap<>();
  private final Map<String, Integer> removed = new HashMap<>();
  private final Map<String, Integer> acts = new HashMap<>();
  private final List<Limits> limits = new ArrayList<>();
  private @Nullable AssertionError broken;
  private long lastEvent;
  private boolean highDemand;
  private Duration lastSample = Duration.ZERO;
  private Duration usual = Duration.ZERO;

  /** What was in force from some moment on. */
  private record Limits(Duration since, Book book) {}

  /**
   * @param narrator is told each event, as it is read
   */
  Referee(Harbour harbour, Consumer<String> narrator) {
    this.harbour = harbour;
    this.narrator = narrator;
    this.clock = harbour.clock;
    this.devices = new DeviceReferee(harbour);
    this.breaker = new BreakerReferee(harbour);
    harbour.engine.witness(this::asked);
    book(harbour.book());
  }

  /** How often the daemon did what. */
  Map<String, Integer> acts() {
    return acts;
  }

  // --- what happened

  void book(Book book) {
    limits.add(new Limits(clock.real(), book));
    breaker.forget();
  }

  void mode(boolean observe) {
    if (!observe) {
      observed.forEach(job -> enforcing.put(job, clock.real()));
      observed.clear();
    }
  }

  /** To be called before the clock is set. */
  void clockSteps() {
    readEvents();
    for (Ship each : harbour.engine.ships()) {
      each.ageless |= each.lifeStart.compareTo(lastSample) >= 0;
    }
    breaker.forget();
  }

  void approved(Set<String> ids) {
    breaker.approved(ids);
  }

  /** Everything that it could see, it saw. */
  void looked(boolean whole) {
    if (whole) {
      for (Ship each : harbour.engine.ships()) {
        Seen before = seen.get(each.id());
        if (before == null || !before.moved.equals(each.moved)) {
          seen.put(each.id(), new Seen(each.moved, clock.real()));
        }
      }
    }
  }

  /** The daemon died in a sweep: whether it sampled is not known. */
  void died() {
    lastSample = clock.real();
  }

  void swept(JobName job, boolean whole) {
    looked(whole);
    if (whole && harbour.isObserving()) {
      observed.add(job);
    }
    if (whole && job == JobName.SAMPLE) {
      sampled();
    }
  }

  /** Whoever could not be looked at this time, or was not for long, is not known to be idle. */
  private void sampled() {
    Duration length = clock.real().minus(lastSample);
    Duration longest = longer(LONGEST_SAMPLE, usual.multipliedBy(TIMES_THE_LAST)).plus(SLACK);
    boolean gap = length.compareTo(longest) > 0;
    usual = length;
    lastSample = clock.real();
    for (Ship each : harbour.engine.ships()) {
      Collection<String> used =
          each.isPinned() ? each.container.gpus().devices() : harbour.gpus.listed();
      if (gap || used.stream().anyMatch(uuid -> !harbour.gpus.canSee(uuid))) {
        each.unseen = clock.real();
      }
    }
  }

  /** The daemon says that the clock jumped: what came before says nothing any more. */
  void jumped() {
    harbour.engine.ships().forEach(each -> each.unseen = clock.real());
  }

  void granted(Allocator.Request request, Allocator.Answer answer) {
    devices.granted(request, answer);
  }

  /** Whether what falls due is to be done now, and has been for some time. */
  void calm(Duration since) {
    devices.calm(since);
  }

  // --- acts

  /** Whoever acts would take the failure for one of the act: {@link #check} has it told. */
  private void asked(String act, @Nullable Ship ship, Duration grace) {
    if (ship == null) {
      return;
    }
    try {
      readEvents();
      JournalEntry intent = intentOf(act, ship);
      acts.merge(act + " " + intent.reason(), 1, Integer::sum);
      mayBeTouched(ship, intent);
      if (act.equals("remove")) {
        mayBeRemoved(ship);
      } else {
        mayBeStopped(ship, Objects.requireNonNull(intent.reason()), act, grace);
      }
      breaker.acted(ship, !act.equals("remove"));
    } catch (AssertionError e) {
      broken = broken == null ? e : broken;
    }
  }

  /** Invariant 11: the intent is on the disk before the act, and each has one act. */
  private JournalEntry intentOf(String act, Ship ship) {
    List<JournalEntry> rows = harbour.read(tables -> tables.journalOf(ship.id())).orElse(List.of());
    JournalEntry intent =
        rows.stream()
            .filter(each -> each.kind() == JournalEntry.Kind.INTENT)
            .filter(each -> each.subject().equals("container." + act))
            .reduce((first, second) -> second)
            .orElseThrow(() -> broken(11, "%s %s without an intent", act, ship));
    boolean isOver = rows.stream().anyMatch(each -> Objects.equals(each.intent(), intent.seq()));
    require(!isOver, 11, "%s %s: its intent has its outcome already", act, ship);
    require(asked.put(intent.seq(), act) == null, 11, "%s %s twice for one intent", act, ship);
    return intent;
  }

  private void mayBeTouched(Ship ship, JournalEntry intent) {
    require(!ship.isProtected(), 1, "%s is protected and touched", ship);
    require(!harbour.isObserving(), 1, "%s is touched in observe", ship);
    require(
        ship.movedAtRow < intent.seq(), 3, "%s changed after the verdict, and is touched", ship);
    boolean inDoubt = ship.name().contains("._.") && harbour.isDirectoryDown();
    require(
        !inDoubt || known.containsKey(ship.id()),
        4,
        "%s: nobody can tell whose it is, and it is touched",
        ship);
  }

  private void mayBeRemoved(Ship ship) {
    Duration now = clock.real();
    require(!ship.state().isLive(), 2, "%s is removed", ship);
    Seen look = seen.get(ship.id());
    require(
        look != null && look.moved.equals(ship.moved), 12, "%s goes before it was seen so", ship);
    boolean ran = ship.container.everStarted();
    JobName job = ran ? JobName.STALE_CLEANUP : JobName.CREATED_CLEANUP;
    Duration start =
        latest(Objects.requireNonNull(look).at, clock.engineStarted(), enforcingSince(job));
    Duration limit = limit(ship);
    require(
        passed(start, limit.minus(SLACK)),
        12,
        "%s goes after %s of %s",
        ship,
        now.minus(start),
        limit);
    if (ran) {
      List<Told> announced = toldSince(ship, "remove", ship.moved);
      require(!announced.isEmpty(), 5, "%s goes unannounced", ship);
      notBefore(ship, announced);
    }
  }

  private Duration limit(Ship ship) {
    Book book = harbour.book();
    if (!ship.container.everStarted()) {
      return book.created();
    }
    if (ship.habit == Habit.WRAPPED
        && ship.container.exitCode() == 0
        && ship.end == Ship.End.SELF) {
      return Book.PASSED;
    }
    Duration hold = book.holdOf(ship);
    return ship.end == Ship.End.BERTH ? longer(hold, book.interrupted()) : hold;
  }

  private void mayBeStopped(Ship ship, String reason, String act, Duration grace) {
    require(ship.state() == State.RUNNING, 2, "%s is stopped for %s", ship, reason);
    require(ship.container.gpus().any(), 1, "%s has no GPU and is stopped", ship);
    require(act.equals("pause") == ship.container.autoRemove(), 2, "%s: %s of it", ship, act);
    require(
        act.equals("pause") || grace.compareTo(LEAST_SIGTERM) >= 0,
        2,
        "%s gets %s to end",
        ship,
        grace);
    switch (reason) {
      case "idle_timeout" -> mayBeIdle(ship);
      case "max_runtime" -> mayBeOverdue(ship);
      case "gpu_conflict" -> devices.mayIntrude(ship, broken -> broken(6, "%s", broken));
      default -> throw broken(2, "%s is stopped for %s", ship, reason);
    }
  }

  /** Invariants 4, 5 and 12. */
  private void mayBeIdle(Ship ship) {
    Duration limit = harbour.book().idle();
    Duration effective = highDemand ? limit.dividedBy(2) : limit;
    Duration grace = ship.ageless ? Duration.ZERO : GRACE;
    Duration quiet = latest(ship.busy, ship.lifeStart.plus(grace));
    require(passed(quiet, effective.minus(SLACK)), 5, "%s was busy at %s", ship, ship.busy);
    require(
        passed(ship.unseen, effective.minus(SLACK)),
        4,
        "%s could not be seen at %s",
        ship,
        ship.unseen);
    Duration floor = latest(clock.engineStarted(), enforcingSince(JobName.IDLE_STOP));
    require(passed(floor, effective.minus(SLACK)), 12, "%s: no time since %s", ship, floor);
    warned(ship, "idle_timeout", latest(quiet, ship.unseen), Book.FIRST_IDLE, Book::idle, 2);
  }

  private void mayBeOverdue(Ship ship) {
    Duration limit = harbour.book().runtime();
    require(
        ship.ageless || passed(ship.lifeStart, limit.minus(SLACK)),
        5,
        "%s runs since %s only",
        ship,
        ship.lifeStart);
    warned(ship, "max_runtime", ship.lifeStart, Book.FIRST_RUNTIME, Book::runtime, 1);
  }

  /** Invariant 5: both warnings came, the first of them early enough, and what they said holds. */
  private void warned(
      Ship ship,
      String reason,
      Duration since,
      double first,
      Function<Book, Duration> limit,
      int divisor) {
    List<Told> warnings = toldSince(ship, reason, latest(since, enforcingOf(reason)));
    require(warnings.size() >= 2, 5, "%s: %s after %d warnings", ship, reason, warnings.size());
    Duration at = warnings.get(0).at;
    Duration least =
        limits.stream()
            .filter(each -> isInForceSince(each, at))
            .map(each -> limit.apply(each.book))
            .min(Duration::compareTo)
            .orElseThrow()
            .dividedBy(divisor);
    Duration notice = Duration.ofMillis(Math.round(least.toMillis() * (1 - first)));
    require(
        passed(at, notice.minus(SLACK)),
        5,
        "%s: %s %s after its first warning",
        ship,
        reason,
        clock.real().minus(at));
    notBefore(ship, warnings);
  }

  private boolean isInForceSince(Limits each, Duration moment) {
    int next = limits.indexOf(each) + 1;
    return next == limits.size() || limits.get(next).since.compareTo(moment) >= 0;
  }

  private void notBefore(Ship ship, List<Told> told) {
    Duration due = told.get(told.size() - 1).due;
    require(passed(due, SLACK.negated()), 5, "%s: told that at %s", ship, due);
  }

  private List<Told> toldSince(Ship ship, String reason, Duration since) {
    return told.getOrDefault(ship.id() + reason, List.of()).stream()
        .filter(each -> each.at.compareTo(since) >= 0)
        .toList();
  }

  private Duration enforcingOf(String reason) {
    return enforcingSince(reason.equals("idle_timeout") ? JobName.IDLE_STOP : JobName.MAX_RUNTIME);
  }

  private Duration enforcingSince(JobName job) {
    return enforcing.getOrDefault(job, Duration.ZERO);
  }

  // --- the journal

  /** All that can be checked at any time. */
  void check() {
    if (broken != null) {
      throw broken;
    }
    readEvents();
    breaker.look();
    devices.check();
  }

  private void readEvents() {
    Optional<List<JournalEntry>> rows =
        harbour.read(tables -> tables.eventsAfter(lastEvent, 100_000));
    for (JournalEntry each : rows.orElse(List.of())) {
      require(each.seq() > lastEvent, 11, "event %d comes after %d", each.seq(), lastEvent);
      lastEvent = each.seq();
      read(each, json(Objects.requireNonNull(each.event())));
    }
  }

  private void read(JournalEntry entry, JsonNode event) {
    narrate(entry, event.path("details"));
    JsonNode details = event.path("details");
    String id = details.path("id").asText();
    boolean done = details.path("outcome").asText().equals("done");
    Long intent = entry.intent();
    if (intent != null) {
      String before = outcomes.put(intent, String.valueOf(entry.outcome()));
      require(before == null, 11, "intent %d came out %s, and again", intent, before);
    }
    switch (entry.subject()) {
      case "container.create" -> harbour.engine.ship(id).ifPresent(each -> known.put(id, each));
      case "container.warn" -> {
        if (done) {
          warned(id, details);
        }
      }
      case "container.remove" -> {
        if (done) {
          require(removed.merge(id, 1, Integer::sum) == 1, 11, "%s removed twice", id);
          require(harbour.engine.ship(id).isEmpty(), 11, "%s: told of as removed", id);
        }
      }
      case "demand.high" -> highDemand = true;
      case "demand.normal" -> highDemand = false;
      default -> devices.read(entry, details);
    }
  }

  private void narrate(JournalEntry entry, JsonNode details) {
    StringBuilder words = new StringBuilder("  # ").append(entry.subject());
    for (String each : NARRATED) {
      JsonNode value = details.path(each);
      if (!value.isMissingNode()) {
        words.append(' ').append(value.isTextual() ? value.textValue() : value);
      }
    }
    narrator.accept(words.toString());
  }

  private void warned(String id, JsonNode details) {
    String action = details.path("action").asText();
    String key = id + (action.equals("remove") ? "remove" : details.path("reason").asText());
    Told now = new Told(clock.real(), clock.realOf(Instant.parse(details.path("at").asText())));
    List<Told> before = told.computeIfAbsent(key, any -> new ArrayList<>());
    if (!before.isEmpty()) {
      Told last = before.get(before.size() - 1);
      boolean sameEnd =
          !action.equals("remove")
              || harbour.engine.ship(id).filter(s -> last.at.compareTo(s.moved) >= 0).isPresent();
      require(
          !sameEnd || now.due.compareTo(last.due.minus(SLACK)) >= 0,
          5,
          "%s: told %s, and now %s",
          details.path("container").asText(),
          last.due,
          now.due);
    }
    before.add(now);
  }

  private static JsonNode json(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw broken(11, "an event that is no JSON: %s", line);
    }
  }

  /**
   * Once all was steady for longer than any limit: invariants 9, 10 and 11, and that work is done.
   */
  void atRest() {
    check();
    devices.atRest();
    List<JournalEntry> open =
        harbour.<List<JournalEntry>>read(tables -> tables.openIntents()).orElseThrow();
    require(open.isEmpty(), 11, "intents without an outcome: %s", open);
    asked.forEach(
        (intent, act) ->
            require(outcomes.containsKey(intent), 11, "%s: no outcome of %d", act, intent));
    for (Ship each : harbour.engine.ships()) {
      boolean due =
          !each.isProtected()
              && (!each.state().isLive()
                  || (each.state() == State.RUNNING && each.container.gpus().any()));
      require(!due, 9, "%s is due and stays", each);
    }
  }

  // --- words

  /** Whether so much time passed since then. */
  private boolean passed(Duration since, Duration time) {
    return clock.real().compareTo(since.plus(time)) >= 0;
  }

  private static Duration latest(Duration... moments) {
    return Stream.of(moments).max(Duration::compareTo).orElseThrow();
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  static void require(boolean holds, int invariant, String words, @Nullable Object... args) {
    if (!holds) {
      throw broken(invariant, words, args);
    }
  }

  static AssertionError broken(int invariant, String words, @Nullable Object... args) {
    return new AssertionError("invariant " + invariant + ": " + words.formatted(args));
  }
}
