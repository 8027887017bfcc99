package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.ContainerType;
import io.berth.policies.Mode;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The shape of a line, to the letter of DESIGN section 7. */
class EventsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void a_line_has_these_keys_and_no_others() throws JsonProcessingException {
    String line =
        Events.line(
            World.START,
            "container.stop",
            "ada",
            "engine",
            "user",
            null,
            Mode.ENFORCE,
            Events.of(
                "train", "0123", ContainerType.DEVCONTAINER, new Owner("ada", "label:ds01.user")));

    assertThat(JSON.readTree(line))
        .isEqualTo(
            JSON.readTree(
                """
                {"timestamp": "2026-03-02T12:00:00Z", "event_type": "container.stop",
                 "user": "ada", "source": "engine", "schema_version": "1",
                 "details": {"by": "user", "reason": null, "mode": "enforce",
                   "container": "train", "id": "0123", "container_type": "devcontainer",
                   "owner_source": "label:ds01.user"}}"""));
    assertThat(line).doesNotContain("\n");
  }

  @Test
  void the_daemons_own_have_a_user_that_is_null() throws JsonProcessingException {
    JournalEntry entry =
        Events.ofDaemon(World.START, "daemon.mode", "cli", "manual", Mode.OBSERVE, Map.of("n", 1));
    JsonNode event = JSON.readTree(Objects.requireNonNull(entry.event()));

    assertThat(event.has("user")).isTrue();
    assertThat(event.path("user").isNull()).isTrue();
    assertThat(event.path("details"))
        .isEqualTo(
            JSON.readTree("{\"by\":\"berth\",\"reason\":\"manual\",\"mode\":\"observe\",\"n\":1}"));
    assertThat(entry.containerId()).isNull();
    assertThat(entry.kind()).isEqualTo(JournalEntry.Kind.FACT);
  }

  @Test
  void a_detail_without_a_value_is_left_out() throws JsonProcessingException {
    Map<String, @Nullable Object> details = new HashMap<>();
    details.put("there", "x");
    details.put("absent", null);
    String line =
        Events.line(World.START, "x", null, "daemon", "berth", null, Mode.ENFORCE, details);

    assertThat(JSON.readTree(line).path("details").has("there")).isTrue();
    assertThat(JSON.readTree(line).path("details").has("absent")).isFalse();
  }

  @Test
  void a_name_with_anything_in_it_stays_one_line_of_json() throws JsonProcessingException {
    String name = "a\"b\\c\nd\u2028é";
    String line =
        Events.line(
            World.START, "x", name, "daemon", "berth", null, Mode.ENFORCE, Map.of("name", name));

    assertThat(line.lines()).hasSize(1);
    assertThat(JSON.readTree(line).path("user").asText()).isEqualTo(name);
  }

  @Test
  void mounts_are_told_by_type_source_and_destination() {
    assertThat(Events.mounts(Containers.exited("train").mount("bind", "/home/ada/x", "/x").build()))
        .containsExactly(Map.of("type", "bind", "source", "/home/ada/x", "destination", "/x"));
  }
}
