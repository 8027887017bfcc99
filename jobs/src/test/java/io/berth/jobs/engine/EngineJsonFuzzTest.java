package io.berth.jobs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.GpuRequests;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever the Engine answers, by its own fault or with what users wrote into it: it is understood,
 * or it is an {@link EngineException}, which means that nothing is known. Each seed is 5,000
 * answers, broken in their structure or in their bytes.
 */
class EngineJsonFuzzTest {

  private static final int ROUNDS = 5_000;
  private static final String ID = "4f1c".repeat(16);
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String INSPECT =
      """
      {"Id": "%s", "Created": "2026-03-02T08:00:00.123456789Z", "Name": "/ada-train",
       "State": {"Status": "running", "Pid": 7, "ExitCode": 0, "OOMKilled": false, "Error": "",
         "StartedAt": "2026-03-02T08:00:01.5Z", "FinishedAt": "0001-01-01T00:00:00Z"},
       "Image": "sha256:ab", "RestartCount": 3,
       "HostConfig": {"NetworkMode": "host", "AutoRemove": true, "Runtime": "nvidia",
         "RestartPolicy": {"Name": "on-failure"}, "Devices": [{"PathOnHost": "/dev/nvidia0"}],
         "DeviceRequests": [{"Driver": "nvidia", "Count": -1, "DeviceIDs": ["0", "GPU-1", "0:1"],
           "Capabilities": [["gpu"]]}]},
       "Mounts": [{"Type": "bind", "Source": "/home/ada", "Destination": "/w", "RW": false}],
       "Config": {"Image": "pytorch:2", "Env": ["A=b", "NVIDIA_VISIBLE_DEVICES=all"],
         "Labels": {"ds01.user": "ada", "ds01.protected": "true"}, "StopTimeout": 90,
         "Healthcheck": {"Test": ["CMD-SHELL", "curl -f localhost || exit 1"]}}}"""
          .formatted(ID);

  private static final String LIST =
      """
      [{"Id": "%s", "Names": ["/ada-train", "/other/alias"], "State": "running",
        "Labels": {"ds01.user": "ada", "ds01.protected": "true"}}]"""
          .formatted(ID);

  private static final String EVENT =
      """
      {"Type": "container", "Action": "exec_start: sh -c 'a\\nb'", "timeNano": 1772438401500000000,
       "Actor": {"ID": "%s", "Attributes": {"name": "ada-train", "exitCode": "137", "signal": "9"}}}"""
          .formatted(ID);

  /** What stands where something else should. */
  private static final List<String> STRANGE =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1e400",
          "99999999999999999999999999",
          "0.5",
          "\"\"",
          "\" \"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"\\u202e\\n\"",
          "\"../../etc\"",
          "\"0001-01-01T00:00:00Z\"",
          "\"+999999999-12-31T23:59:59Z\"",
          "\"2026-02-30T25:61:61Z\"",
          "\"" + "x".repeat(100_000) + "\"",
          "[]",
          "[[[[]]]]",
          "[null]",
          "{}",
          "{\"\": null}",
          "[".repeat(300) + "]".repeat(300));

  private interface Parser {
    void parse(String text) throws EngineException;
  }

  private static void each(long seed, String valid, Parser parser) throws Exception {
    Random random = new Random(seed);
    int understood = 0;
    for (int i = 0; i < ROUNDS; i++) {
      String text = random.nextBoolean() ? strange(valid, random) : scratched(valid, random);
      try {
        parser.parse(text);
        understood++;
      } catch (EngineException nothingIsKnown) {
        assertThat(nothingIsKnown.getMessage()).hasSizeLessThan(1_000);
      } catch (RuntimeException | StackOverflowError e) {
        fail("seed " + seed + ", round " + i + ": " + text, e);
      }
    }
    assertThat(understood).as("a fuzz that gets nowhere proves nothing").isPositive();
  }

  /** Up to three of its values are something else, or gone. */
  private static String strange(String valid, Random random) throws Exception {
    JsonNode root = JSON.readTree(valid);
    for (int i = random.nextInt(3); i >= 0; i--) {
      List<ContainerNode<?>> places = new ArrayList<>();
      collect(root, places);
      ContainerNode<?> place = places.get(random.nextInt(places.size()));
      JsonNode value = JSON.readTree(STRANGE.get(random.nextInt(STRANGE.size())));
      int at = place.isEmpty() ? 0 : random.nextInt(place.size());
      if (place instanceof ArrayNode array) {
        array.insert(at, value);
      } else if (place instanceof ObjectNode object && !object.isEmpty()) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        if (random.nextInt(4) == 0) {
          object.remove(names.get(at));
        } else {
          object.set(names.get(at), value);
        }
      }
    }
    return root.toString();
  }

  private static void collect(JsonNode node, List<ContainerNode<?>> places) {
    if (node instanceof ContainerNode<?> place) {
      places.add(place);
      place.forEach(each -> collect(each, places));
    }
  }

  /** A few of its characters are others, or its end is missing. */
  private static String scratched(String valid, Random random) {
    StringBuilder text = new StringBuilder(valid);
    for (int i = random.nextInt(5); i >= 0; i--) {
      text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(0x80));
    }
    if (random.nextInt(5) == 0) {
      text.setLength(random.nextInt(text.length()));
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void an_inspect_is_understood_or_tells_nothing(long seed) throws Exception {
    each(
        seed,
        INSPECT,
        text -> {
          ContainerJson json = ContainerJson.parse(ID, text);
          GpuRequests.Asked asked = json.gpusAsked(List.of());
          Container container = json.container(GpuRequests.of(asked, true));
          assertThat(container.state()).isNotNull();
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void a_list_is_understood_or_tells_nothing(long seed) throws Exception {
    each(seed, LIST, text -> Fields.parseArray("list", text, ContainerJson::summary));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void an_event_is_understood_or_tells_nothing(long seed) throws Exception {
    each(seed, EVENT, text -> EventStream.event(Fields.parseObject("event", text)));
  }
}
