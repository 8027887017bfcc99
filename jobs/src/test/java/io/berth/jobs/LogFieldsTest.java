package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Reason;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.helpers.NOPLogger;
import org.slf4j.spi.DefaultLoggingEventBuilder;

class LogFieldsTest {

  private final Line line = new Line();

  @Test
  void a_line_about_an_act_has_whose_it_is_and_why() {
    Container container = Containers.running("train").build();
    Subject subject =
        new Subject(
            container,
            new Owner("ada", "label"),
            null,
            ContainerType.DOCKER,
            null,
            EndedBy.UNKNOWN,
            null);
    Verdict.Cause cause = new Verdict.Cause(Action.STOP, Reason.IDLE_TIMEOUT, Map.of());

    LogFields.of(line, JobName.IDLE_STOP, subject, cause);

    assertThat(line.fields())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "container", "train",
                "container_id", container.id().substring(0, 12),
                "container_id_full", container.id(),
                "owner", "ada",
                "job", "idle-stop",
                "action", "stop",
                "reason", "idle_timeout"));
  }

  @Test
  void what_is_not_known_is_no_field() {
    LogFields.about(line, "train", null, null);

    assertThat(line.fields()).containsExactly(Map.entry("container", "train"));
  }

  @Test
  void a_short_id_stays_whole() {
    LogFields.about(line, null, "abc", null);

    assertThat(line.fields()).containsEntry("container_id", "abc");
  }

  /** A line that is never written. */
  private static final class Line extends DefaultLoggingEventBuilder {

    Line() {
      super(NOPLogger.NOP_LOGGER, Level.INFO);
    }

    Map<String, Object> fields() {
      Map<String, Object> fields = new LinkedHashMap<>();
      for (KeyValuePair pair : loggingEvent.getKeyValuePairs()) {
        fields.put(pair.key, pair.value);
      }
      return fields;
    }
  }
}
