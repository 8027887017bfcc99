package io.berth.jobs;

import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.gpu.GpuProcess;
import io.berth.jobs.gpu.Gpus;
import io.berth.jobs.gpu.ProcessPlace;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceRow.Presence;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.FindingTables.Gone;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Orphan;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the processes that containers left behind on devices nobody has for himself, reports each
 * once, and ends it where that is configured. Whatever is in doubt is nobody's orphan: the
 * container must be one that this ledger knew of this very Engine, and the Engine must say that it
 * is gone.
 *
 * <p>The only place that touches a process; it never touches a device.
 */
final class Orphans {

  private static final String TYPE = "gpu.orphan_process";
  private static final String SOURCE = JobName.GPU_RELEASE.word();

  /** The Engine's id, and the journal's last row when it was first met. */
  private static final String ENGINE = "orphans.engine";

  private static final Logger log = LoggerFactory.getLogger(Orphans.class);

  private final Engine engine;
  private final Gpus gpus;
  private final Processes processes;
  private final ProcessKiller killer;
  private final Ledger ledger;
  private final InstantSource clock;
  private final BooleanSupplier stopping;
  private final Tally tally;

  Orphans(Sweeps.Parts parts) {
    this.engine = parts.engine();
    this.gpus = parts.gpus();
    this.processes = parts.processes();
    this.killer = parts.killer();
    this.ledger = parts.ledger();
    this.clock = parts.clock();
    this.stopping = parts.stopping();
    this.tally = parts.tally();
  }

  /**
   * Looks at every device that nobody has for himself, and at every one that had an orphan.
   *
   * @param mode of the job: processes are ended in {@code enforce} only
   * @throws EngineException if the Engine does not say which one it is; nothing is concluded then
   */
  synchronized void look(Picture picture, Mode mode) throws EngineException {
    List<Orphan> before = ledger.read(tables -> tables.findings().orphans());
    List<Orphan> now = new ArrayList<>();
    Set<String> devices = devices(before);
    if (!devices.isEmpty()) {
      Set<String> there = new HashSet<>(picture.failed().keySet());
      picture.subjects().forEach(each -> there.add(each.id()));
      long engineSince = engineSince();
      for (String device : devices) {
        now.addAll(on(device, before, there, engineSince));
      }
    }
    boolean kill = picture.book().policies().orphanProcesses() == PolicyBook.OrphanProcesses.KILL;
    record(before, now, kill && mode == Mode.OBSERVE, mode);
    tally.orphans(now.size());
    if (kill && mode == Mode.ENFORCE) {
      now.stream().filter(each -> each.intent() == null).forEach(this::end);
    }
  }

  /**
   * The journal's row after which it tells of containers of this Engine. Containers of another one
   * are all gone by its account, and may be at work all the same.
   */
  private long engineSince() throws EngineException {
    String id = engine.info().id();
    String known = ledger.read(tables -> tables.fact(ENGINE)).orElse("");
    if (known.startsWith(id + " ")) {
      return Long.parseLong(known.substring(id.length() + 1));
    }
    return ledger.write(
        tables -> {
          long since = known.isEmpty() ? 0 : tables.lastSeqAt(Tables.LATEST);
          tables.keep(ENGINE, id + " " + since);
          return since;
        });
  }

  private Set<String> devices(List<Orphan> before) {
    Set<String> devices = nobodys();
    before.forEach(each -> devices.add(each.device()));
    return devices;
  }

  /** Devices that are there and that nobody has for himself. */
  private Set<String> nobodys() {
    Allocation allocation = ledger.read(tables -> tables.devices().allocation());
    Set<String> devices = new TreeSet<>();
    for (DeviceRow device : allocation.devices().values()) {
      if (device.presence() == Presence.PRESENT
          && allocation.claimsOn(device.uuid()).stream()
              .noneMatch(each -> each.state().isExclusive())) {
        devices.add(device.uuid());
      }
    }
    return devices;
  }

  /** Those there are on a device; where NVML can't say, those there were and that still run. */
  private List<Orphan> on(String device, List<Orphan> before, Set<String> there, long engineSince)
      throws EngineException {
    List<Orphan> mine = before.stream().filter(each -> each.device().equals(device)).toList();
    if (!(gpus.processes(device) instanceof Reading.Known<List<GpuProcess>> known)) {
      return mine.stream().filter(this::isThere).toList();
    }
    List<Orphan> found = new ArrayList<>();
    for (GpuProcess process : known.value()) {
      ProcessPlace place = processes.placeOf(process.pid());
      if (place instanceof ProcessPlace.Container in && !there.contains(in.id())) {
        orphan(device, process.pid(), in.id(), mine, engineSince).ifPresent(found::add);
      }
    }
    return found;
  }

  private Optional<Orphan> orphan(
      String device, int pid, String containerId, List<Orphan> before, long engineSince)
      throws EngineException {
    long ticks = processes.startTicks(pid).orElse(-1);
    for (Orphan each : before) {
      if (each.pid() == pid && each.startTicks() == ticks) {
        return Optional.of(each);
      }
    }
    Gone gone =
        ledger.read(tables -> tables.findings().remembered(containerId, engineSince)).orElse(null);
    if (gone == null || engine.inspect(containerId).isPresent()) {
      return Optional.empty();
    }
    Instant since = Tables.cut(clock.instant());
    return Optional.of(
            new Orphan(device, pid, ticks, containerId, gone.name(), gone.owner(), since, null))
        .filter(this::isThere); // the last of its container may have been just dying
  }

  private boolean isThere(Orphan orphan) {
    OptionalLong ticks = processes.startTicks(orphan.pid());
    return ticks.isPresent() && ticks.getAsLong() == orphan.startTicks();
  }

  private void record(List<Orphan> before, List<Orphan> now, boolean would, Mode mode) {
    List<Orphan> fresh =
        now.stream().filter(each -> before.stream().noneMatch(each::isSame)).toList();
    List<Orphan> over =
        before.stream().filter(each -> now.stream().noneMatch(each::isSame)).toList();
    List<Orphan> inDoubt = before.stream().filter(this::isInDoubt).toList();
    if (fresh.isEmpty() && over.isEmpty() && inDoubt.isEmpty()) {
      return;
    }
    ledger.update(
        tables -> {
          for (Orphan each : inDoubt) {
            settle(tables, each, over.contains(each));
            tables.findings().put(each.tried(null)); // which may go again
          }
          for (Orphan each : over) {
            tables.findings().forget(each);
          }
          for (Orphan each : fresh) {
            tables.findings().put(each);
            tables.append(found(tables, each, would, mode));
          }
        });
  }

  private JournalEntry found(Tables tables, Orphan orphan, boolean would, Mode mode)
      throws SQLException {
    Map<String, Object> details = details(tables, orphan, would ? "kill" : "report");
    Outcome outcome = would ? Outcome.WOULD : Outcome.DONE;
    return row(orphan, JournalEntry.Kind.FACT, mode, null, outcome, details);
  }

  private boolean isInDoubt(Orphan orphan) {
    Long intent = orphan.intent();
    return intent != null && !ledger.read(tables -> tables.findings().hasOutcome(intent));
  }

  /** An attempt that the daemon did not outlive comes to what is found after its restart. */
  private void settle(Tables tables, Orphan orphan, boolean isOver) throws SQLException {
    Map<String, Object> details = details(tables, orphan, "kill");
    details.put("detail", "the daemon ended in the middle of this; found so after its restart");
    Outcome outcome = isOver ? Outcome.DONE : Outcome.DROPPED;
    tables.append(
        row(orphan, JournalEntry.Kind.OUTCOME, Mode.ENFORCE, orphan.intent(), outcome, details));
  }

  /**
   * Once: a process that a SIGKILL does not end is stuck in the kernel, and another one won't. One
   * that was not sent is no attempt.
   */
  private void end(Orphan orphan) {
    if (stopping.getAsBoolean() || processes.isDriverService(orphan.pid()) || !isInTheWay(orphan)) {
      return;
    }
    Orphan tried =
        ledger.write(
            tables -> {
              Map<String, Object> none = Map.of();
              long intent =
                  tables.append(
                      row(orphan, JournalEntry.Kind.INTENT, Mode.ENFORCE, null, null, none));
              Orphan marked = orphan.tried(intent);
              tables.findings().put(marked);
              return marked;
            });
    Outcome outcome = attempt(tried);
    LogFields.about(log.atInfo(), tried.container(), tried.containerId(), tried.owner())
        .log(
            "SIGKILL for process {} that {} of {} left on {}: {}",
            tried.pid(),
            tried.container(),
            tried.owner(),
            tried.device(),
            outcome.word());
    ledger.update(
        tables -> {
          tables.append(
              row(
                  tried,
                  JournalEntry.Kind.OUTCOME,
                  Mode.ENFORCE,
                  tried.intent(),
                  outcome,
                  details(tables, tried, "kill")));
          if (outcome == Outcome.DROPPED) {
            tables.findings().put(orphan);
          }
        });
  }

  /** Whether NVML shows it now, on a device that still is nobody's. */
  private boolean isInTheWay(Orphan orphan) {
    return nobodys().contains(orphan.device())
        && gpus.processes(orphan.device()) instanceof Reading.Known<List<GpuProcess>> known
        && known.value().stream().anyMatch(each -> each.pid() == orphan.pid());
  }

  private Outcome attempt(Orphan orphan) {
    try {
      if (engine.inspect(orphan.containerId()).isPresent()) {
        return Outcome.DROPPED;
      }
    } catch (EngineException e) {
      return Outcome.DROPPED;
    }
    ProcessPlace place = new ProcessPlace.Container(orphan.containerId());
    return killer.kill(
        orphan.pid(), () -> isThere(orphan) && processes.placeOf(orphan.pid()).equals(place));
  }

  private Map<String, Object> details(Tables tables, Orphan orphan, String action)
      throws SQLException {
    Map<String, Object> details = new LinkedHashMap<>();
    tables
        .findings()
        .remembered(orphan.containerId(), 0)
        .ifPresent(gone -> details.put("container_type", gone.type().word()));
    details.put("owner_source", "ledger");
    details.put("device", orphan.device());
    details.put("pid", orphan.pid());
    details.put("start_ticks", orphan.startTicks());
    processes.nameOf(orphan.pid()).ifPresent(name -> details.put("process", name));
    details.put("action", action);
    if (processes.isDriverService(orphan.pid())) {
      details.put("detail", "it calls itself a service of the driver, and is left alone");
    }
    return details;
  }

  private JournalEntry row(
      Orphan orphan,
      JournalEntry.Kind kind,
      Mode mode,
      @Nullable Long intent,
      @Nullable Outcome outcome,
      Map<String, Object> more) {
    Instant now = clock.instant();
    String reason = "container_removed";
    Map<String, @Nullable Object> details = new LinkedHashMap<>();
    details.put("container", orphan.container());
    details.put("id", orphan.containerId());
    details.put("outcome", outcome == null ? null : outcome.word());
    details.putAll(more);
    return new JournalEntry(
        0,
        now,
        kind,
        orphan.containerId(),
        orphan.container(),
        orphan.owner(),
        TYPE,
        reason,
        SOURCE,
        mode.word(),
        intent,
        outcome == null ? null : outcome.word(),
        outcome == null
            ? null
            : Events.line(now, TYPE, orphan.owner(), SOURCE, "berth", reason, mode, details));
  }
}
