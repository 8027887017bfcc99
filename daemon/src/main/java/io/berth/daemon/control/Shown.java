package io.berth.daemon.control;

import static java.util.stream.Collectors.groupingBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.daemon.control.Refusal.Code;
import io.berth.jobs.Outlook;
import io.berth.jobs.Subject;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.TypeChain;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.ClockRow;
import io.berth.jobs.ledger.Known;
import io.berth.jobs.ledger.RequestTables.KeepAlive;
import io.berth.jobs.ledger.RequestTables.Protection;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Action;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The containers as the ledger knows them at one moment, and what is to come of each. */
final class Shown {

  /**
   * What is done to a container next, if nothing changes.
   *
   * @param action {@code stop}, {@code pause}, {@code warn}, {@code remove}, or {@code release} of
   *     its devices
   * @param rule that wants it
   */
  record Next(String action, String rule, Instant at) {}

  /**
   * When a clock is due, or a hold on devices ends.
   *
   * @param clock null where it is a hold
   */
  private record End(Known container, Instant at, @Nullable ClockRow clock) {}

  private static final Comparator<Known> ORDER =
      Comparator.comparing((Known each) -> each.owner().name())
          .thenComparing(Known::name)
          .thenComparing(Known::id);
  private static final Comparator<End> BY_TIME =
      Comparator.comparing(End::at).thenComparing(End::container, ORDER);

  private final Map<String, Known> known;
  private final Map<String, List<ClockRow>> clocks;
  private final Map<String, List<Claim>> claims;
  private final Map<String, KeepAlive> keepAlives;
  private final Map<String, Protection> protections = new HashMap<>();
  private final Map<String, Subject> seen = new HashMap<>();

  private final Outlook outlook;
  private final Instant now;

  private Shown(Tables tables, List<Subject> subjects, Outlook outlook, Instant now)
      throws SQLException {
    this.outlook = outlook;
    this.now = now;
    known = tables.known();
    clocks = tables.requests().clocks().stream().collect(groupingBy(ClockRow::containerId));
    claims = tables.devices().allocation().claims().stream().collect(groupingBy(Claim::holder));
    keepAlives = tables.requests().keepAlives();
    for (Protection each : tables.requests().protections()) {
      if (each.isActive(now)) {
        protections.put(each.containerId(), each);
      }
    }
    subjects.forEach(each -> seen.put(each.id(), each));
  }

  static Shown now(ControlParts parts) {
    Instant now = parts.clock().instant();
    List<Subject> subjects = parts.daemon().seen();
    Outlook outlook = parts.sweeps().outlook();
    return parts.ledger().read(tables -> new Shown(tables, subjects, outlook, now));
  }

  /** In no order. */
  Collection<Known> each() {
    return known.values();
  }

  /** By owner and name. */
  List<Known> all() {
    return known.values().stream().sorted(ORDER).toList();
  }

  /**
   * The container of that name, id or beginning of an id.
   *
   * @throws Refusal if there is none, or several
   */
  Known find(String reference) {
    return lookUp(reference)
        .orElseThrow(() -> new Refusal(Code.NOT_FOUND, "no container " + reference + " is known"));
  }

  /**
   * The same; empty where there is none.
   *
   * @throws Refusal if there are several
   */
  Optional<Known> lookUp(String reference) {
    Known byId = known.get(reference);
    if (byId != null) {
      return Optional.of(byId);
    }
    List<Known> byName = matching(known.values(), reference, false);
    List<Known> found = byName.isEmpty() ? matching(known.values(), reference, true) : byName;
    if (found.size() > 1) {
      throw new Refusal(
          Code.BAD_REQUEST, reference + " means several containers: give the full id");
    }
    return found.stream().findFirst();
  }

  private static List<Known> matching(Collection<Known> all, String reference, boolean prefix) {
    return all.stream()
        .filter(each -> prefix ? each.id().startsWith(reference) : each.name().equals(reference))
        .toList();
  }

  /** What comes first: of all rules' clocks, and of what holds its devices. */
  Optional<Next> next(Known container) {
    return ends(container).stream().map(this::next).flatMap(Optional::stream).findFirst();
  }

  /** The containers that something is done to first; each with that, in their order. */
  Map<Known, Next> soonest(int count) {
    // What a clock leads to takes its owner's limits, and is not asked of all that there are.
    Map<Known, Next> found = new LinkedHashMap<>();
    List<End> ends = known.values().stream().map(this::ends).flatMap(List::stream).toList();
    for (End end : ends.stream().sorted(BY_TIME).toList()) {
      if (found.size() == count) {
        break;
      }
      if (!found.containsKey(end.container())) {
        next(end).ifPresent(next -> found.put(end.container(), next));
      }
    }
    return found;
  }

  /** What may be next, in order. */
  private List<End> ends(Known container) {
    List<End> ends = new ArrayList<>();
    for (ClockRow clock : clocks.getOrDefault(container.id(), List.of())) {
      if (!clock.isWithdrawn()) {
        ends.add(new End(container, clock.due(), clock));
      }
    }
    for (Claim claim : claims.getOrDefault(container.id(), List.of())) {
      if (claim.until() != null) {
        ends.add(new End(container, claim.until(), null));
      }
    }
    ends.sort(BY_TIME);
    return ends;
  }

  private Optional<Next> next(End end) {
    ClockRow clock = end.clock();
    return clock == null
        ? Optional.of(new Next("release", "gpu-hold", end.at()))
        : actionOf(clock)
            .filter(action -> isToCome(action, end))
            .map(action -> new Next(action, clock.rule(), end.at()));
  }

  /** A paused container is left alone; and of a limit that is only warned of nothing comes. */
  private boolean isToCome(String action, End end) {
    return end.container().state() != Container.State.PAUSED
        && (!action.equals(Action.WARN.word()) || end.at().isAfter(now));
  }

  /** Empty where its owner is exempt from that. */
  private Optional<String> actionOf(ClockRow clock) {
    Subject subject = seen.get(clock.containerId());
    if (subject != null) {
      return outlook.action(clock.rule(), subject, clock.due()).map(Action::word);
    }
    // Before the first look: the two rules of cleanup remove, the others are about what runs.
    boolean cleanup = clock.rule().equals("created") || clock.rule().equals("stale");
    return Optional.of(cleanup ? "remove" : "stop");
  }

  ObjectNode json(Known each) {
    ObjectNode json =
        Answer.JSON
            .createObjectNode()
            .put("id", each.id())
            .put("name", each.name())
            .put("owner", each.owner().name())
            .put("owner_source", each.owner().source())
            .put("type", each.type().word())
            .put("type_source", typeSource(each.id()))
            .put("state", each.state().word())
            .put("created", each.created().toString())
            .put("started_at", text(each.startedAt()))
            .put("finished_at", text(each.finishedAt()));
    ArrayNode devices = json.putArray("devices");
    for (Claim claim : claims.getOrDefault(each.id(), List.of())) {
      devices
          .addObject()
          .put("device", claim.device())
          .put("claim", claim.state().word())
          .put("until", text(claim.until()));
    }
    Next next = next(each).orElse(null);
    if (next == null) {
      json.putNull("next");
    } else {
      put(json.putObject("next"), next);
    }
    Subject subject = seen.get(each.id());
    json.put("protected_by", protectedBy(each.id(), subject));
    json.put("owner_in_doubt", subject == null ? null : subject.ownerInDoubt());
    KeepAlive alive = keepAlives.get(each.id());
    json.put("keep_alive_until", alive == null ? null : alive.until().toString());
    return json;
  }

  static ObjectNode put(ObjectNode json, Next next) {
    return json.put("action", next.action())
        .put("rule", next.rule())
        .put("at", next.at().toString());
  }

  /** Null before the first look. */
  private @Nullable String typeSource(String id) {
    Subject subject = seen.get(id);
    return subject == null ? null : TypeChain.tell(subject.container()).source();
  }

  private @Nullable String protectedBy(String id, @Nullable Subject subject) {
    Protection protection = protections.get(id);
    if (protection != null) {
      String until = protection.until() == null ? "" : " until " + protection.until();
      return protection.who() + until + " (berth protect)";
    }
    return subject == null ? null : subject.protectedBy();
  }

  private static @Nullable String text(@Nullable Instant moment) {
    return moment == null ? null : moment.toString();
  }
}
