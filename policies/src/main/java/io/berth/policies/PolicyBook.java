package io.berth.policies;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One loaded, validated, immutable set of all limits and settings; replaced whole on reload. Keys
 * as in CONFIG.md.
 */
public interface PolicyBook {

  /**
   * What one owner and type may do, by the precedence of DESIGN section 5.
   *
   * @param owner a user name, or {@code unknown}
   */
  Limits limitsFor(String owner, ContainerType type);

  /** The group that gives this user limits; empty where there is none. */
  Optional<String> groupOf(String owner);

  /** The members of each group, in the order of the file. */
  Map<String, Set<String>> groups();

  /** The group of users in no group. */
  Optional<String> defaultGroup();

  /** The users that have limits of their own. */
  Set<String> usersWithOverrides();

  /** Every exemption, expired ones as well. */
  List<Exemption> exemptions();

  /** What a user in no group, without overrides, may do with containers that follow their owner. */
  Limits defaultLimits();

  /** The same for a member of a group of {@link #groups}. */
  Limits groupLimits(String group);

  Policies policies();

  /** What {@link #policies} has, by the keys' words, in the order of CONFIG.md. */
  Map<String, Setting<?>> policySettings();

  Ownership ownership();

  Monitoring monitoring();

  Schedules schedules();

  Safety safety();

  Notifications notifications();

  Gpu gpu();

  DaemonSettings daemon();

  /** The files it was read from, the main one first. */
  List<Path> files();

  /** {@code policies:}, but for the keys that {@link LimitKey} has. */
  record Policies(
      TimeLimit createdContainerTimeout,
      TimeLimit gracePeriod,
      TimeLimit keepaliveMaxDuration,
      String keepaliveFile,
      List<Double> idleWarnings,
      List<Double> runtimeWarnings,
      double highDemandThreshold,
      double highDemandIdleReduction,
      Duration reservationTimeout,
      TimeLimit twoStateSettle,
      AutoRemoveAction autoRemoveAction,
      Duration sigtermGraceMax,
      GpuConflict gpuConflict,
      OrphanProcesses orphanProcesses) {}

  /** What an idle or overdue {@code --rm} container gets instead of a stop. */
  enum AutoRemoveAction {
    PAUSE,
    WARN,
    STOP
  }

  /** DESIGN section 3, "Conflict". */
  enum GpuConflict {
    REPORT,
    STOP
  }

  /** What happens to a process on a free device whose container is gone. */
  enum OrphanProcesses {
    REPORT,
    KILL
  }

  /**
   * {@code ownership:}.
   *
   * @param namePattern with the groups {@code name} and {@code uid}
   */
  record Ownership(
      List<String> labels, List<String> pathLabels, List<String> homeRoots, Pattern namePattern) {}

  /** {@code monitoring:}. */
  record Monitoring(String infrastructureLabel, List<String> infrastructureContainers) {}

  /** {@code schedules:}; every job has an entry. */
  record Schedules(ZoneId timezone, Map<JobName, Schedule> jobs) {
    public Schedule of(JobName job) {
      Schedule schedule = jobs.get(job);
      if (schedule == null) {
        throw new IllegalStateException("no schedule for " + job.word());
      }
      return schedule;
    }
  }

  /** {@code safety:}. {@code observeJobs} are the jobs kept in observe. */
  record Safety(
      Mode mode,
      Set<JobName> observeJobs,
      CleanupScope cleanupScope,
      Duration startupGrace,
      Duration bootGrace,
      int maxStopsPerSweep,
      int maxStopsPerHour,
      int maxRemovalsPerSweep,
      double breakerShare,
      int breakerMinStops,
      int breakerMinRemovals,
      Duration clockJumpTolerance,
      Duration engineTimeout) {}

  /** Which stopped and created containers cleanup may remove. */
  enum CleanupScope {
    ALL,
    /** Those whose owner is known. */
    OWNED,
    /** Those that asked for a GPU. */
    GPU
  }

  /** {@code notifications:}; a null is off. */
  record Notifications(
      boolean terminal,
      @Nullable String containerFile,
      List<String> command,
      @Nullable String webhook,
      Duration timeout) {}

  /** {@code gpu:}. */
  record Gpu(
      String nvmlLibrary,
      Duration nvmlTimeout,
      int migSlices,
      @Nullable String dcgmExporter,
      boolean countImageEnv,
      Set<String> cededDevices) {}

  /**
   * {@code daemon:}.
   *
   * @param eventsMaxSize bytes, as are eventsMaxTotal and journalMaxSize
   * @param http host:port; null: off
   * @param metrics host:port; null: off
   * @param dockerHost null: the environment's, else the Engine's default
   * @param logLevel an SLF4J level in lower case
   */
  record DaemonSettings(
      Path ledger,
      Path events,
      long eventsMaxSize,
      TimeLimit eventsKeep,
      long eventsMaxTotal,
      TimeLimit journalKeep,
      long journalMaxSize,
      Path socket,
      @Nullable String http,
      @Nullable String metrics,
      @Nullable String dockerHost,
      String adminGroup,
      boolean watch,
      String logLevel) {}
}
