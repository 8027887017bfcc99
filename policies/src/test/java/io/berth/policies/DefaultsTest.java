package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pins every default of CONFIG.md, written out by hand, against the code and the annotated file.
 */
class DefaultsTest {

  private static final String EXPECTED =
      """
      defaults.idle_timeout                = 30m
      defaults.idle_action                 = stop
      defaults.max_runtime                 = 24h
      defaults.gpu_hold_after_stop         = 15m
      defaults.container_hold_after_stop   = 30m
      defaults.interrupted_hold            = 24h
      defaults.sigterm_grace               = 60s
      defaults.gpu_idle_threshold          = 5
      defaults.cpu_idle_threshold          = 2.0
      defaults.network_idle_threshold      = 1048576
      defaults.idle_detection_window       = 3
      defaults.max_gpu_equivalents         = 1.0
      defaults.max_gpu_slots_per_container = 1
      defaults.allow_full_gpu              = true
      defaults.max_containers_per_user     = 3
      policies.created_container_timeout   = 30m
      policies.grace_period                = 30m
      policies.keepalive_max_duration      = 24h
      policies.keepalive_file              = /workspace/.keep-alive
      policies.idle_warnings               = [0.8, 0.95]
      policies.runtime_warnings            = [0.75, 0.9]
      policies.high_demand_threshold       = 0.8
      policies.high_demand_idle_reduction  = 0.5
      policies.reservation_timeout         = 30m
      policies.two_state_settle            = 10s
      policies.auto_remove_action          = pause
      policies.sigterm_grace_max           = 10m
      policies.gpu_conflict                = report
      policies.orphan_processes            = report
      ownership.labels                     = [ds01.user, aime.mlc.USER]
      ownership.path_labels                = [devcontainer.local_folder]
      ownership.home_roots                 = [/home]
      ownership.name_pattern               = '^(?<name>.+)\\._\\.(?<uid>[0-9]+)$'
      monitoring.infrastructure_label      = ds01.protected
      monitoring.infrastructure_containers = []
      schedules.timezone                   = UTC
      schedules.sample                     = every 30s
      schedules.idle-stop                  = every 1m
      schedules.max-runtime                = every 1m
      schedules.stale-cleanup              = every 1m
      schedules.created-cleanup            = every 1m
      schedules.gpu-release                = every 1m
      schedules.reconcile                  = every 5m
      safety.mode                          = observe
      safety.jobs                          = {}
      safety.cleanup_scope                 = all
      safety.startup_grace                 = 5m
      safety.boot_grace                    = 30m
      safety.max_stops_per_sweep           = 10
      safety.max_stops_per_hour            = 30
      safety.max_removals_per_sweep        = 50
      safety.breaker_share                 = 0.5
      safety.breaker_min_stops             = 3
      safety.breaker_min_removals          = 10
      safety.clock_jump_tolerance          = 2m
      safety.engine_timeout                = 30s
      notifications.terminal               = true
      notifications.container_file         = /workspace/.berth-alerts
      notifications.command                = []
      notifications.webhook                = null
      notifications.timeout                = 10s
      gpu.nvml_library                     = libnvidia-ml.so.1
      gpu.nvml_timeout                     = 5s
      gpu.mig_slices                       = 7
      gpu.dcgm_exporter                    = null
      gpu.count_image_env                  = false
      gpu.ceded_devices                    = []
      daemon.ledger                        = /var/lib/berth/ledger.db
      daemon.events                        = /var/log/berth/events.jsonl
      daemon.events_max_size               = 100MB
      daemon.events_keep                   = 30d
      daemon.events_max_total              = 1GB
      daemon.journal_keep                  = 400d
      daemon.journal_max_size              = 1GB
      daemon.socket                        = /run/berth/berth.sock
      daemon.http                          = 127.0.0.1:9470
      daemon.metrics                       = off
      daemon.docker_host                   = null
      daemon.admin_group                   = berth
      daemon.watch                         = false
      daemon.log_level                     = info
      """;

  private static Map<String, String> expected() {
    Map<String, String> expected = new LinkedHashMap<>();
    for (String line : EXPECTED.lines().toList()) {
      String[] parts = line.split(" *= ", 2);
      expected.put(parts[0], parts[1]);
    }
    return expected;
  }

  /** Every key of the code by its section. */
  static Map<String, Key<?>> keys() {
    Map<String, Key<?>> keys = new LinkedHashMap<>();
    LimitKey.ALL.forEach(key -> keys.put("defaults." + key, key.key()));
    for (Section<?> section : MainFile.SECTIONS) {
      section.keys().forEach(key -> keys.put(section.word() + "." + key, key));
    }
    return keys;
  }

  private static Key<?> key(String name) {
    return Objects.requireNonNull(keys().get(name), name);
  }

  private static String expected(String name) {
    return Objects.requireNonNull(expected().get(name), name);
  }

  static Stream<String> names() {
    return keys().keySet().stream();
  }

  @Test
  void the_table_names_every_key_of_the_code_in_order() {
    assertThat(expected().keySet()).containsExactlyElementsOf(keys().keySet());
  }

  @ParameterizedTest
  @MethodSource("names")
  void the_code_has_the_default(String name) {
    assertThat(builtIn(key(name))).isEqualTo(read(key(name), expected(name)));
  }

  @ParameterizedTest
  @MethodSource("names")
  void the_annotated_file_has_the_default(String name) {
    assertThat(annotated(name)).isEqualTo(read(key(name), expected(name)));
  }

  @Test
  void the_annotated_file_loads_without_a_note_and_means_the_same_as_an_empty_one() {
    PolicyLoader.Loaded annotated = PolicyLoader.load(Texts.ANNOTATED);

    assertThat(annotated.problems()).isEmpty();
    PolicyBook file = Texts.book(annotated);
    PolicyBook none = Texts.book("{}");
    assertThat(file.safety()).isEqualTo(none.safety());
    assertThat(file.policies()).isEqualTo(none.policies());
    assertThat(file.schedules()).isEqualTo(none.schedules());
    assertThat(file.daemon()).isEqualTo(none.daemon());
    for (LimitKey<?> key : LimitKey.ALL) {
      assertThat(file.defaultLimits().get(key)).isEqualTo(Limits.builtIn().get(key));
      assertThat(none.defaultLimits().get(key)).isEqualTo(Limits.builtIn().get(key));
    }
  }

  @Test
  void the_examples_that_are_commented_out_load_too() {
    String uncommented =
        Texts.read(Texts.ANNOTATED)
            .replaceAll("(?m)^(groups|user_overrides|container_types): \\{\\}", "$1:")
            .replaceAll("(?m)^#  (\\s*[a-z_]+:)", "  $1");

    PolicyBook book = Texts.book(uncommented);

    assertThat(book.groups()).containsOnlyKeys("students", "researchers");
    assertThat(book.groupLimits("researchers").get(LimitKey.GPU_IDLE_THRESHOLD)).isEqualTo(2.0);
    assertThat(book.usersWithOverrides()).containsExactly("dora");
    assertThat(book.limitsFor("dora", ContainerType.DEVCONTAINER).get(LimitKey.IDLE_ACTION))
        .isEqualTo(IdleAction.PAUSE);
  }

  private static <T> String builtIn(Key<T> key) {
    return String.valueOf(key.type().plain(key.builtIn()));
  }

  private static <T> String read(Key<T> key, String text) {
    return String.valueOf(key.type().plain(Texts.value(key.type(), text)));
  }

  private static String annotated(String name) {
    String[] parts = name.split("\\.", 2);
    Source source = new Source(Texts.FILE, new Problems());
    Value root =
        new Value(YamlText.root(Texts.read(Texts.ANNOTATED), source).orElseThrow(), "", source);
    Value section = root.fields().orElseThrow().take(parts[0]).orElseThrow().value();
    return annotated(key(name), section);
  }

  private static <T> String annotated(Key<T> key, Value section) {
    Setting<T> setting = section.fields().orElseThrow().read(key).orElseThrow();
    return String.valueOf(key.type().plain(setting.value()));
  }
}
