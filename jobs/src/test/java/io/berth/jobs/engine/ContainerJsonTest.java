package io.berth.jobs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.Mount;
import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.container.GpuRequests;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ContainerJsonTest {

  private static final String ID = "4f1c".repeat(16);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Docker 20.10: an exited one with all that can be set. */
  private static final String EXITED_20_10 =
      """
      {"Id": "%s", "Created": "2026-03-02T08:00:00.123456789Z", "Name": "/ada-train",
       "State": {"Status": "exited", "Running": false, "Paused": false, "OOMKilled": true, "Pid": 0,
         "ExitCode": 137, "Error": "it broke", "StartedAt": "2026-03-02T08:00:01.5Z",
         "FinishedAt": "2026-03-02T09:30:00+01:00"},
       "Image": "sha256:ab", "RestartCount": 3,
       "HostConfig": {"NetworkMode": "host", "AutoRemove": true, "Runtime": "nvidia",
         "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5},
         "Devices": [{"PathOnHost": "/dev/nvidia0", "PathInContainer": "/dev/nvidia0"}],
         "DeviceRequests": [{"Driver": "nvidia", "Count": 0, "DeviceIDs": ["0", "GPU-1"],
           "Capabilities": [["gpu", "utility"]], "Options": {}}]},
       "Mounts": [
         {"Type": "volume", "Name": "data", "Source": "/var/lib/docker/volumes/data/_data",
          "Destination": "/data", "RW": true},
         {"Type": "bind", "Source": "/home/ada", "Destination": "/workspace", "RW": false},
         {"Type": "tmpfs", "Source": "", "Destination": "/scratch", "RW": true}],
       "Config": {"Image": "pytorch:2", "Env": ["A=b", "NVIDIA_VISIBLE_DEVICES=all"],
         "Labels": {"ds01.user": "ada"}, "StopTimeout": 90,
         "Healthcheck": {"Test": ["CMD-SHELL", "curl -f localhost || exit 1"]}}}"""
          .formatted(ID);

  /** Docker 29: a running one with nothing set; what is unset is left out or null. */
  private static final String RUNNING_29 =
      """
      {"Id": "%s", "Created": "2026-03-02T08:00:00Z", "Name": "/plain", "ImageManifestDescriptor": {},
       "State": {"Status": "running", "Running": true, "Pid": 4242, "ExitCode": 0, "Error": "",
         "StartedAt": "2026-03-02T08:00:01Z", "FinishedAt": "0001-01-01T00:00:00Z"},
       "Image": "sha256:cd", "RestartCount": 0,
       "HostConfig": {"NetworkMode": "bridge", "AutoRemove": false, "Runtime": "runc",
         "RestartPolicy": {"Name": "", "MaximumRetryCount": 0}, "Devices": null,
         "DeviceRequests": null},
       "Mounts": null,
       "Config": {"Image": "busybox", "Env": null, "Labels": null}}"""
          .formatted(ID);

  private static Container map(String json) throws EngineException {
    return ContainerJson.parse(ID, json).container(GpuRequest.NONE);
  }

  @Test
  void all_that_is_set_is_mapped() throws EngineException {
    assertThat(map(EXITED_20_10))
        .isEqualTo(
            new Container(
                ID,
                "ada-train",
                "pytorch:2",
                Map.of("ds01.user", "ada"),
                Container.State.EXITED,
                Instant.parse("2026-03-02T08:00:00.123456789Z"),
                Instant.parse("2026-03-02T08:00:01.5Z"),
                Instant.parse("2026-03-02T08:30:00Z"),
                137,
                true,
                "it broke",
                0,
                "on-failure",
                3,
                true,
                Duration.ofSeconds(90),
                "host",
                List.of(
                    new Mount("volume", "data", "/data", true),
                    new Mount("bind", "/home/ada", "/workspace", false),
                    new Mount("tmpfs", "", "/scratch", true)),
                "/bin/sh -c curl -f localhost || exit 1",
                GpuRequest.NONE));
  }

  @Test
  void all_that_is_unset_is_neutral() throws EngineException {
    assertThat(map(RUNNING_29))
        .isEqualTo(
            new Container(
                ID,
                "plain",
                "busybox",
                Map.of(),
                Container.State.RUNNING,
                Instant.parse("2026-03-02T08:00:00Z"),
                Instant.parse("2026-03-02T08:00:01Z"),
                null,
                0,
                false,
                "",
                4242,
                "no",
                0,
                false,
                null,
                "bridge",
                List.of(),
                null,
                GpuRequest.NONE));
  }

  @Test
  void what_it_asks_of_gpus_is_handed_on_as_it_is() throws EngineException {
    assertThat(ContainerJson.parse(ID, EXITED_20_10).gpusAsked(List.of("X=y")))
        .isEqualTo(
            new GpuRequests.Asked(
                List.of(
                    new GpuRequests.DeviceRequest(
                        "nvidia", 0, List.of("0", "GPU-1"), List.of(List.of("gpu", "utility")))),
                "nvidia",
                List.of("A=b", "NVIDIA_VISIBLE_DEVICES=all"),
                List.of("X=y"),
                List.of("/dev/nvidia0")));
    assertThat(ContainerJson.parse(ID, RUNNING_29).gpusAsked(List.of()))
        .isEqualTo(new GpuRequests.Asked(List.of(), "runc", List.of(), List.of(), List.of()));
  }

  @ParameterizedTest
  @EnumSource(Container.State.class)
  void every_state_of_the_engine_is_known(Container.State state) throws Exception {
    assertThat(map(with(EXITED_20_10, "/State/Status", '"' + state.word() + '"')).state())
        .isEqualTo(state);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/State/Status     | \"stopping\"",
        "/State/Status     | \"Running\"",
        "/State/Status     | \"\"",
        "/Created          | \"0001-01-01T00:00:00Z\"",
        "/Created          | \"yesterday\"",
        "/State/StartedAt  | \"\"",
        "/State/FinishedAt | 0",
        "/State/ExitCode   | \"0\"",
        "/State/ExitCode   | 0.5",
        "/State/ExitCode   | 99999999999",
        "/State/Pid        | \"1\"",
        "/State            | []",
        "/HostConfig/AutoRemove     | \"no\"",
        "/HostConfig/RestartPolicy  | \"no\"",
        "/HostConfig/DeviceRequests | {}",
        "/HostConfig/DeviceRequests | [null]",
        "/Config/Labels    | []",
        "/Config/Labels    | {\"a\": 1}",
        "/Config/Env       | [null]",
        "/Config/StopTimeout | \"10\"",
        "/Config/Healthcheck | []",
        "/Mounts           | [{\"Type\": \"bind\", \"Source\": \"/a\"}]",
        "/RestartCount     | true",
      })
  void nonsense_is_an_error_that_names_container_and_field(String pointer, String value)
      throws JsonProcessingException {
    String json = with(EXITED_20_10, pointer, value);
    String field = pointer.substring(pointer.lastIndexOf('/') + 1);

    assertThatThrownBy(() -> mapAll(json))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.ERROR))
        .hasMessageContaining("container " + ID + " (ada-train)")
        .hasMessageContaining(field.equals("Mounts") ? "Destination" : field);
  }

  private static void mapAll(String json) throws EngineException {
    ContainerJson container = ContainerJson.parse(ID, json);
    container.gpusAsked(List.of());
    container.container(GpuRequest.NONE);
  }

  static Stream<String> required() {
    return Stream.of(
        "/Id",
        "/Created",
        "/State",
        "/State/Status",
        "/State/StartedAt",
        "/State/FinishedAt",
        "/State/ExitCode",
        "/HostConfig",
        "/HostConfig/AutoRemove",
        "/Config",
        "/Config/Labels");
  }

  @ParameterizedTest
  @MethodSource("required")
  void a_fact_that_an_act_may_rest_on_must_be_there(String pointer) throws Exception {
    String json = without(EXITED_20_10, pointer);

    assertThatThrownBy(() -> mapAll(json))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("container " + ID)
        .hasMessageContaining(pointer.substring(pointer.lastIndexOf('/') + 1))
        .hasMessageContaining("missing");
  }

  static Stream<Arguments> optional() {
    return Stream.of(
        optional("/Name", Container::name, ""),
        optional("/Config/Image", Container::image, "sha256:ab"),
        optional("/State/OOMKilled", Container::oomKilled, false),
        optional("/State/Error", Container::error, ""),
        optional("/HostConfig/RestartPolicy", Container::restartPolicy, "no"),
        optional("/HostConfig/RestartPolicy/Name", Container::restartPolicy, "no"),
        optional("/RestartCount", Container::restartCount, 0),
        optional("/Config/StopTimeout", Container::stopTimeout, null),
        optional("/HostConfig/NetworkMode", Container::networkMode, "default"),
        optional("/Mounts", Container::mounts, List.of()),
        optional("/Config/Healthcheck", Container::healthcheck, null),
        optional("/Config/Healthcheck/Test", Container::healthcheck, null));
  }

  private static Arguments optional(
      String pointer, Function<Container, @Nullable Object> fact, @Nullable Object neutral) {
    return arguments(pointer, fact, neutral);
  }

  @ParameterizedTest
  @MethodSource("optional")
  void what_an_engine_may_leave_out_is_neutral(
      String pointer, Function<Container, @Nullable Object> fact, @Nullable Object neutral)
      throws Exception {
    assertThat(fact.apply(map(EXITED_20_10))).isNotEqualTo(neutral);
    assertThat(fact.apply(map(without(EXITED_20_10, pointer)))).isEqualTo(neutral);
    assertThat(fact.apply(map(with(EXITED_20_10, pointer, "null")))).isEqualTo(neutral);
  }

  @Test
  void without_a_pid_it_has_none() throws Exception {
    assertThat(map(without(RUNNING_29, "/State/Pid")).pid()).isZero();
  }

  static Stream<Arguments> healthchecks() {
    return Stream.of(
        arguments("['CMD-SHELL', 'a | b']", "/bin/sh -c a | b"),
        arguments("['CMD', 'a', 'b c']", "a b c"),
        arguments("['CMD', 'a']", "a"),
        arguments("['NONE']", null),
        arguments("[]", null));
  }

  @ParameterizedTest
  @MethodSource("healthchecks")
  void a_health_check_reads_as_its_exec_event(String test, @Nullable String command)
      throws Exception {
    String json = with(EXITED_20_10, "/Config/Healthcheck/Test", test.replace('\'', '"'));
    assertThat(map(json).healthcheck()).isEqualTo(command);
  }

  @Test
  void a_health_check_is_run_by_the_shell_of_the_image() throws Exception {
    assertThat(map(with(EXITED_20_10, "/Config/Shell", "[\"/bin/bash\", \"-ec\"]")).healthcheck())
        .isEqualTo("/bin/bash -ec curl -f localhost || exit 1");
  }

  @Test
  void a_stop_timeout_below_zero_means_never() throws Exception {
    assertThat(map(with(EXITED_20_10, "/Config/StopTimeout", "-1")).stopTimeout())
        .isEqualTo(ContainerJson.NEVER_KILLED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"/a\"]                    | a",
        "[\"/web/db\", \"/a\"]       | a",
        "[\"/web/db\"]               | ''",
        "[]                          | ''",
        "null                        | ''",
      })
  void a_container_in_the_list_has_the_name_that_is_its_own(String names, String name)
      throws EngineException {
    Engine.Summary summary = summary(names, "\"dead\"", "{\"l\": \"v\"}");

    assertThat(summary)
        .isEqualTo(
            new Engine.Summary(ID, name, "pytorch:2", Container.State.DEAD, Map.of("l", "v")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"\"stopping\" | {} | State", "null | {} | State", "\"dead\" | [] | Labels"})
  void nonsense_in_the_list_names_container_and_field(String state, String labels, String field) {
    assertThatThrownBy(() -> summary("[\"/a\"]", state, labels))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("container " + ID + " (a) in the list")
        .hasMessageContaining("field " + field);
  }

  private static Engine.Summary summary(String names, String state, String labels)
      throws EngineException {
    String json =
        "{\"Id\": \"%s\", \"Names\": %s, \"Image\": \"pytorch:2\", \"State\": %s, \"Labels\": %s}"
            .formatted(ID, names, state, labels);
    return ContainerJson.summary(Fields.parseObject("list", json));
  }

  private static String with(String json, String pointer, String value)
      throws JsonProcessingException {
    ObjectNode root = (ObjectNode) JSON.readTree(json);
    parent(root, pointer).set(lastOf(pointer), JSON.readTree(value));
    return root.toString();
  }

  private static String without(String json, String pointer) throws JsonProcessingException {
    ObjectNode root = (ObjectNode) JSON.readTree(json);
    parent(root, pointer).remove(lastOf(pointer));
    return root.toString();
  }

  private static ObjectNode parent(JsonNode root, String pointer) {
    return (ObjectNode) root.at(pointer.substring(0, pointer.lastIndexOf('/')));
  }

  private static String lastOf(String pointer) {
    return pointer.substring(pointer.lastIndexOf('/') + 1);
  }
}
