package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The fields of a line in the log, by which systemd's journal finds it ({@code journalctl
 * CONTAINER=name}). Ids are named as Docker's own journald driver names them.
 */
final class LogFields {

  /** Lines that a thread writes while it runs a job have it as their field. */
  private static final String JOB = "job";

  private static final int SHORT_ID = 12;

  private LogFields() {}

  /** Every line that the work writes on this thread has the job. */
  static <T> T during(JobName job, Supplier<T> work) {
    MDC.put(JOB, job.word());
    try {
      return work.get();
    } finally {
      MDC.remove(JOB);
    }
  }

  static LoggingEventBuilder about(LoggingEventBuilder line, Subject subject) {
    Container container = subject.container();
    return about(line, container.name(), container.id(), subject.owner().name());
  }

  static LoggingEventBuilder about(LoggingEventBuilder line, JournalEntry row) {
    return with(about(line, row.container(), row.containerId(), row.owner()), JOB, row.source());
  }

  static LoggingEventBuilder about(
      LoggingEventBuilder line,
      @Nullable String container,
      @Nullable String id,
      @Nullable String owner) {
    Map<String, @Nullable String> fields = new LinkedHashMap<>();
    fields.put("container", container);
    fields.put(
        "container_id", id == null ? null : id.substring(0, Math.min(id.length(), SHORT_ID)));
    fields.put("container_id_full", id);
    fields.put("owner", owner);
    LoggingEventBuilder all = line;
    for (Map.Entry<String, @Nullable String> field : fields.entrySet()) {
      all = with(all, field.getKey(), field.getValue());
    }
    return all;
  }

  /** An act of a job, or one to come. */
  static LoggingEventBuilder of(
      LoggingEventBuilder line, JobName job, Subject subject, Verdict.Cause cause) {
    return about(line, subject)
        .addKeyValue(JOB, job.word())
        .addKeyValue("action", cause.action().word())
        .addKeyValue("reason", cause.reason().word());
  }

  private static LoggingEventBuilder with(
      LoggingEventBuilder line, String name, @Nullable String value) {
    return value == null ? line : line.addKeyValue(name, value);
  }
}
