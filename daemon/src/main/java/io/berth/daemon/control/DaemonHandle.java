package io.berth.daemon.control;

import io.berth.daemon.http.Health;
import io.berth.daemon.http.Vitals;
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

/** What the running daemon can tell and do; the routes know no more of it than this. */
public interface DaemonHandle {

  String version();

  Instant started();

  /** The configuration's main file. */
  Path config();

  Vitals vitals();

  Health health();

  /** The jobs there are. */
  Set<JobName> jobs();

  /** Those that run at this moment. */
  Set<JobName> running();

  /** When the job runs next; empty where it is off. */
  Optional<Instant> nextRun(JobName job);

  /** The containers as they were last looked at; empty before the first look. */
  List<Subject> seen();

  /**
   * Looks at all containers, records what changed, judges, and acts on nothing.
   *
   * @return why, by id, of those that could not be looked at; empty where none could be
   */
  Optional<Map<String, String>> look();

  /** Runs a job now, on the caller's thread; as long as the Engine takes. */
  Sweeps.Report sweep(JobName job);

  /** Reads the configuration again, now; as SIGHUP does. */
  Reloaded reload(String who);

  /** What would come of it if that had been read; nothing does. */
  Reloaded suppose(PolicyLoader.Loaded candidate);
}
