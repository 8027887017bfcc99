package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds a walk to DESIGN section 8. Knows what happened from whoever made it happen, and keeps it
 * in time that really passed: no wall clock that jumps comes into it.
 */
final class Watcher {

  static final Duration INTERRUPTED = Duration.ofHours(3);
  private static final Duration TWO_STATE = Duration.ofSeconds(10);

  private final World world;
  private Walk.Book book;
  private Duration jumped = Duration.ZERO;
  private boolean observe;
  private Duration engineStart = Duration.ZERO;
  private int removals;
  private @Nullable AssertionError broken;
  private long lastEvent;
  private final Map<JobName, Duration> enforcing = new EnumMap<>(JobName.class);
  private final Set<JobName> observed = EnumSet.noneOf(JobName.class);
  private final Map<String, Duration> moved = new HashMap<>();
  private final Map<String, Duration> seen = new HashMap<>();
  private final Set<String> known = new HashSet<>();
  private final Set<String> protectedNames = new HashSet<>();

  /** What an owner was told, in real time: when, and for when. */
  private record Announcement(Duration told, Duration due) {}

  private final Map<String, Announcement> announced = new HashMap<>();
  private final Map<String, Integer> removedEvents = new HashMap<>();

  Watcher(World world, Walk.Book book) {
    this.world = world;
    this.book = book;
  }

  int removals() {
    return removals;
  }

  // --- what happened

  /** It is in another state than before. */
  void moved(String name) {
    moved.put(name, real(world.now()));
    seen.remove(name);
  }

  void isProtected(String name) {
    protectedNames.add(name);
  }

  void engineStarted() {
    engineStart = real(world.now());
  }

  void clockJumped(Duration by) {
    readEvents();
    jumped = jumped.plus(by);
  }

  void book(Walk.Book now) {
    book = now;
  }

  void mode(boolean isObserve) {
    observe = isObserve;
    if (!observe) {
      observed.forEach(job -> enforcing.put(job, real(world.now())));
      observed.clear();
    }
  }

  void swept(JobName job, boolean whole) {
    if (whole) {
      moved.keySet().stream()
          .filter(world.engine::isThere)
          .forEach(
              name -> {
                seen.putIfAbsent(name, real(world.now()));
                known.add(name);
              });
      if (observe) {
        observed.add(job);
      }
    }
  }

  private Duration real(Instant wall) {
    return Duration.between(World.START, wall).minus(jumped);
  }

  // --- what must not happen

  /** Whoever acts would take the failure for one of the act: {@link #check} has it told. */
  void removalAsked(Container container) {
    try {
      checkRemoval(container);
    } catch (AssertionError e) {
      broken = e;
    }
  }

  /** Invariants 1, 2, 5 and 12. */
  private void checkRemoval(Container container) {
    String name = container.name();
    Duration now = real(world.now());
    readEvents();
    assertThat(observe).as("%s is removed in observe", name).isFalse();
    assertThat(protectedNames).as("protected").doesNotContain(name);
    assertThat(name).as("protected").doesNotStartWith("vault");
    assertThat(container.state().isLive()).as("%s is live and removed", name).isFalse();
    assertThat(seen).as("%s is removed before its state was seen", name).containsKey(name);
    JobName job = container.everStarted() ? JobName.STALE_CLEANUP : JobName.CREATED_CLEANUP;
    Duration start =
        List.of(seen.get(name), engineStart, enforcing.getOrDefault(job, Duration.ZERO)).stream()
            .max(Duration::compareTo)
            .orElseThrow();
    assertThat(now)
        .as("%s goes too early", name)
        .isGreaterThanOrEqualTo(start.plus(limit(container)));
    if (container.everStarted()) {
      Announcement told = announced.get(container.id());
      assertThat(told).as("%s goes unannounced", name).isNotNull();
      assertThat(told.told)
          .as("%s told of another stop", name)
          .isGreaterThanOrEqualTo(moved.get(name));
      assertThat(now).as("%s goes before announced", name).isGreaterThanOrEqualTo(told.due);
    }
  }

  private Duration limit(Container container) {
    if (!container.everStarted()) {
      return book.created();
    }
    boolean endedWell =
        "orchestration".equals(container.labels().get("ds01.container_type"))
            && container.exitCode() == 0;
    return endedWell ? TWO_STATE : book.hold();
  }

  /** Invariant 11: nothing is told twice. */
  void check() {
    if (broken != null) {
      throw broken;
    }
    readEvents();
    removedEvents.forEach(
        (id, times) -> assertThat(times).as("removals told of %s", id).isEqualTo(1));
  }

  private void checkJournal(String name) {
    Set<Long> open = new HashSet<>();
    for (JournalEntry entry : world.journalOf(name)) {
      if (entry.kind() == JournalEntry.Kind.INTENT) {
        assertThat(open).as("%s: two intents at once", name).isEmpty();
        open.add(entry.seq());
      } else if (entry.kind() == JournalEntry.Kind.OUTCOME) {
        assertThat(open.remove(entry.intent())).as("%s: outcome without intent", name).isTrue();
      }
    }
  }

  private void readEvents() {
    for (JournalEntry entry :
        world.ledger().read(tables -> tables.eventsAfter(lastEvent, 100_000))) {
      assertThat(entry.seq()).isGreaterThan(lastEvent);
      lastEvent = entry.seq();
      JsonNode event = World.json(entry);
      JsonNode details = event.path("details");
      String id = details.path("id").asText();
      if (!details.path("outcome").asText().equals("done")) {
        continue;
      }
      if (entry.subject().equals("container.warn")) {
        Instant due = Instant.parse(details.path("at").asText());
        announced.put(id, new Announcement(real(entry.at()), real(due)));
      } else if (entry.subject().equals("container.remove")) {
        removedEvents.merge(id, 1, Integer::sum);
        removals += details.path("by").asText().equals("berth") ? 1 : 0;
      }
    }
  }

  /** Invariants 9, 1 and 11, once everything was steady for longer than any limit. */
  void checkAtRest(List<String> names) {
    assertThat(world.ledger().<List<JournalEntry>>read(tables -> tables.openIntents())).isEmpty();
    names.forEach(this::checkJournal);
    for (String name : names) {
      if (known.contains(name)) {
        boolean told = removedEvents.containsKey(Containers.idOf(name));
        assertThat(told)
            .as("the end of %s was told", name)
            .isNotEqualTo(world.engine.isThere(name));
      }
      if (world.engine.isThere(name) && !isExempt(name)) {
        assertThat(world.engine.get(name).state().isLive())
            .as("%s is due and stays", name)
            .isTrue();
      }
    }
  }

  private boolean isExempt(String name) {
    return name.startsWith("vault") || protectedNames.contains(name);
  }
}
