package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Random damage to good files: no exception escapes, and whatever is said has a place. */
class MutationTest {

  private static final int EDITS_PER_SEED = 150;

  private static final String SAMPLE =
      """
      groups:
        a: &a {members: [ann, ben], idle_timeout_h: 0.5, aggregate: {gpu_limit: 2}}
        b: {<<: *a, members: [carl], policies: {gpu_idle_threshold: 2}}
      default_group: a
      user_overrides: {eve: {max_gpu_slots: null, reason: "x"}}
      container_types: {docker: {idle_action: pause}, unknown: {max_runtime: 0}}
      schedules: {sample: "*/5 * 1-7 * mon", reconcile: "0 0 3 ? * 2#1", gpu-release: off}
      safety: {mode: enforce, jobs: {idle-stop: observe}}
      daemon: {http: "[::1]:9470", metrics: 0.0.0.0:9471, events_max_size: 5MiB}
      """;

  private static final List<String> NASTY =
      List.of(
          "\t",
          "\n",
          " ",
          ":",
          "- ",
          "? ",
          "*",
          "&x ",
          "*x",
          "{",
          "}",
          "[",
          "]",
          "'",
          "\"",
          "#",
          "|",
          ">",
          "%",
          "@",
          "`",
          "!!java.lang.Runtime ",
          "!!set ",
          "<<: ",
          "---\n",
          "...\n",
          "\u0000",
          "\ufeff",
          "\u2028",
          "\u0085",
          "\ud83d\ude00",
          "\ud800",
          "null",
          "~",
          "0",
          "-1",
          "1e9",
          "010",
          "0x1",
          "1:30",
          ".nan",
          "off",
          "yes",
          "99999999999999999999",
          "\\",
          "é",
          "=",
          ",",
          "\r");

  @RepeatedTest(20)
  void no_damage_makes_the_loader_throw(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    String annotated = Texts.read(Texts.ANNOTATED).replaceAll("(?m)^#.*\n|^\\s+#.*\n", "");
    for (int i = 0; i < EDITS_PER_SEED; i++) {
      String text = random.nextInt(6) == 0 ? annotated : SAMPLE;
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        text = damaged(text, random);
      }
      check(text);
    }
  }

  private static void check(String text) {
    PolicyLoader.Loaded loaded = PolicyLoader.parse(Texts.FILE, text);

    assertThat(loaded.book() == null).as(text).isEqualTo(!loaded.errors().isEmpty());
    int lines = text.split("\r\n|[\n\r\u0085\u2028\u2029]", -1).length;
    assertThat(loaded.problems())
        .allSatisfy(
            problem -> {
              assertThat(problem.line()).as(text).isBetween(1, lines);
              assertThat(problem.column()).as(text).isPositive();
              assertThat(problem.what()).isNotBlank();
              assertThat(problem.toString()).doesNotContain("\n").doesNotContain("Exception");
            });
  }

  private static String damaged(String text, Random random) {
    int at = random.nextInt(text.length() + 1);
    int end = Math.min(text.length(), at + random.nextInt(12));
    String nasty = NASTY.get(random.nextInt(NASTY.size()));
    return switch (random.nextInt(5)) {
      case 0 -> text.substring(0, at) + text.substring(end);
      case 1 -> text.substring(0, at) + nasty + text.substring(at);
      case 2 -> text.substring(0, at) + nasty + text.substring(end);
      case 3 -> shuffled(text, random);
      default -> text.substring(0, at) + text.substring(at, end) + text.substring(at);
    };
  }

  private static String shuffled(String text, Random random) {
    List<String> lines = new ArrayList<>(text.lines().toList());
    if (lines.size() > 1) {
      int one = random.nextInt(lines.size());
      Collections.swap(lines, one, random.nextInt(lines.size()));
      lines.set(one, " ".repeat(random.nextInt(3)) + lines.get(one));
    }
    return String.join("\n", lines) + "\n";
  }
}
