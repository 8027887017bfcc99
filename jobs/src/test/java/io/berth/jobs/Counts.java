package io.berth.jobs;

import io.berth.jobs.gpu.Inventory;
import io.berth.jobs.gpu.Reading;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Reason;
import io.berth.policies.JobName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What the metrics would show. */
final class Counts implements Tally {

  /** Such as {@code created-cleanup remove created_never_started done}. */
  final List<String> acts = new ArrayList<>();

  /** Such as {@code created-cleanup startup_grace 3}. */
  final List<String> heldBack = new ArrayList<>();

  int orphans;
  int overQuota;

  @Override
  public void swept(JobName job, Duration took, boolean ok, Instant at) {}

  @Override
  public void act(JobName job, Action action, Reason reason, Outcome outcome) {
    acts.add(String.join(" ", job.word(), action.word(), reason.word(), outcome.word()));
  }

  @Override
  public void heldBack(JobName job, String guard, int count) {
    heldBack.add(job.word() + " " + guard + " " + count);
  }

  @Override
  public void counted(List<Subject> subjects) {}

  @Override
  public void assigned(Reading<Inventory> listed, Allocation allocation) {}

  @Override
  public void orphans(int count) {
    orphans = count;
  }

  @Override
  public void overQuota(int count) {
    overQuota = count;
  }
}
