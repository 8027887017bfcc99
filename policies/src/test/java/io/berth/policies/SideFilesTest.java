package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SideFilesTest {

  @TempDir Path folder;

  @BeforeEach
  void a_main_file() throws IOException {
    write(
        "main.yaml",
        """
        groups: {students: {members: [ann], max_gpu_slots: 2}, staff: {}}
        schedules: {timezone: Asia/Kolkata}
        user_overrides: {eve: {idle_timeout: 1h}}
        """);
  }

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private PolicyLoader.Loaded load() {
    return PolicyLoader.load(folder.resolve("main.yaml"));
  }

  /** What is said, with file names as seen from the folder. */
  private List<String> problems() {
    return load().problems().stream()
        .map(problem -> problem.toString().replace(folder + "/", ""))
        .toList();
  }

  @Test
  void members_of_file_and_section_add_up() throws IOException {
    write(
        "groups/students.members",
        "\ufeff# the class\r\nben # since May\r\n\r\n  ann\r\n1234\r\na@b.c");
    write("groups/staff.members", "");
    write("groups/archived.members", "gone\n");
    write("groups/README", "not read: two words\n");

    PolicyLoader.Loaded loaded = load();

    assertThat(loaded.problems()).isEmpty();
    assertThat(Texts.book(loaded).groups())
        .containsEntry("students", Set.of("ann", "ben", "1234", "a@b.c"))
        .containsEntry("staff", Set.of());
    assertThat(Texts.book(loaded).files())
        .containsExactly(
            folder.resolve("main.yaml"),
            folder.resolve("groups/staff.members"),
            folder.resolve("groups/students.members"));
  }

  @Test
  void a_members_file_without_a_group_is_a_note() throws IOException {
    write("groups/studens.members", "ben\n");

    assertThat(load().book()).isNotNull();
    assertThat(problems())
        .containsExactly(
            "groups/studens.members:1:1: there is no group \"studens\", so these members are not used;"
                + " did you mean \"students\"?");
  }

  @Test
  void a_user_in_two_groups_is_told_with_both_places() throws IOException {
    write("groups/staff.members", "# boss\n  ann\n");

    assertThat(problems())
        .containsExactly(
            "groups/staff.members:2:3: user \"ann\" is in group staff here and in group students"
                + " (main.yaml:1); keep one of them");
  }

  @Test
  void a_line_that_is_no_user_is_told_with_its_place() throws IOException {
    write("groups/staff.members", "cyd\n dan the man\nunknown\n");

    assertThat(problems())
        .extracting(problem -> problem.substring(0, problem.indexOf(';')))
        .containsExactly(
            "groups/staff.members:2:2: \"dan the man\" is not a user name",
            "groups/staff.members:3:1: \"unknown\" is not a user");
  }

  @Test
  void overrides_stand_at_the_top_of_their_file() throws IOException {
    write("user-overrides.yaml", "zoe: {max_runtime_h: 2}\n'77':\n");

    PolicyBook book = Texts.book(load());

    assertThat(book.usersWithOverrides()).containsExactly("eve", "zoe", "77");
    assertThat(book.limitsFor("zoe", ContainerType.DOCKER).setting(LimitKey.MAX_RUNTIME))
        .hasToString(
            "Setting[value=2h, from=" + folder.resolve("user-overrides.yaml") + ":1 (zoe)]");
  }

  @Test
  void a_user_with_overrides_in_two_places_is_told_with_both() throws IOException {
    write("user-overrides.yaml", "\neve: {max_runtime: 2h}\n");

    assertThat(problems())
        .containsExactly(
            "user-overrides.yaml:2:1: user \"eve\" has overrides here and in main.yaml:3;"
                + " keep one of them");
  }

  @Test
  void an_exemption_lifts_its_limits_until_it_ends() throws IOException {
    write(
        "lifecycle-exemptions.yaml",
        """
        exemptions:
          - username: ann
            exempt_from: [idle_timeout_h]
            expires_on: 2027-01-31
            reason: thesis
            approved_by: eve
            approved_on: 2026-11-01
            category: research
            notes: none
          - {username: ben, exempt_from: [max_runtime, idle_timeout], expires_on: null, reason: x}
        """);

    Limits ann = Texts.book(load()).limitsFor("ann", ContainerType.DOCKER);

    // The last second of that day in Kolkata, which is five and a half hours ahead.
    Instant end = Instant.parse("2027-01-31T18:29:59Z");
    assertThat(ann.exemption(Exemption.From.IDLE_TIMEOUT, end)).isPresent();
    assertThat(ann.exemption(Exemption.From.IDLE_TIMEOUT, end.plusSeconds(1))).isEmpty();
    assertThat(ann.exemption(Exemption.From.MAX_RUNTIME, end)).isEmpty();
    assertThat(Texts.book(load()).limitsFor("ben", ContainerType.API).exemptions())
        .singleElement()
        .satisfies(
            exemption -> {
              assertThat(exemption.covers(Exemption.From.IDLE_TIMEOUT, Instant.MAX)).isTrue();
              assertThat(exemption.provenance().line()).isEqualTo(10);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{exempt_from: [max_runtime], expires_on: null, reason: x}          | 2:5: exemptions[1]: has no username; add it",
        "{username: a, expires_on: null, reason: x}                         | 2:5: exemptions[1]: has no exempt_from; add it",
        "{username: a, exempt_from: [max_runtime], reason: x}               | 2:5: exemptions[1]: has no expires_on; add it; null: no end",
        "{username: a, exempt_from: [max_runtime], expires_on: null}        | 2:5: exemptions[1]: has no reason; add it",
        "{username: a, exempt_from: [], expires_on: null, reason: x}        | 2:32: exempt_from: is empty; write at least one item",
        "{username: a, exempt_from: [idle], expires_on: null, reason: x}    | 2:33: exempt_from[1]: \"idle\" is not known here; allowed: idle_timeout, max_runtime, idle_timeout_h, max_runtime_h",
        "{username: a, exempt_from: [max_runtime], expires_on: tomorrow, reason: x}   | 2:59: expires_on: \"tomorrow\" is not a date or instant; write a date such as",
        "{username: a, exempt_from: [max_runtime], expires_on: 2027-02-30, reason: x} | 2:59: expires_on: \"2027-02-30\" is not a date or instant; write a date such as",
        "{username: a, exempt_from: [max_runtime], expires_on: null, reason: x, why: y} | 2:76: unknown key \"why\" in exemptions[1]; allowed: username, exempt_from",
        "{username: unknown, exempt_from: [max_runtime], expires_on: null, reason: x} | 2:16: username: \"unknown\" is not a user",
        "just text                                                          | 2:5: exemptions[1]: is a single value, not a section",
      })
  void a_bad_exemption_is_told_with_its_place(String entry, String said) throws IOException {
    write("lifecycle-exemptions.yaml", "exemptions:\n  - " + entry + "\n");

    assertThat(problems())
        .singleElement()
        .asString()
        .startsWith("lifecycle-exemptions.yaml:" + said);
  }

  @Test
  void an_instant_with_an_offset_ends_an_exemption() {
    ExpiryType type = new ExpiryType(ZoneId.of("UTC"));

    assertThat(Texts.value(type, "2027-01-31T18:00:00Z")).isEqualTo("2027-01-31T18:00:00Z");
    assertThat(Texts.value(type, "2027-01-31T18:00:00+05:30")).isEqualTo("2027-01-31T12:30:00Z");
  }

  @ParameterizedTest
  @CsvSource(
      value = {"''", "'# only a comment\n'", "'---\n'", "null", "{}"},
      nullValues = {})
  void an_empty_side_file_is_empty(String text) throws IOException {
    write("user-overrides.yaml", text);
    write("lifecycle-exemptions.yaml", text);

    assertThat(problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"user-overrides.yaml", "lifecycle-exemptions.yaml", "groups/students.members"})
  void a_directory_or_a_link_that_leads_nowhere_in_place_of_a_file_is_an_error(String name)
      throws IOException {
    Files.createDirectories(folder.resolve(name));
    assertThat(problems()).containsExactly(name + ":1:1: is a directory; put a file in its place");

    Files.delete(folder.resolve(name));
    Files.createSymbolicLink(folder.resolve(name), folder.resolve("nothing"));
    assertThat(problems())
        .containsExactly(name + ":1:1: does not exist; create it, or name the file to read");
  }

  @Test
  void a_file_in_place_of_the_groups_directory_is_an_error() throws IOException {
    write("groups", "");

    assertThat(problems())
        .singleElement()
        .asString()
        .startsWith("groups:1:1: can't be read as a dir");
  }

  @Test
  void a_side_file_without_permission_is_an_error() throws IOException {
    write("user-overrides.yaml", "");
    Files.setPosixFilePermissions(
        folder.resolve("user-overrides.yaml"), PosixFilePermissions.fromString("---------"));
    assumeThat(Files.isReadable(folder.resolve("user-overrides.yaml")))
        .as("needs a user other than root, who may read anything")
        .isFalse();

    assertThat(problems())
        .containsExactly(
            "user-overrides.yaml:1:1: can't be read: permission denied; let the daemon's user read it");
  }

  @Test
  void problems_of_all_files_are_told_at_once_by_file_and_line() throws IOException {
    write("main.yaml", "groups: {staff: {}}\nsafety: {mode: no}\nx: 1\n");
    write("groups/staff.members", "a b\n");
    write("user-overrides.yaml", "a: 1\n");
    write("lifecycle-exemptions.yaml", "exemptions: 1\n");

    assertThat(problems())
        .extracting(problem -> problem.substring(0, problem.indexOf(": ")))
        .containsExactly(
            "groups/staff.members:1:1",
            "lifecycle-exemptions.yaml:1:13",
            "main.yaml:2:16",
            "main.yaml:3:1",
            "user-overrides.yaml:1:4");
  }

  @Test
  void side_files_are_checked_even_when_the_main_one_is_broken() throws IOException {
    write("main.yaml", "groups: {\n");
    write("groups/staff.members", "fine\n");
    write("user-overrides.yaml", "a: 1\n");

    assertThat(problems())
        .hasSize(2)
        .anyMatch(problem -> problem.startsWith("main.yaml:2:1: is not YAML"))
        .anyMatch(problem -> problem.startsWith("user-overrides.yaml:1:4: "));
  }

  @Test
  void a_main_file_that_is_no_file_is_an_error() throws IOException {
    assertThat(PolicyLoader.load(folder).problems())
        .extracting(Problem::what)
        .containsExactly("is a directory");
    assertThat(PolicyLoader.load(folder.resolve("none.yaml")).problems())
        .extracting(Problem::what)
        .containsExactly("does not exist");
  }

  @Test
  void a_file_of_ten_megabytes_is_refused_before_it_is_parsed() throws IOException {
    write("main.yaml", "# filler\n".repeat(10_000_000 / 9));

    assertThat(problems())
        .containsExactly(
            "main.yaml:1:1: is 9999999 bytes, too large; a file of up to 1 MiB is read;"
                + " is it the right one?");
  }

  @Test
  void bytes_that_are_not_utf_8_are_told_with_their_place() throws IOException {
    Files.write(
        folder.resolve("main.yaml"),
        "safety: {}\n# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));

    assertThat(problems())
        .containsExactly("main.yaml:2:6: the byte 0xe9 is not UTF-8; save the file as UTF-8");
  }

  @Test
  void a_byte_order_mark_is_no_problem() throws IOException {
    write("main.yaml", "\ufeffsafety: {mode: enforce}\n");

    assertThat(Texts.book(load()).safety().mode()).isEqualTo(Mode.ENFORCE);
  }
}
