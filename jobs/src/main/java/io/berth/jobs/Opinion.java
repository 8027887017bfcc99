package io.berth.jobs;

import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;

/** What one job's rule says of one container. */
public record Opinion(JobName job, Subject subject, Verdict verdict) {}
