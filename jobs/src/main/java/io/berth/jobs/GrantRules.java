package io.berth.jobs;

import static io.berth.policies.LimitKey.ALLOW_FULL_GPU;
import static io.berth.policies.LimitKey.MAX_CONTAINERS_PER_USER;
import static io.berth.policies.LimitKey.MAX_GPU_EQUIVALENTS;
import static io.berth.policies.LimitKey.MAX_GPU_SLOTS_PER_CONTAINER;

import io.berth.jobs.Allocator.Answer;
import io.berth.jobs.Allocator.Request;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.policies.Limits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a request for devices gets: under the quotas of its user, from what is free. Pure.
 */
final class GrantRules {

  /** MIG instances before full GPUs, the smallest first. */
  private static final Comparator<DeviceRow> PREFERENCE =
      Comparator.comparing(DeviceRow::mig)
          .reversed()
          .thenComparing(DeviceRow::gpueq)
          .thenComparing(DeviceRow::uuid);

  private final Limits limits;
  private final Allocation allocation;
  private final Map<String, Optional<String>> users;
  private final boolean fullAllowed;

  /**
   * @param users who uses, or may use, a device that he has not for himself; empty where it was
   *     looked at and nobody does
   */
  GrantRules(Limits limits, Allocation allocation, Map<String, Optional<String>> users) {
    this.limits = limits;
    this.allocation = allocation;
    this.users = users;
    boolean anyMig = allocation.devices().values().stream().anyMatch(DeviceRow::mig);
    this.fullAllowed = limits.get(ALLOW_FULL_GPU) || !anyMig;
  }

  /** All that is asked for, or the first rule that forbids it, or that nothing fit is free. */
  Answer decide(Request request, Instant until) {
    List<Claim> mine =
        allocation.claims().stream()
            .filter(each -> each.owner().equals(request.user()) && each.state().isExclusive())
            .toList();
    Answer refusal = refusal(request, mine);
    if (refusal != null) {
      return refusal;
    }
    List<DeviceRow> free =
        allocation.devices().values().stream()
            .filter(device -> isFit(device, request))
            .sorted(PREFERENCE)
            .toList();
    if (free.size() < request.count()) {
      return new Answer.NothingFree(
          free.size() + " of the " + request.count() + " asked for are free" + taken(request));
    }
    return underQuota(free.subList(0, request.count()), mine, until);
  }

  private @Nullable Answer refusal(Request request, List<Claim> mine) {
    Optional<Long> slots = limits.get(MAX_GPU_SLOTS_PER_CONTAINER);
    if (slots.isPresent() && request.count() > slots.get()) {
      return new Answer.Refused(
          MAX_GPU_SLOTS_PER_CONTAINER.word(),
          request.count() + " devices asked for, " + slots.get() + " allowed in one container");
    }
    long containers = mine.stream().map(Claim::holder).distinct().count();
    Optional<Long> most = limits.get(MAX_CONTAINERS_PER_USER);
    if (most.isPresent() && containers + 1 > most.get()) {
      return new Answer.Refused(
          MAX_CONTAINERS_PER_USER.word(),
          containers + " containers with a device, " + most.get() + " allowed: " + holders(mine));
    }
    String wanted = request.device();
    DeviceRow named = wanted == null ? null : allocation.devices().get(wanted);
    return named == null || named.mig() || fullAllowed
        ? null
        : new Answer.Refused(
            ALLOW_FULL_GPU.word(), wanted + " is a full GPU; only MIG instances are allowed");
  }

  private boolean isFit(DeviceRow device, Request request) {
    return isNobodys(device)
        && userOf(device).isEmpty()
        && (device.mig() || fullAllowed)
        && (request.device() == null || request.device().equals(device.uuid()));
  }

  private boolean isNobodys(DeviceRow device) {
    DeviceState state = allocation.stateOf(device);
    return state == DeviceState.FREE || state == DeviceState.SHARED;
  }

  private Optional<String> userOf(DeviceRow device) {
    return users.getOrDefault(
        device.uuid(), Optional.of("who is on it was not looked at before it came free just now"));
  }

  private Answer underQuota(List<DeviceRow> chosen, List<Claim> mine, Instant until) {
    double asked = chosen.stream().mapToDouble(DeviceRow::gpueq).sum();
    double has = Quotas.gpueq(mine, allocation.devices());
    Optional<Double> quota = limits.get(MAX_GPU_EQUIVALENTS);
    if (quota.isPresent() && Quotas.isAbove(has + asked, quota.get())) {
      return new Answer.Refused(
          MAX_GPU_EQUIVALENTS.word(),
          String.format(
                  Locale.ROOT,
                  "%.3f in use and %.3f asked for, %.3f allowed",
                  has,
                  asked,
                  quota.get())
              + (mine.isEmpty() ? "" : ": " + holders(mine)));
    }
    return new Answer.Granted(chosen.stream().map(DeviceRow::uuid).toList(), asked, until);
  }

  private String taken(Request request) {
    String wanted = request.device();
    if (allocation.devices().isEmpty()) {
      return ": no GPU of this host is known; see berth status";
    }
    if (wanted != null && !allocation.devices().containsKey(wanted)) {
      return ": no GPU " + wanted + " is known; see berth gpus";
    }
    List<String> takers = new ArrayList<>();
    for (Claim each : allocation.claims()) {
      if (each.state().isExclusive() && (wanted == null || wanted.equals(each.device()))) {
        takers.add(each.name() + " of " + each.owner() + " has " + deviceOf(each));
      }
    }
    for (DeviceRow each : allocation.devices().values()) {
      if (isNobodys(each) && (wanted == null || wanted.equals(each.uuid()))) {
        userOf(each).ifPresent(who -> takers.add(each.uuid() + " is in use: " + who));
      }
    }
    return takers.isEmpty() ? "" : ": " + String.join(", ", takers);
  }

  static String holders(List<Claim> claims) {
    return String.join(
        ", ", claims.stream().map(each -> each.name() + " has " + deviceOf(each)).toList());
  }

  private static String deviceOf(Claim claim) {
    return claim.device() + " (" + claim.state().word() + ")";
  }
}
