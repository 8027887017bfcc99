package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummaryTest {

  private static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");

  private static String summary(PolicyLoader.Loaded loaded) {
    return Summary.of(Texts.book(loaded), loaded.notes(), NOW);
  }

  @Test
  void the_annotated_file_fits_one_screen() {
    String summary = summary(PolicyLoader.load(Texts.ANNOTATED));

    assertThat(summary.lines()).hasSizeLessThan(25).allSatisfy(line -> fits(line));
    assertThat(summary).contains("observe: no container is touched").doesNotContain("notes");
  }

  private static void fits(String line) {
    assertThat(line).hasSizeLessThanOrEqualTo(120);
  }

  @Test
  void a_full_book_is_told_with_its_people(@TempDir Path folder) throws IOException {
    Path main = folder.resolve("main.yaml");
    Files.writeString(
        main,
        """
        safety: {mode: enforce, jobs: {max-runtime: observe}}
        defaults: {memory: 3g}
        groups: {students: {members: [ann, ben], max_runtime: never, max_gpu_slots: null}}
        default_group: students
        user_overrides: {eve: {idle_timeout: 3h}}
        """);
    Files.writeString(
        folder.resolve("lifecycle-exemptions.yaml"),
        """
        exemptions:
          - {username: ann, exempt_from: [max_runtime], expires_on: 2026-12-24, reason: thesis}
          - {username: old, exempt_from: [max_runtime], expires_on: 2026-10-31, reason: paper}
        """);

    String summary = summary(PolicyLoader.load(main));

    assertThat(summary)
        .containsPattern("mode +enforce\n")
        .containsPattern("but observe +max-runtime\n")
        .containsPattern("students \\(default\\) +2 +30m +never +15m +30m +no limit +3\n")
        .containsPattern("overrides +eve\n")
        .containsPattern("exempt +ann from max_runtime until 2026-12-24T23:59:59Z: thesis\n")
        .containsPattern("expired +old\n")
        .containsPattern("notes +.*main.yaml:2:12: \"memory\" is accepted and not used");
  }

  @Test
  void many_groups_and_users_still_fit_one_screen() {
    StringBuilder yaml = new StringBuilder("groups:\n");
    for (int i = 0; i < 100; i++) {
      yaml.append("  g").append(i).append(": {}\n");
    }
    yaml.append("user_overrides:\n");
    for (int i = 0; i < 100; i++) {
      yaml.append("  u").append(i).append(":\n");
    }

    String summary = summary(PolicyLoader.parse(Texts.FILE, yaml.toString()));

    assertThat(summary.lines()).hasSizeLessThan(40);
    assertThat(summary).contains("... and 92 more groups").contains("u7, ... and 92 more");
  }
}
