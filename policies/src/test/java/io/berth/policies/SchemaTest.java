package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

class SchemaTest {

  private static final Path PUBLISHED =
      Path.of("src/main/resources/io/berth/policies/resource-limits.schema.json");
  private static final String REGENERATE = "berth.schema.write";

  private static final String TEXT = JsonSchema.text();
  private static final com.networknt.schema.JsonSchema SCHEMA =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(TEXT);

  @Test
  void the_published_schema_is_what_the_code_says() throws IOException {
    if (Boolean.getBoolean(REGENERATE)) {
      Files.writeString(PUBLISHED, JsonSchema.text());
    }

    assertThat(Texts.read(PUBLISHED))
        .as("regenerate: mvn -o -pl policies test -Dtest=SchemaTest -D%s=true", REGENERATE)
        .isEqualTo(JsonSchema.text());
  }

  @Test
  void the_annotated_file_names_the_schema_and_fits_it() {
    String annotated = Texts.read(Texts.ANNOTATED);

    assertThat(annotated).startsWith("# yaml-language-server: $schema=" + JsonSchema.INSTALLED);
    assertThat(violations(annotated)).isEmpty();
  }

  /** What the schema says of a text as a YAML 1.1 tool reads it, where off is false. */
  private static Set<ValidationMessage> violations(String yaml) {
    Object data = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
    return SCHEMA.validate(json(data), InputFormat.JSON);
  }

  private static String json(Object data) {
    try {
      return new ObjectMapper().writeValueAsString(data);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "defaults:",
        "defaults: {idle_timeout: 1h30m, max_runtime: never, sigterm_grace: PT1M}",
        "defaults: {idle_timeout: 0, max_runtime: null, gpu_hold_after_stop_s: 90}",
        "defaults: {max_gpu_equivalents: null, max_gpu_slots_per_container: 4, memory: 3g}",
        "defaults: {aggregate: {gpu_limit: 2.5, cpus: 7}}",
        "groups: {a: {members: [ann, 1234], policies: {gpu_idle_threshold: 2, notes: x}}, b: }",
        "{groups: {a: {}}, default_group: a, user_overrides: {eve: {max_gpus_per_user: 3}}}",
        "container_types: {docker: {idle_action: pause, interrupted_hold_h: 1}, unknown: {}}",
        "policies: {idle_warnings: [0.5], reservation_timeout_m: 5, sigterm_grace: 3s}",
        "policies: {two_state_settle: 0, created_container_timeout: never, priority: 1}",
        "schedules: {timezone: Asia/Kolkata, sample: every 1m30s, idle-stop: '*/5 * * * mon'}",
        "schedules: {sample: '0 0/5 * * * ? 2030', idle-stop: off, reconcile: 'off'}",
        "safety: {mode: enforce, jobs: {idle-stop: observe}, breaker_share: 1, boot_grace: 0}",
        "notifications: {webhook: 'https://x.example/y', command: [a, b c], container_file: null}",
        "gpu: {ceded_devices: [GPU-1a2b, MIG-3c4d], mig_slices: 4, nvml_library: none}",
        "daemon: {http: off, metrics: '0.0.0.0:9471', events_max_size: 5MiB, events_keep: null}",
        "daemon: {docker_host: 'tcp://127.0.0.1:2375', watch: true, log_level: debug}",
        "enforcement: {anything: [1, 2]}"
      })
  void what_the_loader_takes_fits_the_schema(String yaml) {
    assertThat(Texts.book(yaml)).isNotNull();
    assertThat(violations(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "x: 1",
        "defaults: {idle_timout: 1h}",
        "defaults: {idle_timeout: 30}",
        "defaults: {idle_timeout: 30 m}",
        "defaults: {idle_timeout: -1h}",
        "defaults: {idle_timeout_h: 1h}",
        "defaults: {idle_timeout_h: -1}",
        "defaults: {sigterm_grace: null}",
        "defaults: {idle_action: kill}",
        "defaults: {gpu_idle_threshold: 101}",
        "defaults: {idle_detection_window: 0}",
        "defaults: {idle_detection_window: 1.5}",
        "defaults: {allow_full_gpu: maybe}",
        "defaults: {members: [ann]}",
        "groups: {a: {members: ann}}",
        "user_overrides: {eve: {members: [ann]}}",
        "container_types: {atomic: {}}",
        "container_types: {docker: {max_gpu_slots: 1}}",
        "policies: {idle_warnings: []}",
        "policies: {idle_warnings: [1]}",
        "policies: {high_demand_threshold: 2}",
        "policies: {high_demand_idle_reduction: 0}",
        "policies: {reservation_timeout: 0}",
        "policies: {idle_timeout: 1h}",
        "schedules: {sample: hourly}",
        "schedules: {sample: every 30}",
        "schedules: {zample: off}",
        "safety: {mode: watch}",
        "safety: {jobs: {sample: enforce}}",
        "safety: {max_stops_per_sweep: -1}",
        "safety: {engine_timeout: never}",
        "gpu: {mig_slices: 0}",
        "gpu: {ceded_devices: [0]}",
        "notifications: {webhook: 'ftp://x'}",
        "ownership: {home_roots: [home]}",
        "daemon: {http: localhost}",
        "daemon: {events_max_size: 100}",
        "daemon: {log_level: verbose}",
        "daemon: {socket: berth.sock}"
      })
  void what_the_schema_refuses_the_loader_refuses_too(String yaml) {
    assertThat(violations(yaml)).isNotEmpty();
    assertThat(PolicyLoader.parse(Texts.FILE, yaml).errors()).isNotEmpty();
  }

  /** Nothing but the code's keys: those by hand in DefaultsTest, and their further spellings. */
  static Stream<Arguments> sections() {
    Map<String, List<String>> sections = new LinkedHashMap<>();
    for (Section<?> section : MainFile.SECTIONS) {
      sections.put(
          section.word(),
          section.keys().stream().flatMap(k -> k.spellings().keySet().stream()).toList());
    }
    return sections.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  @ParameterizedTest
  @MethodSource("sections")
  void the_schema_knows_every_spelling_of_every_key(String section, List<String> words) {
    for (String word : words) {
      String quoted = "\"" + word + "\" :";
      assertThat(TEXT).as(section).contains(quoted);
      assertThat(violations(section + ": {" + word + ": [[]]}"))
          .as(word)
          .noneMatch(message -> message.getType().equals("additionalProperties"));
    }
  }
}
