package io.berth.daemon.schedule;

import io.berth.policies.JobName;

/** The jobs, as the timetable sees them. */
public interface Sweeps {

  /**
   * Runs one sweep of that job, on a thread of the timetable's that belongs to the job until it
   * returns. An interrupt asks it to end.
   *
   * @throws Exception what kept it from being finished; the job runs again at its next moment
   */
  void run(JobName job) throws Exception;

  /** Hears of a sweep that threw. */
  interface Failures {
    void failed(JobName job, Throwable why);
  }
}
