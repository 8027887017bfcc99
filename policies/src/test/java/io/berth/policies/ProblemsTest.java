package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of each kind of mistake in a main file, word for word. */
class ProblemsTest {

  /** A text, then the problems it has, each behind a {@code >}. */
  private static final String CASES =
      """
      defaults: {idle_timout: 30m}
      > 1:12: unknown key "idle_timout" in defaults; did you mean "idle_timeout"?
      ---
      saftey: {mode: enforce}
      > 1:1: unknown key "saftey" at the top of the file; did you mean "safety"?
      ---
      monitoring: {zebra: 1}
      > 1:14: unknown key "zebra" in monitoring; allowed: infrastructure_label, infrastructure_containers
      ---
      defaults:
        max_runtime: 1h
        idle_timeout: 1h
        max_runtime: 2h
      > 4:3: duplicate key "max_runtime", first on line 2; keep one of them
      ---
      enforcement: {a: 1, a: 2}
      > 1:1: "enforcement" is accepted and not used; it belongs to the tools that create containers
      > 1:21: duplicate key "a", first on line 1; keep one of them
      ---
      defaults: {idle_timeout: [30m]}
      > 1:26: idle_timeout: is a list, not a single value; write a duration such as 30m, or null for no limit
      ---
      defaults: {allow_full_gpu: maybe}
      > 1:28: allow_full_gpu: "maybe" is not a boolean; write true or false
      ---
      defaults: {idle_detection_window: three}
      > 1:35: idle_detection_window: "three" is not a number; write a whole number from 1 to 1000000
      ---
      defaults: {idle_detection_window: "3"}
      > 1:35: idle_detection_window: "3" is a text, not a number; remove the quotes
      ---
      defaults: {idle_detection_window: 0}
      > 1:35: idle_detection_window: "0" is out of range; write a whole number from 1 to 1000000
      ---
      defaults: {idle_detection_window: 010}
      > 1:35: idle_detection_window: "010" reads differently in different tools; write a whole number from 1 to 1000000
      ---
      defaults: {gpu_idle_threshold: .nan}
      > 1:32: gpu_idle_threshold: ".nan" is not a number; write a percentage from 0 to 100
      ---
      defaults: {gpu_idle_threshold: 101}
      > 1:32: gpu_idle_threshold: "101" is out of range; write a percentage from 0 to 100
      ---
      defaults: {max_containers_per_user: 2.5}
      > 1:37: max_containers_per_user: "2.5" is not a whole number; write a whole number from 0 to 1000000
      ---
      defaults: {max_gpu_equivalents: -1}
      > 1:33: max_gpu_equivalents: "-1" is out of range; write a number from 0 to 1000000
      ---
      defaults: [idle_timeout]
      > 1:11: defaults: is a list, not a section; write keys with values below it, indented
      ---
      - defaults
      > 1:1: the file is a list, not a section; write keys with values below it, indented
      ---
      defaults: {idle_timeout: soon}
      > 1:26: idle_timeout: "soon" is not a duration; write something like 30m, 0.5h, 1h30m, 90s, 7d or PT30M
      ---
      defaults: {idle_timeout: -30m}
      > 1:26: idle_timeout: "-30m" is negative; write a duration of 0 or more, such as 30m
      ---
      defaults: {idle_timeout: 30}
      > 1:26: idle_timeout: "30" has no unit; write 30s, 30m or 30h
      ---
      defaults: {idle_timeout: 1:30}
      > 1:26: idle_timeout: "1:30" is not a duration; write something like 30m, 0.5h, 1h30m, 90s, 7d or PT30M
      ---
      defaults: {idle_timeout: 99999d}
      > 1:26: idle_timeout: "99999d" is too long; the longest is 36500d
      ---
      defaults: {idle_timeout: 0.0001s}
      > 1:26: idle_timeout: "0.0001s" is shorter than a millisecond; write 0, or at least 1ms
      ---
      defaults: {idle_timeout_h: 30m}
      > 1:28: idle_timeout_h: "30m" is not a number; write a bare number, such as 1 or 0.5: its key says the unit, h
      ---
      defaults: {idle_timeout: }
      > 1:25: idle_timeout: has no value; write a duration such as 30m, or null for no limit
      ---
      defaults: {sigterm_grace: null}
      > 1:27: sigterm_grace: must not be null; write a duration such as 30m
      ---
      safety: {boot_grace: never}
      > 1:22: boot_grace: "never" is not allowed here; write a duration such as 30m
      ---
      policies: {reservation_timeout: 0}
      > 1:33: reservation_timeout: "0" makes no sense here; write more than 0, such as 30s
      ---
      defaults:
        idle_timeout: 1h
        idle_timeout_m: 60
      > 3:3: idle_timeout is set more than once in defaults: as idle_timeout (line 2) and as idle_timeout_m (line 3); keep one of them
      ---
      defaults:
        max_gpu_slots: 1
        max_gpus_per_user: 1
      > 3:3: max_gpu_equivalents is set more than once in defaults: as max_gpu_slots (line 2) and as max_gpus_per_user (line 3); keep one of them
      ---
      groups:
        a:
          sigterm_grace: 3s
          policies: {sigterm_grace_s: 3}
      > 4:16: sigterm_grace_s is set more than once in groups.a: here and on line 3; keep one of them
      ---
      policies: {high_demand_threshold: 1.5}
      > 1:35: high_demand_threshold: "1.5" is out of range; write a share from 0 to 1
      ---
      policies: {high_demand_idle_reduction: 0}
      > 1:40: high_demand_idle_reduction: "0" is out of range; write a share above 0, up to 1
      ---
      container_types: {dokcer: {}}
      > 1:19: unknown container type "dokcer"; did you mean "docker"?
      ---
      container_types: {atomic: {}}
      > 1:19: atomic containers follow their owner's limits; set these in defaults, groups or user_overrides
      ---
      container_types: {docker: {max_gpu_slots: 1}}
      > 1:28: unknown key "max_gpu_slots" in container_types.docker; it follows the owner: set it in defaults, groups or user_overrides
      ---
      groups: {students: {}}
      default_group: studens
      > 2:16: default_group: unknown group "studens"; did you mean "students"?
      ---
      default_group: students
      > 1:16: default_group: unknown group "students"; there is none here
      ---
      groups:
        a: {members: [ann]}
        b: {members: [bob, ann]}
      > 3:22: user "ann" is in group b here and in group a (limits.yaml:2); keep one of them
      ---
      groups: {a: {members: [unknown, two names]}}
      > 1:24: members[1]: "unknown" is not a user; it stands for the owners nobody knows: set container_types.unknown instead
      > 1:33: members[2]: "two names" is not a user name; write one name, without blanks, : or /
      ---
      user_overrides: {unknown: {}}
      > 1:18: "unknown" is not a user; it stands for the owners nobody knows: set container_types.unknown instead
      ---
      safety: {mode: enfroce}
      > 1:16: mode: "enfroce" is not known here; did you mean "enforce"?
      ---
      safety: {jobs: {idle-stpo: observe}}
      > 1:17: unknown key "idle-stpo" in safety.jobs; did you mean "idle-stop"?
      ---
      safety: {jobs: {sample: enforce}}
      > 1:25: sample: may only be kept in observe; write observe, or leave the line out
      ---
      policies: {idle_warnings: []}
      > 1:27: idle_warnings: is empty; write at least one item
      ---
      policies: {idle_warnings: [0.9, 0.8]}
      > 1:27: idle_warnings: the share 0.8 does not increase over 0.9; write shares above 0 and below 1, increasing, such as [0.8, 0.95]
      ---
      policies: {runtime_warnings: [0.5, 1]}
      > 1:30: runtime_warnings: the share 1.0 is not above 0 and below 1; write shares above 0 and below 1, increasing, such as [0.8, 0.95]
      ---
      ownership: {name_pattern: "(?<name>.+"}
      > 1:27: name_pattern: "(?<name>.+" does not compile at character 11: Unclosed group; correct it
      ---
      ownership: {name_pattern: "(?<name>.+)"}
      > 1:27: name_pattern: "(?<name>.+)" has no group (?<uid>...); name both groups, as in ^(?<name>.+)\\._\\.(?<uid>[0-9]+)$
      ---
      ownership: {home_roots: [home]}
      > 1:26: home_roots[1]: "home" does not fit; write an absolute path such as /home
      ---
      daemon: {events_max_size: 100}
      > 1:27: events_max_size: "100" has no unit; write a size such as 100MB
      ---
      daemon: {http: localhost}
      > 1:16: http: "localhost" does not fit; write host:port, such as 127.0.0.1:9470
      ---
      daemon: {http: "localhost:99999"}
      > 1:16: http: "localhost:99999" has no port from 0 to 65535; write host:port, such as 127.0.0.1:9470
      ---
      daemon: {log_level: verbose}
      > 1:21: log_level: "verbose" is not known here; allowed: trace, debug, info, warn, error
      ---
      daemon: {ledger: /var/../ledger}
      > 1:18: ledger: "/var/../ledger" leads elsewhere; write an absolute path such as /var/lib/berth/file
      ---
      daemon: {admin_group: 100}
      > 1:23: admin_group: "100" is a number or a boolean, not a text; put it in quotes
      ---
      notifications: {webhook: "ftp://x"}
      > 1:26: webhook: "ftp://x" does not fit; write a URL such as http://127.0.0.1:9400/metrics
      ---
      schedules: {timezone: Europe/Berln}
      > 1:23: timezone: "Europe/Berln" is not a time zone; did you mean "Europe/Berlin"?
      ---
      schedules: {idlestop: off}
      > 1:13: unknown key "idlestop" in schedules; did you mean "idle-stop"?
      ---
      defaults: {memory: 3g, priority: 1}
      groups: {a: {memory: 4g}}
      > 1:12: "memory" is accepted and not used (2 places, this is the first); it belongs to the tools that create containers
      > 1:24: "priority" is accepted and not used; it belongs to the tools that create containers
      ---
      ? [a, b]
      : 1
      > 1:3: a key must be a word; write name: value
      ---
      ~: 1
      > 1:1: a key must be a word; write name: value
      ---
      defaults: !!java.net.URL [x]
      > 1:11: the tag "tag:yaml.org,2002:java.net.URL"; this file needs none of it: remove it
      ---
      defaults: {<<: 3}
      > 1:16: <<: merges something that is no section; write <<: *name
      """;

  static Stream<Arguments> cases() {
    return Stream.of(CASES.split("---\n"))
        .map(
            each ->
                Arguments.of(
                    each.lines().filter(line -> !line.startsWith("> ")).collect(lines()),
                    each.lines()
                        .filter(line -> line.startsWith("> "))
                        .map(line -> line.substring(2))
                        .toList()));
  }

  private static Collector<CharSequence, ?, String> lines() {
    return Collectors.joining("\n", "", "\n");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void each_mistake_is_told_with_its_place_and_what_was_meant(String yaml, List<String> problems) {
    assertThat(Texts.problems(yaml)).containsExactlyElementsOf(problems);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_text_with_an_error_gives_no_book(String yaml, List<String> problems) {
    boolean notesOnly = problems.stream().allMatch(problem -> problem.contains("not used"));

    assertThat(PolicyLoader.parse(Texts.FILE, yaml).book() != null).isEqualTo(notesOnly);
  }

  @Test
  void all_problems_are_told_at_once() {
    String all =
        """
        defaults: {idle_timeout: 30, idle_action: halt}
        schedules: {sample: often}
        safety: {breaker_share: 2}
        nonsense: 1
        """;

    assertThat(Texts.problems(all))
        .extracting(problem -> problem.substring(0, problem.indexOf(": ")))
        .containsExactly("1:26", "1:43", "2:21", "3:25", "4:1");
  }

  static Stream<Arguments> broken() {
    String bomb = "a: &a [x]\n" + bombLines();
    return Stream.of(
        Arguments.of("", "1:1: the file is empty"),
        Arguments.of("# nothing\n", "1:1: the file is empty"),
        Arguments.of("---\n", "2:1: the file is empty"),
        Arguments.of("defaults:\n\tidle_timeout: 3m\n", "2:1: a tab stands where only spaces may"),
        Arguments.of("defaults: {}\n---\nsafety: {}\n", "2:1: a second document begins here"),
        Arguments.of("defaults: {\n", "2:1: is not YAML: "),
        Arguments.of("schedules:\n  sample: */5 * * * *\n", "2:12: is not YAML: "),
        Arguments.of("a: *nobody\n", "1:4: is not YAML: "),
        Arguments.of("a: &\n  b: 1\n", "1:5: is not YAML: while scanning an anchor, "),
        Arguments.of("a: b: c\n", "1:5: is not YAML: "),
        Arguments.of("%YAML 99999999999.1\n---\na: 1\n", "1:18: is not YAML: "),
        Arguments.of("%YAML 2.9\n---\na: 1\n", "1:1: is not YAML: "),
        Arguments.of("a: " + "[".repeat(100), "1:33: nested more than 30 deep"),
        Arguments.of("a: b\u0007\n", "1:5: the character U+0007 is not allowed"),
        Arguments.of("a: \ud800\n", "1:4: the character U+D800 is not allowed"),
        Arguments.of(bomb, "52:12: more than 500 aliases"));
  }

  /** Keys of ten aliases each, every one an alias of the line before. */
  private static String bombLines() {
    StringBuilder lines = new StringBuilder();
    for (int i = 1; i <= 60; i++) {
      String before = i == 1 ? "a" : "a" + (i - 1);
      lines.append("a%d: &a%d [%s]\n".formatted(i, i, ("*" + before + ",").repeat(10)));
    }
    return lines.toString();
  }

  @ParameterizedTest
  @MethodSource("broken")
  void a_text_that_is_no_settings_file_is_told_in_one_line(String yaml, String begins) {
    assertThat(Texts.problems(yaml)).singleElement().asString().startsWith(begins);
  }

  @Test
  void merges_that_multiply_are_followed_once() {
    StringBuilder bomb = new StringBuilder("groups:\n  g0: &g0 {idle_timeout: 1h}\n");
    for (int i = 1; i <= 40; i++) {
      bomb.append("  g%d: &g%d {<<: [%s]}\n".formatted(i, i, "*g%d,".formatted(i - 1).repeat(10)));
    }

    PolicyBook book = Texts.book(bomb.toString());

    assertThat(book.groupLimits("g40").get(LimitKey.IDLE_TIMEOUT)).hasToString("1h");
  }

  @Test
  void a_mapping_that_contains_itself_ends() {
    assertThat(Texts.problems("defaults: &a {<<: *a, x: *a}\n"))
        .singleElement()
        .asString()
        .contains("unknown key \"x\"");
  }

  @Test
  void a_message_never_carries_control_characters_or_endless_texts() {
    List<String> problems = Texts.problems("\"a\\e[31m" + "x".repeat(5000) + "\": 1\n");

    assertThat(problems).singleElement().asString().hasSizeLessThan(400).doesNotContain("\u001b");
  }
}
