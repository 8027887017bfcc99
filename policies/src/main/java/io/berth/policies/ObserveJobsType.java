package io.berth.policies;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code safety.jobs}: a map from jobs to the one word {@code observe}. */
final class ObserveJobsType implements ValueType<Set<JobName>> {

  private static final String OBSERVE = Mode.OBSERVE.word();
  private static final List<String> WORDS =
      Arrays.stream(JobName.values()).map(JobName::word).toList();

  @Override
  public Optional<Set<JobName>> read(Value value) {
    return value.fields().map(ObserveJobsType::read);
  }

  private static Set<JobName> read(Fields fields) {
    Set<JobName> jobs = EnumSet.noneOf(JobName.class);
    for (JobName job : JobName.values()) {
      fields.take(job.word()).ifPresent(field -> add(job, field, jobs));
    }
    fields.rejectRest();
    return Set.copyOf(jobs);
  }

  private static void add(JobName job, Fields.Field field, Set<JobName> jobs) {
    if (field.value().isScalar(OBSERVE)) {
      jobs.add(job);
    } else {
      field.value().error("may only be kept in observe", "write observe, or leave the line out");
    }
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> jobs = new LinkedHashMap<>();
    WORDS.forEach(word -> jobs.put(word, Schemas.words(List.of(OBSERVE))));
    return Schemas.of(
        "type", List.of("object", "null"), "properties", jobs, "additionalProperties", false);
  }

  @Override
  public Object plain(Set<JobName> value) {
    Map<String, Object> jobs = new LinkedHashMap<>();
    value.forEach(job -> jobs.put(job.word(), OBSERVE));
    return jobs;
  }
}
