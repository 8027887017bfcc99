package io.berth.jobs;

import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Reason;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Where the jobs count what they do; the daemon makes metrics of it. Called by several threads. */
public interface Tally {

  /** A sweep ended; {@code ok} where it looked at everything it should have. */
  void swept(JobName job, Duration took, boolean ok, Instant at);

  void act(JobName job, Action action, Reason reason, Outcome outcome);

  /** A guard held back so many acts that are due. */
  void heldBack(JobName job, String guard, int count);

  /** What is there now. */
  void counted(List<Subject> subjects);

  /** What NVML lists now, and who has what. */
  void assigned(Reading<Inventory> listed, Allocation allocation);

  /** So many processes of containers that are gone are on devices that nobody has for himself. */
  void orphans(int count);

  /** So many owners have more than their quota. */
  void overQuota(int count);

  /** Counts nothing. */
  Tally NONE =
      new Tally() {
        @Override
        public void swept(JobName job, Duration took, boolean ok, Instant at) {}

        @Override
        public void act(JobName job, Action action, Reason reason, Outcome outcome) {}

        @Override
        public void heldBack(JobName job, String guard, int count) {}

        @Override
        public void counted(List<Subject> subjects) {}

        @Override
        public void assigned(Reading<Inventory> listed, Allocation allocation) {}

        @Override
        public void orphans(int count) {}

        @Override
        public void overQuota(int count) {}
      };
}
