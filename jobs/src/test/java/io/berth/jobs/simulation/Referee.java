package io.berth.jobs.simulation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.Allocator;
import io.berth.jobs.Herald;
import io.berth.jobs.Sweeps;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Holds a run to DESIGN section 8: each act at the moment at which the Engine is asked for it, and
 * each event as soon as it is written. Knows what really happened, in time that really passed; of
 * the daemon it knows the Engine's calls, the journal and the ledger alone.
 */
final class Referee {

  /** Docker's stamps and the kernel's boot time are that far apart. */
  static final Duration SLACK = Duration.ofSeconds(2);

  private static final ObjectMapper JSON = new ObjectMapper();

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

  private final Harbour harbour;
  private final Consumer<String> narrator;
  private final InForce inForce;
  private final Sight sight;
  private final Announcements announcements;
  private final DeviceReferee devices;
  private final BreakerReferee breaker;
  private final ActReferee acts;
  private final Words words;
  private final Map<Long, String> outcomes = new HashMap<>();
  private final Map<String, Integer> removed = new HashMap<>();
  private @Nullable AssertionError broken;
  private long lastEvent;
  private boolean jumpUnseen;

  /**
   * @param narrator is told each event, as it is read
   */
  Referee(Harbour harbour, Consumer<String> narrator) {
    this.harbour = harbour;
    this.narrator = narrator;
    this.inForce = new InForce(harbour);
    this.sight = new Sight(harbour);
    this.announcements = new Announcements(harbour, inForce);
    this.devices = new DeviceReferee(harbour);
    this.breaker = new BreakerReferee(harbour);
    this.acts = new ActReferee(harbour, inForce, sight, announcements, devices);
    this.words = new Words(harbour.pace.zone());
    harbour.engine.witness(this::asked);
    harbour.audience(this::heard);
  }

  /** How often the daemon did what. */
  Map<String, Integer> acts() {
    return acts.acts();
  }

  // --- what happened

  void book(Book book) {
    inForce.book(book);
  }

  void mode(boolean observe) {
    inForce.mode(observe);
  }

  /** To be called before the clock is set. */
  void clockSteps() {
    readEvents();
    jumpUnseen = true;
  }

  /** Whether the clock was set, and the daemon has not said so yet. */
  boolean isJumpUnseen() {
    return jumpUnseen;
  }

  /** Whether the daemon may ever have seen anything. */
  boolean hasLooked() {
    return sight.hasLooked();
  }

  /** The daemon looked, or tried to. */
  void looked(boolean whole) {
    if (whole) {
      readEvents();
      sight.sees();
    }
  }

  /** The daemon died as it looked. */
  void mayHaveLooked() {
    readEvents();
    sight.sees();
  }

  /** The daemon died in a sweep. */
  void died() {
    readEvents();
    sight.died();
  }

  void sweeps() {
    breaker.sweeps();
  }

  /**
   * @param report null where the daemon died of it
   */
  void swept(JobName job, Sweeps.@Nullable Report report) {
    if (report != null && report.skipped().isEmpty()) {
      readEvents();
      if (job != JobName.SAMPLE && job != JobName.RECONCILE) {
        breaker.swept(report.wanted()); // those two want nothing done, and do not ask the breaker
      }
      sight.sees();
      inForce.swept(job);
      if (job == JobName.SAMPLE) {
        sight.sampled();
      }
      if (job == JobName.RECONCILE) {
        devices.looked();
      }
    }
  }

  void granted(Allocator.Request request, Allocator.Answer answer) {
    devices.granted(request, answer);
  }

  /** Whether what falls due is to be done now, and has been for some time. */
  void calm(Duration since) {
    devices.calm(since);
  }

  /** Whoever acts would take the failure for one of the act: {@link #check} has it told. */
  private void asked(String act, @Nullable Ship ship, Duration grace) {
    if (ship == null) {
      return;
    }
    try {
      readEvents();
      JournalEntry intent = acts.asked(act, ship, grace);
      if (breaker.passes(ship, !act.equals("remove"), intent)) {
        acts.acts().merge(act + " through a tripped breaker", 1, Integer::sum);
      }
    } catch (AssertionError e) {
      broken = broken == null ? e : broken;
    }
  }

  private void heard(Herald.Kind kind, String id, Instant at, String said) {
    try {
      words.heard(kind, id, at, said);
    } catch (AssertionError e) {
      broken = broken == null ? e : broken;
    }
  }

  // --- the journal

  /** All that can be checked at any time. */
  void check() {
    if (broken != null) {
      throw broken;
    }
    readEvents();
    words.announced().forEach(each -> announcements.isTold(each.id(), each.at()));
    devices.check();
  }

  /** What takes longer to check. */
  void stepped() {
    devices.checkFold();
  }

  private void readEvents() {
    if (!harbour.hasNews()) {
      return;
    }
    for (JournalEntry each : harbour.eventsAfter(lastEvent)) {
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
      case "container.create" -> {
        acts.knows(id);
        sight.told(id);
      }
      case "container.warn" -> {
        if (done) {
          announcements.told(id, entry.at(), details);
        }
      }
      case "container.remove" -> {
        if (done) {
          require(removed.merge(id, 1, Integer::sum) == 1, 11, "%s removed twice", id);
          require(harbour.engine.ship(id).isEmpty(), 11, "%s: told of as removed", id);
        }
      }
      case "sweep.error" -> {
        if ("clock_jump".equals(entry.reason())) {
          jumpUnseen = false;
          sight.jumped();
        }
      }
      case "container.pause" ->
          harbour
              .engine
              .ship(id)
              .ifPresent(each -> each.pauseTold |= done && each.state() == State.PAUSED);
      case "demand.high" -> inForce.highDemand(true);
      case "demand.normal" -> inForce.highDemand(false);
      default -> {
        breaker.read(entry, details);
        devices.read(entry, details);
      }
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

  private static JsonNode json(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw broken(11, "an event that is no JSON: %s", line);
    }
  }

  /** Those that have no right to stay for ever, and are still there. */
  Stream<Ship> staying() {
    return harbour.engine.ships().stream()
        .filter(each -> !each.isProtected())
        .filter(
            each ->
                !each.state().isLive()
                    || (each.state() == State.RUNNING && each.container.gpus().any()));
  }

  /**
   * What is due goes.
   *
   * @param invariant 14 where another one fails, else 9
   */
  void areGone(Predicate<Ship> mayStay, int invariant) {
    check();
    staying()
        .filter(mayStay.negate())
        .findFirst()
        .ifPresent(
            each -> {
              throw broken(invariant, "%s is due and stays", each);
            });
  }

  /**
   * Once all was steady for longer than any limit: invariants 9, 10 and 11, and that work is done.
   */
  void atRest() {
    check();
    require(harbour.eventsAfter(lastEvent).isEmpty(), 11, "an event came unannounced");
    devices.atRest();
    List<JournalEntry> open =
        harbour.<List<JournalEntry>>read(tables -> tables.openIntents()).orElseThrow();
    require(open.isEmpty(), 11, "intents without an outcome: %s", open);
    acts.asked()
        .forEach(
            (intent, act) ->
                require(outcomes.containsKey(intent), 11, "%s: no outcome of %d", act, intent));
  }

  // --- words

  static void require(boolean holds, int invariant, String words, @Nullable Object... args) {
    if (!holds) {
      throw broken(invariant, words, args);
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
  static AssertionError broken(int invariant, String words, @Nullable Object... args) {
    return new AssertionError("invariant " + invariant + ": " + words.formatted(args));
  }
}
