package io.berth.jobs;

import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.OverQuota;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.ContainerType;
import io.berth.policies.LimitKey;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reports the owners who have more than {@code max_gpu_equivalents}, which the allocator grants
 * nobody but a plain {@code docker run} can bring about. Nothing is ever stopped for it.
 */
final class Quotas {

  /** Sums of sevenths are not exact. */
  private static final double ROUNDING = 1e-9;

  private final Ledger ledger;
  private final Tally tally;

  Quotas(Ledger ledger, Tally tally) {
    this.ledger = ledger;
    this.tally = tally;
  }

  /** What these claims come to; a device counts once, one that the ledger does not know as full. */
  static double gpueq(List<Claim> claims, Map<String, DeviceRow> devices) {
    return claims.stream()
        .map(Claim::device)
        .distinct()
        .map(devices::get)
        .mapToDouble(device -> device == null ? 1.0 : device.gpueq())
        .sum();
  }

  static boolean isAbove(double gpueq, double quota) {
    return gpueq > quota + ROUNDING;
  }

  /** Records who came to be above his quota, and who no longer is: an event for each crossing. */
  void settle(Allocation allocation, PolicyBook book, Mode mode, Instant now) {
    Map<String, List<Claim>> claims = exclusive(allocation);
    Map<String, OverQuota> before = new TreeMap<>();
    for (OverQuota each : ledger.read(tables -> tables.findings().overQuota())) {
      before.put(each.owner(), each);
    }
    Map<String, OverQuota> over = new TreeMap<>();
    claims.forEach(
        (owner, his) -> {
          Optional<Double> quota = quotaOf(owner, book);
          double gpueq = gpueq(his, allocation.devices());
          if (quota.isPresent() && isAbove(gpueq, quota.get())) {
            OverQuota known = before.get(owner);
            over.put(
                owner,
                new OverQuota(
                    owner, gpueq, quota.get(), known == null ? Tables.cut(now) : known.since()));
          }
        });
    tally.overQuota(over.size());
    if (!over.equals(before)) {
      record(before, over, claims, mode, now);
    }
  }

  /** Nobody's containers have no quota in common: {@code unknown} is no person. */
  private static Map<String, List<Claim>> exclusive(Allocation allocation) {
    Map<String, List<Claim>> claims = new TreeMap<>();
    for (Claim each : allocation.claims()) {
      if (each.state().isExclusive() && !each.owner().equals(Owner.UNKNOWN.name())) {
        claims.computeIfAbsent(each.owner(), owner -> new ArrayList<>()).add(each);
      }
    }
    return claims;
  }

  /** As the allocator takes it. */
  private static Optional<Double> quotaOf(String owner, PolicyBook book) {
    return book.limitsFor(owner, ContainerType.ORCHESTRATION).get(LimitKey.MAX_GPU_EQUIVALENTS);
  }

  private void record(
      Map<String, OverQuota> before,
      Map<String, OverQuota> over,
      Map<String, List<Claim>> claims,
      Mode mode,
      Instant now) {
    ledger.update(
        tables -> {
          for (OverQuota each : over.values()) {
            tables.findings().put(each);
            if (!before.containsKey(each.owner())) {
              Map<String, Object> details =
                  Map.of(
                      "gpueq", each.gpueq(),
                      "quota", each.quota(),
                      "holders", GrantRules.holders(claims.getOrDefault(each.owner(), List.of())));
              tables.append(entry("quota.exceeded", each.owner(), details, mode, now));
            }
          }
          for (OverQuota each : before.values()) {
            if (!over.containsKey(each.owner())) {
              tables.findings().withinQuota(each.owner());
              Map<String, Object> details = Map.of("since", each.since().toString());
              tables.append(entry("quota.ok", each.owner(), details, mode, now));
            }
          }
        });
  }

  private static JournalEntry entry(
      String type, String owner, Map<String, Object> details, Mode mode, Instant now) {
    String reason = LimitKey.MAX_GPU_EQUIVALENTS.word();
    return new JournalEntry(
        0,
        now,
        JournalEntry.Kind.FACT,
        null,
        null,
        owner,
        type,
        reason,
        "engine",
        mode.word(),
        null,
        null,
        Events.line(now, type, owner, "engine", "user", reason, mode, details));
  }
}
