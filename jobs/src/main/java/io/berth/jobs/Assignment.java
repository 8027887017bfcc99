package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.rules.HoldRule;
import io.berth.policies.LimitKey;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Works out who has which device, from what the containers are now and who had it before: "Who
 * holds a device" and "Lifecycle" of DESIGN section 3. Pure; what is not known changes nothing.
 */
final class Assignment {

  private final Berths berths;
  private final DeviceNames names;
  private final Set<String> unplaced;
  private final PolicyBook book;
  private final Instant now;
  private final List<ClaimChange> changes = new ArrayList<>();

  /**
   * @param unplaced the ids of those of which it was never known which devices they mean; those of
   *     which it is known now are taken out
   */
  Assignment(Berths berths, DeviceNames names, Set<String> unplaced, PolicyBook book, Instant now) {
    this.berths = berths;
    this.names = names;
    this.unplaced = unplaced;
    this.book = book;
    this.now = now;
  }

  /**
   * One container that is there.
   *
   * @param lifeBegan whether it started since it was last looked at
   */
  record Seen(Subject subject, boolean lifeBegan) {

    private Instant finished() {
      Instant finished = subject.container().finishedAt();
      return finished == null ? Instant.MIN : finished;
    }
  }

  /** The changes that bring the claims of all these in line, in order. */
  List<ClaimChange> settle(List<Seen> seen) {
    seen.stream()
        .filter(each -> !each.subject.container().state().isStopped())
        .forEach(this::settle);
    seen.stream()
        .filter(each -> each.subject.container().state().isStopped())
        .sorted(Comparator.comparing(Seen::finished).reversed())
        .forEach(this::settle);
    return changes;
  }

  /** Everything of a container that is gone. */
  List<ClaimChange> gone(String id) {
    berths.by(id).forEach(each -> add(ClaimChange.release(each, "user", "container_removed")));
    return changes;
  }

  private void settle(Seen seen) {
    Subject subject = seen.subject;
    Container container = subject.container();
    List<Claim> claims =
        berths.by(container.id()).stream().map(each -> identified(each, subject)).toList();
    if (!container.gpus().any() && claims.isEmpty()) {
      return;
    }
    boolean isNew =
        unplaced.contains(container.id()) && names.meantBy(container.gpus()).isPresent();
    if (isNew) {
      unplaced.remove(container.id());
    }
    if (subject.protectedBy() != null
        || container.state() == Container.State.REMOVING
        || !container.gpus().any()) {
      boolean isGoing = container.state() == Container.State.REMOVING;
      String reason = isGoing ? "container_removed" : "manual";
      claims.forEach(each -> add(ClaimChange.release(each, "user", reason)));
    } else if (container.gpus().kind() == GpuRequest.Kind.UNPINNED) {
      share(subject, claims);
    } else if (container.state().isStopped() && container.everStarted()) {
      hold(subject, isNew, claims);
    } else {
      activate(seen, claims);
    }
  }

  /** Its owner may have been told only now, and anybody can rename it. */
  private Claim identified(Claim claim, Subject subject) {
    Claim as =
        new Claim(
            claim.device(),
            claim.holder(),
            subject.container().name(),
            subject.ownerInDoubt() == null ? subject.owner().name() : claim.owner(),
            subject.type(),
            claim.state(),
            claim.since(),
            claim.until());
    if (!as.equals(claim)) {
      add(new ClaimChange(claim, as, null, "user", null, Map.of()));
    }
    return as;
  }

  /** An unpinned one: recorded on what it sees while it lives. */
  private void share(Subject subject, List<Claim> claims) {
    Set<String> seen = new LinkedHashSet<>();
    if (subject.container().state().isLive()) {
      var meant = names.meantBy(subject.container().gpus());
      if (meant.isEmpty()) {
        return;
      }
      seen.addAll(meant.get());
    }
    for (Claim claim : claims) {
      if (!seen.remove(claim.device())) {
        add(ClaimChange.release(claim, "user", "container_stopped"));
      }
    }
    for (String uuid : seen) {
      claim(subject, uuid, Claim.State.SHARED, null, null, null, Map.of());
    }
  }

  /** A pinned one that is created or lives. */
  private void activate(Seen seen, List<Claim> claims) {
    Subject subject = seen.subject;
    boolean settled =
        !claims.isEmpty()
            && !seen.lifeBegan
            && claims.stream().allMatch(c -> c.state() == Claim.State.ACTIVE);
    var meant = names.meantBy(subject.container().gpus());
    if (settled || meant.isEmpty()) {
      return;
    }
    Set<String> wanted = new LinkedHashSet<>(meant.get());
    for (Claim claim : claims) {
      if (!wanted.remove(claim.device()) && names.isListed(claim.device())) {
        add(ClaimChange.release(claim, "user", "container_stopped"));
      } else if (claim.state() == Claim.State.HELD) {
        add(change(claim, Claim.State.ACTIVE, null, null, null, Map.of()));
      }
    }
    for (String uuid : wanted) {
      occupy(subject, uuid);
    }
  }

  private void occupy(Subject subject, String uuid) {
    List<Claim> others = new ArrayList<>(berths.exclusiveOn(uuid));
    Claim mine = reservationOf(subject, others);
    String reason = subject.container().everStarted() ? "container_started" : "container_created";
    if (mine != null) {
      others.remove(mine);
      add(new ClaimChange(mine, ClaimChange.free(mine), null, "user", reason, Map.of()));
    }
    if (others.isEmpty()) {
      claim(
          subject,
          uuid,
          Claim.State.ACTIVE,
          null,
          mine == null ? "gpu.allocate" : null,
          reason,
          Map.of());
    } else {
      claim(
          subject,
          uuid,
          Claim.State.ACTIVE,
          null,
          "gpu.conflict",
          "gpu_conflict",
          Map.of("holders", ClaimChange.words(others)));
    }
  }

  /**
   * A grant is used up by the first container of its name that asks for its device; only by that.
   */
  private static @Nullable Claim reservationOf(Subject subject, List<Claim> others) {
    return others.stream()
        .filter(Claim::isReservation)
        .filter(each -> each.name().equals(subject.container().name()))
        .findFirst()
        .orElse(null);
  }

  /** A pinned one that ran and stopped. */
  private void hold(Subject subject, boolean isNew, List<Claim> claims) {
    if (!HoldRule.appliesTo(subject.type())) {
      claims.forEach(each -> add(ClaimChange.release(each, "user", "container_stopped")));
      return;
    }
    Instant until =
        book.limitsFor(subject.owner().name(), subject.type())
            .get(LimitKey.GPU_HOLD_AFTER_STOP)
            .after(now)
            .orElse(null);
    for (Claim claim : claims) {
      if (claim.state() == Claim.State.ACTIVE) {
        add(
            change(
                claim,
                Claim.State.HELD,
                until,
                "gpu.hold",
                "container_stopped",
                holdDetails(until)));
      }
    }
    if (isNew && claims.isEmpty()) {
      adopt(subject, until);
    }
  }

  /** A stopped one that nobody had seen: it has its devices only where nobody else has. */
  private void adopt(Subject subject, @Nullable Instant until) {
    for (String uuid : names.meantBy(subject.container().gpus()).orElse(Set.of())) {
      if (berths.exclusiveOn(uuid).isEmpty()) {
        claim(
            subject,
            uuid,
            Claim.State.HELD,
            until,
            "gpu.hold",
            "container_stopped",
            holdDetails(until));
      }
    }
  }

  private static Map<String, Object> holdDetails(@Nullable Instant until) {
    return Map.of("until", until == null ? "never" : until.toString());
  }

  private void claim(
      Subject subject,
      String uuid,
      Claim.State state,
      @Nullable Instant until,
      @Nullable String event,
      @Nullable String reason,
      Map<String, Object> details) {
    Claim none =
        new Claim(
            uuid,
            subject.id(),
            subject.container().name(),
            subject.owner().name(),
            subject.type(),
            Claim.State.FREE,
            now,
            null);
    add(change(none, state, until, event, reason, details));
  }

  private ClaimChange change(
      Claim before,
      Claim.State to,
      @Nullable Instant until,
      @Nullable String event,
      @Nullable String reason,
      Map<String, Object> details) {
    Claim after =
        new Claim(
            before.device(),
            before.holder(),
            before.name(),
            before.owner(),
            before.type(),
            to,
            now,
            until);
    return new ClaimChange(before, after, event, "user", reason, details);
  }

  private void add(ClaimChange change) {
    berths.put(change.after());
    changes.add(change);
  }
}
