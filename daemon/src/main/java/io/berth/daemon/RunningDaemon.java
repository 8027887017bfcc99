package io.berth.daemon;

import io.berth.daemon.cli.Version;
import io.berth.daemon.control.DaemonHandle;
import io.berth.daemon.control.Reloaded;
import io.berth.daemon.http.Health;
import io.berth.daemon.http.Vitals;
import io.berth.daemon.schedule.Timetable;
import io.berth.jobs.Subject;
import io.berth.jobs.Sweeps;
import io.berth.policies.JobName;
import io.berth.policies.PolicyLoader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** This daemon, as the control socket knows it. */
record RunningDaemon(
    Path config,
    Instant started,
    Vitals vitals,
    Health health,
    Sweeps sweeps,
    Timetable timetable,
    Gauges gauges,
    Function<String, Reloaded> reloading,
    Function<PolicyLoader.Loaded, Reloaded> supposing)
    implements DaemonHandle {

  @Override
  public String version() {
    return Version.current();
  }

  @Override
  public Set<JobName> jobs() {
    return sweeps.jobs();
  }

  @Override
  public Set<JobName> running() {
    return timetable.running();
  }

  @Override
  public Optional<Instant> nextRun(JobName job) {
    return timetable.nextRun(job);
  }

  @Override
  public List<Subject> seen() {
    return gauges.seen();
  }

  @Override
  public Optional<Map<String, String>> look() {
    return sweeps.notice();
  }

  @Override
  public Sweeps.Report sweep(JobName job) {
    return sweeps.run(job);
  }

  @Override
  public Reloaded reload(String who) {
    return reloading.apply(who);
  }

  @Override
  public Reloaded suppose(PolicyLoader.Loaded candidate) {
    return supposing.apply(candidate);
  }
}
