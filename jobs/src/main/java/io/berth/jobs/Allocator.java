package io.berth.jobs;

import io.berth.jobs.container.Owner;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.ProcessPlace;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Grants devices under quota: all that is asked for or nothing, and the grant is on the disk before
 * it is answered. What is granted is reserved for the user's container of that name, until it comes
 * or {@code reservation_timeout} is over.
 */
public final class Allocator {

  /**
   * What is asked for.
   *
   * @param count how many; at least 1
   * @param device one that is named; null for whichever is free
   */
  public record Request(String user, String container, int count, @Nullable String device) {}

  /** The answer. */
  public sealed interface Answer {

    /** These are reserved until then. */
    record Granted(List<String> devices, double gpueq, Instant until) implements Answer {}

    /**
     * A rule forbids it.
     *
     * @param rule the limit's name
     * @param words the numbers and the holders behind it
     */
    record Refused(String rule, String words) implements Answer {}

    /** No rule forbids it, but nothing fit is free. */
    record NothingFree(String words) implements Answer {}
  }

  private final Engine engine;
  private final Ledger ledger;
  private final Gpus gpus;
  private final Processes processes;
  private final InstantSource clock;
  private final Supplier<PolicyBook> book;

  public Allocator(
      Engine engine,
      Ledger ledger,
      Gpus gpus,
      Processes processes,
      InstantSource clock,
      Supplier<PolicyBook> book) {
    this.engine = engine;
    this.ledger = ledger;
    this.gpus = gpus;
    this.processes = processes;
    this.clock = clock;
    this.book = book;
  }

  /**
   * Grants or refuses; a repeat of a grant renews it.
   *
   * @throws io.berth.jobs.ledger.LedgerException if it can't be made durable; nothing is granted
   *     then
   */
  public Answer allocate(Request request, Mode mode) {
    Map<String, Optional<String>> users = usersOfDevices();
    return ledger.write(tables -> allocate(tables, request, users, mode));
  }

  /**
   * Who is on each device that nobody has for himself, as NVML shows it; asked before the ledger is
   * locked, so that one which comes free meanwhile is not among them.
   */
  private Map<String, Optional<String>> usersOfDevices() {
    Map<String, Optional<String>> users = new TreeMap<>();
    Allocation allocation = ledger.read(tables -> tables.devices().allocation());
    for (DeviceRow device : allocation.devices().values()) {
      DeviceState state = allocation.stateOf(device);
      if (state == DeviceState.SHARED || state == DeviceState.FREE) {
        users.put(device.uuid(), userOf(device.uuid()));
      }
    }
    return users;
  }

  /**
   * A process of a container, be that one that shares the device, one that is gone, or one of
   * another manager's; a process of the host alone keeps nobody away.
   */
  private Optional<String> userOf(String uuid) {
    Reading<List<GpuProcess>> read = gpus.processes(uuid);
    if (!(read instanceof Reading.Known<List<GpuProcess>> known)) {
      return Optional.of("whether somebody is on it can't be told");
    }
    for (GpuProcess process : known.value()) {
      ProcessPlace place = processes.placeOf(process.pid());
      if (!(place instanceof ProcessPlace.Host || place instanceof ProcessPlace.Gone)) {
        return Optional.of("process " + process.pid() + " runs on it");
      }
    }
    return Optional.empty();
  }

  private Answer allocate(
      Tables tables, Request request, Map<String, Optional<String>> users, Mode mode)
      throws SQLException {
    Instant now = clock.instant();
    Allocation allocation = tables.devices().allocation();
    Instant until = now.plus(book.get().policies().reservationTimeout());
    String holder = Claim.reservation(request.user(), request.container());
    List<Claim> before = allocation.claimsBy(holder);
    if (!before.isEmpty()) {
      return renew(tables, before, allocation, until);
    }
    Answer tooSoon = tooSoon(tables, now);
    Limits limits = book.get().limitsFor(request.user(), ContainerType.ORCHESTRATION);
    Answer answer =
        tooSoon != null
            ? tooSoon
            : new GrantRules(limits, allocation, users).decide(request, until);
    if (answer instanceof Answer.Granted granted) {
      for (String uuid : granted.devices()) {
        reserve(tables, request, uuid, until, mode, now);
      }
    } else {
      reject(tables, request, answer, mode, now);
    }
    return answer;
  }

  private static Answer renew(
      Tables tables, List<Claim> claims, Allocation allocation, Instant until) throws SQLException {
    Instant latest = until;
    for (Claim each : claims) {
      if (each.until() != null && each.until().isAfter(latest)) {
        latest = each.until();
      }
    }
    for (Claim each : claims) {
      tables.devices().promise(each, latest);
    }
    List<String> devices = claims.stream().map(Claim::device).toList();
    return new Answer.Granted(devices, gpueq(devices, allocation), latest);
  }

  private static double gpueq(List<String> devices, Allocation allocation) {
    return devices.stream()
        .map(allocation.devices()::get)
        .mapToDouble(device -> device == null ? 1.0 : device.gpueq())
        .sum();
  }

  /**
   * Of a ledger that had to be begun anew: what people had been granted before is not known yet.
   */
  private Answer.@Nullable Refused tooSoon(Tables tables, Instant now) throws SQLException {
    Duration pause = book.get().policies().reservationTimeout();
    Instant until = tables.rebuilt().map(begun -> begun.plus(pause)).orElse(now);
    return now.isBefore(until)
        ? new Answer.Refused(
            "rebuilt_ledger", "the ledger had to be rebuilt; nothing is granted until " + until)
        : null;
  }

  private static void reserve(
      Tables tables, Request request, String uuid, Instant until, Mode mode, Instant now)
      throws SQLException {
    Claim none =
        new Claim(
            uuid,
            Claim.reservation(request.user(), request.container()),
            request.container(),
            request.user(),
            ContainerType.UNKNOWN,
            Claim.State.FREE,
            now,
            null);
    Claim reserved =
        new Claim(
            uuid,
            none.holder(),
            none.name(),
            none.owner(),
            none.type(),
            Claim.State.RESERVED,
            now,
            until);
    Map<String, Object> details = Map.of("until", until.toString());
    new ClaimChange(none, reserved, "gpu.allocate", "user", "granted", details)
        .write(tables.devices(), new Owner(request.user(), "request"), "cli", mode, now);
  }

  private static void reject(Tables tables, Request request, Answer answer, Mode mode, Instant now)
      throws SQLException {
    String rule = answer instanceof Answer.Refused refused ? refused.rule() : "nothing_free";
    String words =
        answer instanceof Answer.Refused refused
            ? refused.words()
            : answer instanceof Answer.NothingFree none ? none.words() : "";
    Map<String, Object> details =
        Map.of(
            "container",
            request.container(),
            "count",
            request.count(),
            "rule",
            rule,
            "detail",
            words);
    tables.append(
        new JournalEntry(
            0,
            now,
            JournalEntry.Kind.FACT,
            null,
            request.container(),
            request.user(),
            "gpu.reject",
            rule,
            "cli",
            mode.word(),
            null,
            null,
            Events.line(now, "gpu.reject", request.user(), "cli", "user", rule, mode, details)));
  }

  /** What came of a request to release. */
  public sealed interface Release {
    record Done(List<String> devices) implements Release {}

    record Refused(String words) implements Release {}

    /** Whether its container runs can't be told. */
    record Failed(String words) implements Release {}
  }

  /**
   * Frees a reservation or a hold, by the container's name or id; what a container that is created,
   * runs or is paused has stays its own.
   */
  public Release release(String container, Mode mode) {
    return release(container, claim -> true, mode);
  }

  /**
   * The same for somebody who may release some claims only: of a name that several users have, only
   * those count.
   */
  public Release release(String container, Predicate<Claim> mine, Mode mode) {
    List<Claim> claims = ledger.read(tables -> exclusive(tables, container, mine));
    if (claims.isEmpty()) {
      return new Release.Refused(container + " has no device");
    }
    try {
      for (Claim each : claims) {
        if (isInUse(each)) {
          return new Release.Refused(
              container
                  + " is created, runs or is paused: its devices stay its own until it stops");
        }
      }
    } catch (EngineException e) {
      return new Release.Failed(container + " could not be inspected: " + e.getMessage());
    }
    return ledger.write(
        tables -> {
          if (!claims.equals(exclusive(tables, container, mine))) {
            return new Release.Refused(container + " changed just now: ask again");
          }
          Instant now = clock.instant();
          for (Claim each : claims) {
            ClaimChange.release(each, "user", "manual")
                .write(tables.devices(), new Owner(each.owner(), "ledger"), "cli", mode, now);
          }
          return new Release.Done(claims.stream().map(Claim::device).toList());
        });
  }

  private static List<Claim> exclusive(Tables tables, String container, Predicate<Claim> mine)
      throws SQLException {
    return tables.devices().allocation().claims().stream()
        .filter(each -> each.name().equals(container) || each.holder().equals(container))
        .filter(each -> each.state().isExclusive())
        .filter(mine)
        .toList();
  }

  /** One that is held may have been started since it was last looked at. */
  private boolean isInUse(Claim claim) throws EngineException {
    return switch (claim.state()) {
      case ACTIVE -> true;
      case HELD -> engine.inspect(claim.holder()).filter(now -> now.state().isLive()).isPresent();
      default -> false;
    };
  }
}
