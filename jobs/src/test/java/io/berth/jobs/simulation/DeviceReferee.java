package io.berth.jobs.simulation;

import static io.berth.jobs.simulation.Referee.broken;
import static io.berth.jobs.simulation.Referee.require;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.Allocator;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceRow.Presence;
import io.berth.jobs.ledger.DeviceTables;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.JournalEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** Holds a run to what DESIGN section 8 says of devices: invariants 6 to 10. */
final class DeviceReferee {

  /** Sums of sevenths are not exact. */
  private static final double ROUNDING = 1e-6;

  private final Harbour harbour;
  private final Map<String, Duration> held = new TreeMap<>();
  private final Set<String> grants = new HashSet<>();
  private final Set<String> conflicts = new HashSet<>();

  /** When which container last failed. */
  private final Map<String, Duration> failed = new HashMap<>();

  private Duration calmSince = Duration.ZERO;

  DeviceReferee(Harbour harbour) {
    this.harbour = harbour;
  }

  /** Nothing has gone wrong since then. */
  void calm(Duration since) {
    calmSince = since;
  }

  // --- grants

  /** Invariants 4, 6 and 7, of what was just answered. */
  void granted(Allocator.Request request, Allocator.Answer answer) {
    if (!(answer instanceof Allocator.Answer.Granted granted)) {
      return;
    }
    Allocation now = allocation();
    double granting = granted.devices().stream().mapToDouble(SimGpus::gpueq).sum();
    require(
        Math.abs(granted.gpueq() - granting) < ROUNDING,
        7,
        "%s is granted as %s gpueq",
        granted.devices(),
        granted.gpueq());
    Set<String> renewed = renewed(now, granted.devices());
    for (String device : granted.devices()) {
      require(
          harbour.gpus.canSee(device) || renewed.contains(device),
          4,
          "%s can't be seen and is granted",
          device);
      require(
          exclusive(now.claimsOn(device)).size() == 1 || renewed.contains(device),
          6,
          "%s is granted twice",
          device);
    }
    List<Claim> his =
        exclusive(now.claims()).stream()
            .filter(each -> each.owner().equals(request.user()))
            .toList();
    if (!renewed.containsAll(granted.devices())) {
      double gpueq = his.stream().map(Claim::device).distinct().mapToDouble(SimGpus::gpueq).sum();
      require(gpueq <= Book.QUOTA + ROUNDING, 7, "%s has %s gpueq", request.user(), gpueq);
      long containers = his.stream().map(Claim::holder).distinct().count();
      require(containers <= Book.MOST_CONTAINERS, 7, "%s has %d", request.user(), containers);
    }
  }

  /** Those that had been granted before: a reservation goes on with the time it began at. */
  private Set<String> renewed(Allocation now, List<String> devices) {
    Set<String> renewed = new HashSet<>(devices);
    for (String device : devices) {
      for (Claim each : now.claimsOn(device)) {
        boolean isOfNow = each.since().equals(cut(harbour.clock.wall()));
        if (each.isReservation()
            && grants.add(each.device() + each.holder() + each.since())
            && isOfNow) {
          renewed.remove(device);
        }
      }
    }
    return renewed;
  }

  private static Instant cut(Instant moment) {
    return io.berth.jobs.ledger.Tables.cut(moment);
  }

  private Allocation allocation() {
    return harbour
        .read(tables -> tables.devices().allocation())
        .orElseThrow(() -> broken(10, "granted, and there is no ledger"));
  }

  private static List<Claim> exclusive(List<Claim> claims) {
    return claims.stream().filter(each -> each.state().isExclusive()).toList();
  }

  // --- events

  void read(JournalEntry entry, JsonNode details) {
    String id = details.path("id").asText();
    String device = details.path("device").asText();
    switch (entry.subject()) {
      case "gpu.hold" -> held.put(id + device, harbour.clock.realOf(entry.at()));
      case "gpu.conflict" -> conflicts.add(device);
      case "gpu.release" ->
          harbour.engine.ship(id).ifPresent(ship -> released(ship, device, entry));
      default -> {}
    }
  }

  /** Invariants 8, 3 and 12. */
  private void released(Ship ship, String device, JournalEntry entry) {
    String reason = String.valueOf(entry.reason());
    if (ship.isProtected() && reason.equals("manual")) {
      return; // infrastructure holds nothing
    }
    require(!ship.state().isLive(), 8, "%s loses %s (%s)", ship, device, reason);
    if (!ship.container.everStarted()) {
      require(reason.equals("created_never_started"), 8, "%s loses %s (%s)", ship, device, reason);
    }
    if (reason.equals("hold_expired") && "gpu-release".equals(entry.source())) {
      Duration since = held.getOrDefault(ship.id() + device, Duration.ZERO);
      Duration hold = harbour.book().gpuHold();
      require(
          harbour.clock.real().compareTo(since.plus(hold).minusSeconds(2)) >= 0,
          12,
          "%s loses %s, held since %s for %s",
          ship,
          device,
          since,
          hold);
    }
  }

  // --- at any time

  void check() {
    harbour.engine.where(Ship::fails).forEach(ship -> failed.put(ship.id(), harbour.clock.real()));
    harbour.read(tables -> tables.devices().allocation()).ifPresent(this::check);
  }

  private void check(Allocation now) {
    Map<String, Integer> claims = new TreeMap<>();
    for (Claim each : exclusive(now.claims())) {
      claims.merge(each.device(), 1, Integer::sum);
      promised(each);
    }
    claims.forEach(
        (device, count) ->
            require(
                count == 1 || conflicts.contains(device),
                6,
                "%d have %s, and no conflict was told",
                count,
                device));
    conflicts.removeIf(each -> claims.getOrDefault(each, 0) < 2);
  }

  /** Invariant 9: what is over goes within one period, while nothing stands in the way. */
  private void promised(Claim claim) {
    Instant until = claim.until();
    if (until == null || claim.state() == Claim.State.ACTIVE) {
      return;
    }
    Duration due = harbour.clock.realOf(until);
    Duration from =
        SimClock.latest(due, calmSince, failed.getOrDefault(claim.holder(), Duration.ZERO));
    require(
        harbour.clock.real().compareTo(from.plus(harbour.pace.units(3))) <= 0,
        9,
        "%s keeps %s, due at %s",
        claim.name(),
        claim.device(),
        due);
    boolean calm = harbour.clock.real().compareTo(calmSince.plus(harbour.pace.units(3))) > 0;
    require(
        !calm || due.compareTo(harbour.clock.real().plus(harbour.pace.units(360))) <= 0,
        9,
        "%s keeps %s until %s",
        claim.name(),
        claim.device(),
        due);
  }

  /** NVML was just asked: what it lists is there, and nothing else (DESIGN section 3). */
  void looked() {
    if (!harbour.gpus.answers()) {
      return;
    }
    Allocation now = allocation();
    List<String> listed = harbour.gpus.listed();
    for (String uuid : listed) {
      DeviceRow row = now.devices().get(uuid);
      Presence is = harbour.gpus.isLost(uuid) ? Presence.UNHEALTHY : Presence.PRESENT;
      require(row != null && row.presence() == is, 4, "%s is listed, and is %s", uuid, row);
    }
    for (DeviceRow row : now.devices().values()) {
      require(
          listed.contains(row.uuid()) || row.presence() == Presence.MISSING,
          4,
          "%s is not listed, and is %s",
          row.uuid(),
          row);
    }
    for (Claim each : now.claims()) {
      require(
          now.devices().containsKey(each.device()),
          4,
          "%s has %s, which is forgotten",
          each.name(),
          each.device());
    }
  }

  /** Invariant 10. */
  void checkFold() {
    harbour.read(
        tables -> {
          Allocation state = tables.devices().allocation();
          Allocation fold = tables.devices().folded(DeviceTables.ALL);
          require(
              state.devices().equals(fold.devices()), 10, "devices: %s, folded %s", state, fold);
          require(words(state).equals(words(fold)), 10, "claims: %s, folded %s", state, fold);
          return true;
        });
  }

  private static Set<String> words(Allocation allocation) {
    Set<String> words = new HashSet<>();
    allocation
        .claims()
        .forEach(c -> words.add(c.device() + " " + c.holder() + " " + c.owner() + " " + c.state()));
    return words;
  }

  void atRest() {
    checkFold();
    Allocation now = allocation();
    Allocation onDisk = harbour.onDisk();
    require(now.equals(onDisk), 10, "the daemon says %s, its file %s", now, onDisk);
    for (Claim each : now.claims()) {
      require(each.state() != Claim.State.HELD, 9, "%s keeps %s", each.name(), each.device());
      require(!each.isReservation(), 9, "%s is reserved for %s", each.device(), each.name());
    }
    for (Ship each : harbour.engine.where(s -> s.isPinned() && s.state().isLive())) {
      boolean isThere = harbour.gpus.listed().stream().anyMatch(uuid -> SimGpus.isOn(each, uuid));
      require(
          each.isProtected() || !isThere || !now.claimsBy(each.id()).isEmpty(),
          8,
          "%s has no device",
          each);
    }
  }

  /** DESIGN section 3: the one case of a conflict that may be ended by a stop. */
  void mayIntrude(Ship ship, Function<String, AssertionError> otherwise) {
    boolean another =
        allocation().claims().stream()
            .filter(each -> each.state().isExclusive() && each.state() != Claim.State.HELD)
            .anyMatch(
                each -> !each.holder().equals(ship.id()) && SimGpus.isOn(ship, each.device()));
    if (!harbour.book().stopsIntruders() || ship.state() != State.RUNNING || !another) {
      throw otherwise.apply(ship + " is stopped for a conflict with nobody");
    }
  }
}
