package io.berth.jobs.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.berth.jobs.container.OwnerChain.Attribution;
import io.berth.jobs.container.UserDatabase.Answer;
import io.berth.policies.PolicyBook.Ownership;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OwnerChainTest {

  private static final String FOLDER = "devcontainer.local_folder";
  private static final Pattern NAME = Pattern.compile("^(?<name>.+)\\._\\.(?<uid>[0-9]+)$");
  private static final Ownership DEFAULTS = ownership(List.of("/home"), NAME);
  private static final Map<Long, String> USERS = Map.of(0L, "root", 1000L, "ada", 1001L, "unknown");

  /** Answers for the users above, and hangs for uid 6666. */
  private static final UserDatabase DATABASE =
      uid -> {
        if (uid == 6666) {
          return new Answer.NoAnswer("no answer within 2s");
        }
        String name = USERS.get(uid);
        return name == null ? new Answer.NoSuchUser() : new Answer.Found(name);
      };

  private static final UserDatabase MUST_NOT_BE_ASKED =
      uid -> {
        throw new AssertionError("asked for uid " + uid);
      };

  static Stream<Arguments> rows_of_the_chain() {
    return Stream.of(
        arguments("x", Map.of("ds01.user", "ada"), "ada", "label:ds01.user"),
        arguments("x", Map.of("aime.mlc.USER", "bob"), "bob", "label:aime.mlc.USER"),
        arguments("x", Map.of(FOLDER, "/home/cy/src"), "cy", "path-label:" + FOLDER),
        arguments("x._.1000", Map.of(), "ada", "name-uid"),
        arguments("x", Map.of(), "unknown", "none"));
  }

  @ParameterizedTest
  @MethodSource("rows_of_the_chain")
  void each_step_tells(String name, Map<String, String> labels, String owner, String source) {
    assertThat(attribute(name, labels)).isEqualTo(answered(owner, source));
  }

  @Test
  void the_first_that_answers_decides() {
    Map<String, String> all =
        Map.of("ds01.user", "ada", "aime.mlc.USER", "bob", FOLDER, "/home/cy/src");
    Map<String, String> two = Map.of("aime.mlc.USER", "bob", FOLDER, "/home/cy/src");
    Map<String, String> one = Map.of(FOLDER, "/home/cy/src");

    assertThat(attribute("x._.0", all)).isEqualTo(answered("ada", "label:ds01.user"));
    assertThat(attribute("x._.0", two)).isEqualTo(answered("bob", "label:aime.mlc.USER"));
    assertThat(attribute("x._.0", one)).isEqualTo(answered("cy", "path-label:" + FOLDER));
  }

  @Test
  void a_user_database_that_is_down_matters_only_to_who_needs_it() {
    Container labelled = Containers.running("x._.6666").owner("ada").build();
    Container named = Containers.running("x._.6666").build();
    OwnerChain chain = new OwnerChain(DEFAULTS, DATABASE);

    assertThat(chain.attribute(labelled)).isEqualTo(answered("ada", "label:ds01.user"));
    assertThat(chain.attribute(named))
        .isEqualTo(
            new Attribution.Undetermined(
                "the user database did not answer for uid 6666: no answer within 2s"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\t\n",
        "\u00a0",
        "\u3000",
        "unknown",
        " unknown ",
        "a\nb",
        "a\rb",
        "a\u0000b",
        "a\u001b[31mb",
        "ada\u200b",
        "\u202eada",
        "a\u2028b",
        "\ud800",
        "\u0007"
      })
  void a_label_that_can_not_be_a_user_name_does_not_answer(String value) {
    assertThat(attribute("x", Map.of("ds01.user", value, "aime.mlc.USER", "bob")))
        .isEqualTo(answered("bob", "label:aime.mlc.USER"));
  }

  @Test
  void a_label_is_a_name_up_to_256_characters() {
    String longest = "a".repeat(256);

    assertThat(attribute("x", Map.of("ds01.user", longest)))
        .isEqualTo(answered(longest, "label:ds01.user"));
    assertThat(attribute("x", Map.of("ds01.user", longest + "a")))
        .isEqualTo(answered("unknown", "none"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ada@lab.example.org",
        "ada.lovelace",
        "LAB\\ada",
        "Ada",
        "ada lovelace",
        "übung",
        "李雷",
        "Unknown",
        "1000",
        "-",
        "a/b",
        "$(id)",
        "😀"
      })
  void names_of_every_directory_are_kept_as_they_are(String name) {
    assertThat(attribute("x", Map.of("ds01.user", name)))
        .isEqualTo(answered(name, "label:ds01.user"));
    assertThat(attribute("x", Map.of("ds01.user", " \u00a0" + name + "\n")))
        .isEqualTo(answered(name, "label:ds01.user"));
  }

  @ParameterizedTest
  @CsvSource({
    "/home/ada, ada",
    "/home/ada/, ada",
    "/home/ada/src/project, ada",
    "//home///ada//src, ada",
    "/./home/./ada/., ada",
    "/home/x/../ada, ada",
    "/home/x/y/../../ada/z, ada",
    "/../../home/ada, ada",
    "/srv/../home/ada, ada",
    "' /home/ada/src ', ada",
    "/home/ada@lab.example.org/src, ada@lab.example.org",
    "/home/LAB\\ada/src, LAB\\ada",
    "/home/ada/my project/λ, ada",
  })
  void a_folder_under_a_home_root_tells_the_user(String folder, String owner) {
    assertThat(attribute("x", Map.of(FOLDER, folder)))
        .isEqualTo(answered(owner, "path-label:" + FOLDER));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "/",
        "/home",
        "/home/",
        "/home//",
        "/home/.",
        "/home/..",
        "/home/../etc",
        "/home/ada/..",
        "/home/ada/../../etc/x",
        "/srv/data",
        "/homework/ada",
        "/Home/ada",
        "home/ada",
        "./home/ada",
        "~/src",
        "file:///home/ada",
        "C:\\Users\\ada",
        "c:/Users/ada",
        "\\\\wsl$\\Ubuntu\\home\\ada",
        "\\\\wsl.localhost\\Ubuntu\\home\\ada",
        "\\home\\ada",
        "/home/unknown/src",
        "/home/a\nb/src",
        "/home/ /src",
        "/home/ada /src"
      })
  void any_other_folder_does_not_answer(String folder) {
    assertThat(attribute("x", Map.of(FOLDER, folder))).isEqualTo(answered("unknown", "none"));
    assertThat(attribute("x._.1000", Map.of(FOLDER, folder)))
        .isEqualTo(answered("ada", "name-uid"));
  }

  @Test
  void of_nested_home_roots_the_most_specific_decides() {
    Ownership nested = ownership(List.of("/home", "/home/lab/", "/data/./homes"), NAME);
    OwnerChain chain = new OwnerChain(nested, MUST_NOT_BE_ASKED);

    assertThat(chain.attribute(inFolder("/home/lab/ada/src"))).isEqualTo(byFolder("ada"));
    assertThat(chain.attribute(inFolder("/home/lab"))).isEqualTo(answered("unknown", "none"));
    assertThat(chain.attribute(inFolder("/home/bob/src"))).isEqualTo(byFolder("bob"));
    assertThat(chain.attribute(inFolder("/data/homes/cy"))).isEqualTo(byFolder("cy"));
    assertThat(chain.attribute(inFolder("/data/dan"))).isEqualTo(answered("unknown", "none"));
  }

  @Test
  void a_home_root_that_is_no_absolute_path_is_no_root() {
    OwnerChain chain = new OwnerChain(ownership(List.of("", "home", " "), NAME), DATABASE);

    assertThat(chain.attribute(inFolder("/home/ada"))).isEqualTo(answered("unknown", "none"));
  }

  @ParameterizedTest
  @CsvSource({
    "train._.1000, ada",
    "a._.b._.1000, ada",
    "a._.1234._.1000, ada",
    "._._.1000, ada",
    "x._.0, root",
    "x._.0001000, ada",
  })
  void the_last_part_of_a_name_is_the_uid(String name, String owner) {
    assertThat(attribute(name, Map.of())).isEqualTo(answered(owner, "name-uid"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x._.4242",
        "x._.1001",
        "x._.4294967295",
        "x._.4294967296",
        "x._.4294968296",
        "x._.9223372036854775808",
        "x._.99999999999999999999999999999999999999999999999999"
      })
  void a_uid_with_no_user_answers_unknown(String name) {
    assertThat(attribute(name, Map.of())).isEqualTo(answered("unknown", "name-uid"));
  }

  @Test
  void a_uid_beyond_32_bits_is_not_even_looked_up() {
    OwnerChain chain = new OwnerChain(DEFAULTS, MUST_NOT_BE_ASKED);

    assertThat(chain.attribute(Containers.running("x._.4294967296").build()))
        .isEqualTo(answered("unknown", "name-uid"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "._.1000",
        "x._.",
        "x._.10a",
        "x._.-1",
        "x._.+1",
        "x._.1000._.",
        "x._.1000.b",
        "x_._1000",
        "x._.٣",
        "1000",
        ""
      })
  void a_name_without_the_pattern_does_not_answer(String name) {
    OwnerChain chain = new OwnerChain(DEFAULTS, MUST_NOT_BE_ASKED);

    assertThat(chain.attribute(Containers.running(name).build()))
        .isEqualTo(answered("unknown", "none"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"(?<name>.*)-(?<uid>.*)", "(?<name>.+)-(?<uid>[a-z]+)?", "(?<uid>)(?<name>)"})
  void a_configured_pattern_may_match_what_is_no_number(String pattern) {
    Ownership loose = ownership(List.of("/home"), Pattern.compile(pattern));
    OwnerChain chain = new OwnerChain(loose, MUST_NOT_BE_ASKED);

    assertThat(chain.attribute(Containers.running("job-").build()))
        .isEqualTo(answered("unknown", "none"));
  }

  @Test
  void the_steps_are_data() {
    Ownership own =
        new Ownership(
            List.of("lab.owner"),
            List.of("lab.folder", FOLDER),
            List.of("/srv/users"),
            Pattern.compile("^u(?<uid>[0-9]+)-(?<name>.+)$"));
    OwnerChain chain = new OwnerChain(own, DATABASE);

    assertThat(chain.attribute(Containers.running("x").owner("ada").build()))
        .isEqualTo(answered("unknown", "none"));
    assertThat(chain.attribute(Containers.running("x").label("lab.owner", "bob").build()))
        .isEqualTo(answered("bob", "label:lab.owner"));
    assertThat(chain.attribute(Containers.running("x").label("lab.folder", "/srv/users/c").build()))
        .isEqualTo(answered("c", "path-label:lab.folder"));
    assertThat(chain.attribute(Containers.running("u1000-train").build()))
        .isEqualTo(answered("ada", "name-uid"));
  }

  private static Attribution attribute(String name, Map<String, String> labels) {
    Container container = Containers.running(name).labels(labels).build();
    return new OwnerChain(DEFAULTS, DATABASE).attribute(container);
  }

  private static Container inFolder(String folder) {
    return Containers.running("x").label(FOLDER, folder).build();
  }

  private static Attribution byFolder(String name) {
    return answered(name, "path-label:" + FOLDER);
  }

  private static Attribution answered(String name, String source) {
    return new Attribution.Answered(new Owner(name, source));
  }

  private static Ownership ownership(List<String> homeRoots, Pattern namePattern) {
    return new Ownership(
        List.of("ds01.user", "aime.mlc.USER"), List.of(FOLDER), homeRoots, namePattern);
  }
}
