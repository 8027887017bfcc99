package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** DESIGN section 5, "one rule of precedence", by example and against a naive restatement. */
class PrecedenceTest {

  private static final String EXAMPLE =
      """
      defaults: {idle_timeout: 1h, sigterm_grace: 10s, max_gpu_equivalents: 4}
      policies: {gpu_idle_threshold: 7, sigterm_grace: 99s}
      groups:
        students:
          members: [ann]
          idle_timeout: 20m
          max_gpu_equivalents: 2
          policies: {gpu_idle_threshold: 3}
          aggregate: {gpu_limit: 1.5}
        others: {max_runtime: 2h}
      default_group: others
      user_overrides:
        eve: {idle_timeout: never, max_gpu_slots: null}
      container_types:
        docker: {idle_timeout: 30m, idle_action: warn}
        unknown: {idle_timeout: 3h, sigterm_grace: 20s, idle_action: pause}
      """;

  private final PolicyBook book = Texts.book(EXAMPLE);

  @Test
  void a_user_override_beats_everything() {
    Limits eve = book.limitsFor("eve", ContainerType.DOCKER);

    assertThat(eve.setting(LimitKey.IDLE_TIMEOUT))
        .isEqualTo(
            new Setting<>(TimeLimit.NONE, new Provenance(Texts.FILE, 13, "user_overrides.eve")));
    assertThat(eve.get(LimitKey.MAX_GPU_EQUIVALENTS)).isEmpty();
  }

  @Test
  void a_container_type_beats_the_group_but_only_for_containers_that_do_not_follow_their_owner() {
    assertThat(idle("ann", ContainerType.DOCKER)).isEqualTo("30m");
    assertThat(idle("ann", ContainerType.ATOMIC)).isEqualTo("20m");
    assertThat(idle("ann", ContainerType.ORCHESTRATION)).isEqualTo("20m");
    assertThat(idle("ann", ContainerType.COMPOSE)).isEqualTo("20m");
  }

  @Test
  void the_settings_of_policies_know_their_place_too() {
    PolicyBook policies = Texts.book("policies:\n  cpu_idle_threshold: 3\n  grace_period_m: 7\n");

    TimeLimit grace = policies.policies().gracePeriod();
    assertThat(grace).hasToString("7m");
    assertThat(policies.policySettings())
        .hasSize(PoliciesSection.SECTION.keys().size())
        .containsEntry(
            "grace_period", new Setting<>(grace, new Provenance(Texts.FILE, 3, "policies")))
        .containsEntry(
            "gpu_conflict", new Setting<>(PolicyBook.GpuConflict.REPORT, Provenance.BUILT_IN));
  }

  private String idle(String owner, ContainerType type) {
    return book.limitsFor(owner, type).get(LimitKey.IDLE_TIMEOUT).toString();
  }

  @Test
  void a_user_in_no_group_gets_the_default_group() {
    Limits zoe = book.limitsFor("zoe", ContainerType.ATOMIC);

    assertThat(zoe.get(LimitKey.MAX_RUNTIME)).hasToString("2h");
    assertThat(book.groupOf("zoe")).contains("others");
    assertThat(book.groupOf("ann")).contains("students");
  }

  @Test
  void the_aggregate_gpu_limit_bounds_the_quota_and_says_so() {
    Setting<Optional<Double>> quota =
        book.limitsFor("ann", ContainerType.ATOMIC).setting(LimitKey.MAX_GPU_EQUIVALENTS);

    assertThat(quota.value()).contains(1.5);
    assertThat(quota.from()).hasToString("limits.yaml:9 (groups.students.aggregate)");
  }

  @Test
  void policies_stand_below_defaults_and_above_what_is_built_in() {
    Limits zoe = book.limitsFor("zoe", ContainerType.ATOMIC);

    assertThat(zoe.get(LimitKey.SIGTERM_GRACE)).hasSeconds(10);
    assertThat(zoe.get(LimitKey.GPU_IDLE_THRESHOLD)).isEqualTo(7.0);
    assertThat(zoe.setting(LimitKey.CPU_IDLE_THRESHOLD).from()).isEqualTo(Provenance.BUILT_IN);
    assertThat(book.limitsFor("ann", ContainerType.ATOMIC).setting(LimitKey.GPU_IDLE_THRESHOLD))
        .isEqualTo(new Setting<>(3.0, new Provenance(Texts.FILE, 8, "groups.students.policies")));
  }

  @Test
  void an_unknown_owner_gets_the_strictest_of_what_is_set() {
    Limits limits = book.limitsFor("unknown", ContainerType.DOCKER);

    assertThat(limits.setting(LimitKey.IDLE_TIMEOUT).from().section())
        .isEqualTo("container_types.docker");
    assertThat(limits.get(LimitKey.SIGTERM_GRACE)).hasSeconds(20);
    assertThat(limits.get(LimitKey.IDLE_ACTION)).isEqualTo(IdleAction.PAUSE);
    assertThat(limits.get(LimitKey.MAX_RUNTIME)).hasToString("1d");
    assertThat(limits.get(LimitKey.MAX_GPU_EQUIVALENTS)).contains(4.0);
    assertThat(book.groupOf("unknown")).isEmpty();
  }

  @Test
  void no_limit_is_the_strictest_only_if_nothing_else_is_set() {
    PolicyBook never = Texts.book("container_types: {unknown: {idle_timeout: never}}");
    PolicyBook both =
        Texts.book("{defaults: {idle_timeout: 9h}, container_types: {unknown: {idle_timeout: 0}}}");

    assertThat(never.limitsFor("unknown", ContainerType.DOCKER).get(LimitKey.IDLE_TIMEOUT))
        .isEqualTo(TimeLimit.NONE);
    assertThat(both.limitsFor("unknown", ContainerType.DOCKER).get(LimitKey.IDLE_TIMEOUT))
        .hasToString("9h");
  }

  @Test
  void names_that_anybody_can_make_up_share_one_resolved_set() {
    Limits first = book.limitsFor("made-up-1", ContainerType.DOCKER);

    assertThat(book.limitsFor("made-up-2", ContainerType.DOCKER)).isSameAs(first);
    assertThat(book.limitsFor("eve", ContainerType.DOCKER))
        .isNotSameAs(first)
        .isSameAs(book.limitsFor("eve", ContainerType.DOCKER));
  }

  // The naive restatement: limits as numbers, sections as maps from words to numbers.

  private static final double NONE = Double.POSITIVE_INFINITY;
  private static final List<String> LIFECYCLE =
      List.of("idle_timeout", "idle_action", "gpu_hold_after_stop", "sigterm_grace");
  private static final List<String> DETECTION =
      List.of("sigterm_grace", "gpu_idle_threshold", "idle_detection_window");
  private static final List<String> OWNER = List.of("max_gpu_equivalents", "gpu_limit");
  private static final Map<String, Double> BUILT_IN =
      Map.of(
          "idle_timeout", 1800.0,
          "idle_action", 2.0,
          "gpu_hold_after_stop", 900.0,
          "sigterm_grace", 60.0,
          "gpu_idle_threshold", 5.0,
          "idle_detection_window", 3.0,
          "max_gpu_equivalents", 1.0,
          "gpu_limit", NONE);

  private record Model(Map<String, Map<String, Double>> sections) {

    private Optional<Double> in(String section, String key) {
      return Optional.ofNullable(sections.getOrDefault(section, Map.of()).get(key));
    }

    double expected(String owner, String type, String key) {
      List<String> order = new ArrayList<>();
      if (owner.equals("unknown")) {
        List<Double> set = new ArrayList<>();
        in("container_types.unknown", key).ifPresent(set::add);
        in("container_types." + type, key).ifPresent(set::add);
        in("defaults", key).ifPresent(set::add);
        Optional<Double> strictest = set.stream().reduce((a, b) -> stricter(key, a, b));
        if (strictest.isPresent()) {
          return strictest.get();
        }
      } else {
        order.add("user_overrides." + owner);
        order.add("container_types." + type);
        order.add(owner.equals("ann") ? "groups.a" : "groups.b");
        order.add("defaults");
      }
      order.add("policies");
      return order.stream()
          .flatMap(section -> in(section, key).stream())
          .findFirst()
          .orElseGet(() -> BUILT_IN.getOrDefault(key, NONE));
    }

    private static double stricter(String key, double a, double b) {
      return List.of("idle_timeout", "gpu_hold_after_stop", "idle_detection_window").contains(key)
          ? Math.min(a, b)
          : Math.max(a, b);
    }
  }

  @RepeatedTest(60)
  void any_file_resolves_as_the_naive_restatement_does(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    Model model = model(random);
    PolicyBook any = Texts.book(yaml(model));

    for (String owner : List.of("ann", "bob", "eve", "unknown")) {
      for (ContainerType type : ContainerType.values()) {
        check(model, owner, type, any.limitsFor(owner, type));
      }
    }
  }

  private static void check(Model model, String owner, ContainerType type, Limits limits) {
    for (LimitKey<?> key : LimitKey.ALL) {
      if (BUILT_IN.containsKey(key.word())) {
        double expected = model.expected(owner, type.word(), key.word());
        if (key.equals(LimitKey.MAX_GPU_EQUIVALENTS)) {
          expected = Math.min(expected, model.expected(owner, type.word(), "gpu_limit"));
        }
        assertThat(number(limits.get(key)))
            .as("%s of %s/%s in %s", key, owner, type, model)
            .isEqualTo(expected);
      }
    }
  }

  private static double number(Object value) {
    if (value instanceof TimeLimit limit) {
      return limit.duration() == null ? NONE : limit.duration().toSeconds();
    }
    if (value instanceof Duration duration) {
      return duration.toSeconds();
    }
    if (value instanceof Optional<?> limit) {
      return limit.map(number -> ((Number) number).doubleValue()).orElse(NONE);
    }
    return value instanceof IdleAction action
        ? List.of("warn", "pause", "stop").indexOf(action.word())
        : ((Number) value).doubleValue();
  }

  private static Model model(Random random) {
    Map<String, Map<String, Double>> sections = new LinkedHashMap<>();
    List<String> owners = List.of("defaults", "groups.a", "groups.b", "user_overrides.eve");
    for (String section : owners) {
      Map<String, Double> keys = new LinkedHashMap<>();
      fill(keys, LIFECYCLE, random);
      fill(keys, DETECTION, random);
      fill(keys, OWNER, random);
      sections.put(section, keys);
    }
    for (String type : List.of("devcontainer", "docker", "api", "unknown")) {
      sections.put("container_types." + type, fill(new LinkedHashMap<>(), LIFECYCLE, random));
    }
    sections.put("policies", fill(new LinkedHashMap<>(), DETECTION, random));
    return new Model(sections);
  }

  private static Map<String, Double> fill(
      Map<String, Double> keys, List<String> words, Random random) {
    for (String word : words) {
      if (random.nextInt(3) == 0) {
        keys.put(word, arbitrary(word, random));
      }
    }
    return keys;
  }

  private static double arbitrary(String word, Random random) {
    return switch (word) {
      case "idle_action" -> random.nextInt(3);
      case "idle_timeout", "gpu_hold_after_stop", "max_gpu_equivalents", "gpu_limit" ->
          random.nextInt(4) == 0 ? NONE : 1 + random.nextInt(5);
      default -> 1 + random.nextInt(5);
    };
  }

  private static String yaml(Model model) {
    StringBuilder yaml = new StringBuilder("default_group: b\n");
    Map<String, List<String>> tops = new LinkedHashMap<>();
    model.sections.forEach(
        (section, keys) -> {
          String[] path = section.split("\\.", -1);
          String members = section.equals("groups.a") ? "members: [ann], " : "";
          String text = members + keys(keys);
          tops.computeIfAbsent(path[0], top -> new ArrayList<>())
              .add(path.length == 1 ? text : path[1] + ": {" + text + "}");
        });
    tops.forEach((top, parts) -> yaml.append(top + ": {" + String.join(", ", parts) + "}\n"));
    return yaml.toString();
  }

  private static String keys(Map<String, Double> keys) {
    List<String> parts = new ArrayList<>();
    keys.forEach((word, value) -> parts.add(entry(word, value)));
    return String.join(", ", parts);
  }

  private static String entry(String word, double value) {
    boolean time = word.endsWith("_timeout") || word.endsWith("_stop") || word.endsWith("_grace");
    if (word.equals("idle_action")) {
      return word + ": " + List.of("warn", "pause", "stop").get((int) value);
    }
    String text = value == NONE ? "null" : (int) value + (time ? "s" : "");
    return word.equals("gpu_limit") ? "aggregate: {gpu_limit: " + text + "}" : word + ": " + text;
  }
}
