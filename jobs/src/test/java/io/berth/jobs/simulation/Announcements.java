package io.berth.jobs.simulation;

import static io.berth.jobs.simulation.Referee.SLACK;
import static io.berth.jobs.simulation.Referee.require;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Holds a run to invariant 5: what owners were told, when, and whether it came so. */
final class Announcements {

  /** What an owner was told: when, and for when. */
  private record Told(Duration at, Duration due) {}

  private final Harbour harbour;
  private final SimClock clock;
  private final InForce inForce;
  private final Map<String, List<Told>> told = new HashMap<>();

  Announcements(Harbour harbour, InForce inForce) {
    this.harbour = harbour;
    this.clock = harbour.clock;
    this.inForce = inForce;
  }

  /** An owner is told; what he was told before about the same moves later at most. */
  void told(String id, Instant at, JsonNode details) {
    String action = details.path("action").asText();
    String key = id + (action.equals("remove") ? "remove" : details.path("reason").asText());
    Told now = new Told(clock.realOf(at), clock.realOf(Instant.parse(details.path("at").asText())));
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

  /** What an owner was told in words, he was told by an event. */
  void isTold(String id, Instant at) {
    require(
        told.entrySet().stream()
            .filter(each -> each.getKey().startsWith(id))
            .flatMap(each -> each.getValue().stream())
            .anyMatch(each -> each.due.minus(clock.realOf(at)).abs().compareTo(SLACK) <= 0),
        5,
        "%s is told %s, and no event says so",
        id,
        at);
  }

  /** A removal was announced since the ship came to be so, and is due by that. */
  void announced(Ship ship) {
    List<Told> announced = toldSince(ship, "remove", ship.moved);
    require(!announced.isEmpty(), 5, "%s goes unannounced", ship);
    notBefore(ship, announced);
  }

  /**
   * Both warnings came, the first of them early enough, and what they said holds.
   *
   * @param since nothing that was said before counts
   * @param first the share of the limit at which the first warning comes
   * @param divisor what the limit is divided by where demand is high
   */
  void warned(
      Ship ship,
      String reason,
      Duration since,
      double first,
      Function<Book, Duration> limit,
      int divisor) {
    List<Told> warnings = toldSince(ship, reason, since);
    require(warnings.size() >= 2, 5, "%s: %s after %d warnings", ship, reason, warnings.size());
    Duration at = warnings.get(0).at;
    Duration least = inForce.leastSince(at, limit).dividedBy(divisor);
    Duration notice = Duration.ofMillis(Math.round(least.toMillis() * (1 - first)));
    require(
        clock.passed(at, notice.minus(SLACK)),
        5,
        "%s: %s %s after its first warning",
        ship,
        reason,
        clock.real().minus(at));
    notBefore(ship, warnings);
  }

  private void notBefore(Ship ship, List<Told> told) {
    Duration due = told.get(told.size() - 1).due;
    require(clock.passed(due, SLACK.negated()), 5, "%s: told that at %s", ship, due);
  }

  private List<Told> toldSince(Ship ship, String reason, Duration since) {
    return told.getOrDefault(ship.id() + reason, List.of()).stream()
        .filter(each -> each.at.compareTo(since) >= 0)
        .toList();
  }
}
