package io.berth.jobs;

import io.berth.jobs.container.Owner;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Reason;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keeps the ledger's devices in line with the containers there are and with what NVML lists. */
final class DeviceKeeper {

  /** Since when NVML does not answer; not there while it does. */
  private static final String NVML_DOWN = "nvml.down";

  private static final Duration READ_EVERY = Duration.ofSeconds(10);

  private final Ledger ledger;
  private final Gpus gpus;
  private final LongSupplier ticker;
  private final Tally tally;
  private final Herald herald;
  private final Quotas quotas;

  private @Nullable Reading<Inventory> reading;
  private long readAt;

  DeviceKeeper(Ledger ledger, Gpus gpus, LongSupplier ticker, Tally tally, Herald herald) {
    this.ledger = ledger;
    this.gpus = gpus;
    this.ticker = ticker;
    this.tally = tally;
    this.herald = herald;
    this.quotas = new Quotas(ledger, tally);
  }

  /** What NVML listed when it was last asked, a few seconds ago at most. */
  synchronized Reading<Inventory> inventory(boolean fresh) {
    Reading<Inventory> latest = reading;
    if (latest == null || fresh || ticker.getAsLong() - readAt > READ_EVERY.toNanos()) {
      latest = gpus.inventory();
      reading = latest;
      readAt = ticker.getAsLong();
    }
    return latest;
  }

  /**
   * Compares, and records what differs in one transaction, which also reads what to compare with:
   * whoever takes a container in hand, or asks for a device, comes before all of it or after.
   *
   * @param seen the containers that could be inspected
   * @param failed the ids of those that could not be
   * @param inHand whether somebody has it in hand, or had since the containers were looked at
   * @return how much differed
   */
  int reconcile(
      List<Assignment.Seen> seen,
      Set<String> failed,
      Predicate<String> inHand,
      PolicyBook book,
      Mode mode,
      boolean fresh,
      Instant now) {
    Reading<Inventory> listed = inventory(fresh);
    tellOfNvml(listed, mode, now);
    Map<String, Owner> owners = new HashMap<>();
    for (Assignment.Seen each : seen) {
      owners.put(each.subject().id(), each.subject().owner());
    }
    Ledger.Work<Settled> settle =
        tables -> {
          Berths berths = new Berths(tables.devices().allocation());
          List<Assignment.Seen> still =
              seen.stream().filter(each -> !inHand.test(each.subject().id())).toList();
          Predicate<String> isGone =
              id -> !owners.containsKey(id) && !failed.contains(id) && !inHand.test(id);
          return settle(berths, still, isGone, tables.devices().unplaced(), listed, book, now);
        };
    Settled settled = ledger.read(settle);
    if (settled.differences() > 0 || settled.placed > 0) {
      settled =
          ledger.write(
              tables -> {
                Settled again = settle.in(tables);
                record(tables, again, owners, mode, now);
                tables.devices().unplaced(again.unplaced);
                return again;
              });
    }
    if (mode == Mode.ENFORCE) {
      for (Assignment.Seen each : seen) {
        tellOfConflicts(each.subject(), settled.changes, book, now);
      }
    }
    tally.assigned(listed, settled.berths.allocation());
    quotas.settle(settled.berths.allocation(), book, mode, now);
    return settled.differences();
  }

  /** Once when it fails and once when it is back, be there a restart of the daemon in between. */
  private void tellOfNvml(Reading<Inventory> listed, Mode mode, Instant now) {
    Optional<String> downSince = ledger.read(tables -> tables.fact(NVML_DOWN));
    if (listed.isKnown() == downSince.isEmpty()) {
      return;
    }
    ledger.update(
        tables -> {
          if (listed.isKnown()) {
            tables.drop(NVML_DOWN);
            Map<String, Object> details = Map.of("since", downSince.orElseThrow());
            tables.append(Events.ofDaemon(now, "nvml.up", "daemon", null, mode, details));
          } else {
            tables.keep(NVML_DOWN, now.toString());
            Map<String, Object> details = Map.of("detail", listed.why());
            tables.append(Events.ofDaemon(now, "nvml.down", "daemon", null, mode, details));
          }
        });
  }

  /**
   * What there is now, and what changed to get there.
   *
   * @param placed how many more were unplaced before
   */
  private record Settled(
      Berths berths,
      List<Presences.PresenceChange> presences,
      List<ClaimChange> changes,
      Set<String> unplaced,
      int placed) {

    int differences() {
      return presences.size() + changes.size();
    }
  }

  private static Settled settle(
      Berths berths,
      List<Assignment.Seen> seen,
      Predicate<String> isGone,
      Set<String> unplaced,
      Reading<Inventory> listed,
      PolicyBook book,
      Instant now) {
    List<Presences.PresenceChange> presences =
        Presences.settle(berths, listed, book.gpu().cededDevices());
    Set<String> open = new HashSet<>(unplaced);
    open.removeIf(isGone);
    Assignment assignment =
        new Assignment(berths, new DeviceNames(listed, berths.devices()), open, book, now);
    Set<String> gone = new TreeSet<>();
    for (Claim claim : berths.all()) {
      if (!claim.isReservation() && isGone.test(claim.holder())) {
        gone.add(claim.holder());
      }
    }
    gone.forEach(assignment::gone);
    List<ClaimChange> changes = assignment.settle(seen);
    return new Settled(berths, presences, changes, open, unplaced.size() - open.size());
  }

  private static void record(
      Tables tables, Settled settled, Map<String, Owner> owners, Mode mode, Instant now)
      throws SQLException {
    for (Presences.PresenceChange each : settled.presences) {
      record(tables, each, mode, now);
    }
    for (ClaimChange each : settled.changes) {
      each.write(tables.devices(), ownerOf(each.after(), owners), "engine", mode, now);
    }
  }

  /** To who came second; the holder is told by whoever runs the host, if at all. */
  private void tellOfConflicts(
      Subject subject, List<ClaimChange> changes, PolicyBook book, Instant now) {
    for (ClaimChange each : changes) {
      if (each.after().holder().equals(subject.id()) && "gpu.conflict".equals(each.event())) {
        Map<String, Object> numbers = new HashMap<>(each.details());
        numbers.put("device", each.after().device());
        herald.tell(
            Herald.Kind.CONFLICT,
            JobName.RECONCILE,
            subject,
            new Verdict.Cause(Action.WARN, Reason.GPU_CONFLICT, numbers),
            "its GPU %s is also used by %s"
                .formatted(each.after().device(), each.details().get("holders")),
            now,
            book);
      }
    }
  }

  private static Owner ownerOf(Claim claim, Map<String, Owner> owners) {
    return owners.getOrDefault(claim.holder(), new Owner(claim.owner(), "ledger"));
  }

  private static void record(Tables tables, Presences.PresenceChange change, Mode mode, Instant now)
      throws SQLException {
    DeviceRow after = change.after();
    Map<String, Object> details =
        Map.of(
            "device", after.uuid(),
            "gpueq", after.gpueq(),
            "before", change.before().presence().word(),
            "detail", change.words());
    String type = "gpu." + after.presence().word();
    JournalEntry entry = Events.ofDaemon(now, type, "daemon", null, mode, details);
    tables.devices().presence(change.before(), after, entry);
  }

  /** Frees what a container has, as the first step of its removal. */
  List<Claim> releaseForRemoval(Subject subject, String reason, String source, Instant now) {
    List<Claim> claims =
        ledger.read(tables -> tables.devices().allocation().claimsBy(subject.id()));
    if (!claims.isEmpty()) {
      ledger.update(
          tables -> {
            for (Claim each : claims) {
              ClaimChange.release(each, "berth", reason)
                  .write(tables.devices(), subject.owner(), source, Mode.ENFORCE, now);
            }
          });
    }
    return claims;
  }

  /**
   * Gives back what {@link #releaseForRemoval} freed, of a container that never ran: it is there
   * still. What somebody else got meanwhile both have then.
   */
  void takeBack(Subject subject, List<Claim> released, String source, Instant now) {
    List<Claim> pinned =
        released.stream().filter(each -> each.state() == Claim.State.ACTIVE).toList();
    if (pinned.isEmpty()) {
      return;
    }
    ledger.update(
        tables -> {
          for (Claim each : pinned) {
            List<Claim> others =
                tables.devices().allocation().claimsOn(each.device()).stream()
                    .filter(other -> other.state().isExclusive())
                    .toList();
            Map<String, Object> details = new HashMap<>(Map.of("detail", "its removal failed"));
            if (!others.isEmpty()) {
              details.put("holders", ClaimChange.words(others));
            }
            String event = others.isEmpty() ? "gpu.allocate" : "gpu.conflict";
            String reason = others.isEmpty() ? "removal_failed" : "gpu_conflict";
            new ClaimChange(ClaimChange.free(each), each, event, "berth", reason, details)
                .write(tables.devices(), subject.owner(), source, Mode.ENFORCE, now);
          }
        });
  }
}
