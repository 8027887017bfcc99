package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/configuration.md and the code say the same. */
class DocsTest {

  private final String docs = Texts.read(Texts.DOCS);

  @Test
  void every_key_stands_there_with_its_default() {
    DefaultsTest.keys().forEach((name, key) -> assertThat(docs).as(name).containsPattern(row(key)));
  }

  /** A row of a table: the key, then the default, as an admin spells it. */
  private static <T> String row(Key<T> key) {
    String plain = Pattern.quote(String.valueOf(key.type().plain(key.builtIn())));
    return "(?m)^\\| `" + key.word() + "` \\| `" + plain + "` \\|";
  }

  @Test
  void every_section_side_file_alias_and_unused_word_is_named() {
    for (Section<?> section : MainFile.SECTIONS) {
      assertThat(docs).contains("## `" + section.word() + "`");
    }
    for (LimitKey<?> key : LimitKey.ALL) {
      assertThat(key.key().spellings().keySet())
          .filteredOn(word -> !word.matches(key.word() + "_[hms]"))
          .allSatisfy(word -> assertThat(docs).contains("`" + word + "`"));
    }
    assertThat(List.of(LimitMap.UNUSED, MainFile.UNUSED))
        .allSatisfy(
            words -> assertThat(words).allSatisfy(word -> assertThat(docs).contains("`" + word)));
    assertThat(docs)
        .contains("user-overrides.yaml", "lifecycle-exemptions.yaml", "groups/<group>.members");
  }

  @Test
  void its_examples_load() {
    String[] blocks = docs.split("```", -1);
    for (int i = 1; i < blocks.length; i += 2) {
      if (blocks[i].startsWith("yaml\n# resource-limits.yaml")) {
        assertThat(PolicyLoader.parse(Texts.FILE, blocks[i].substring(5)).problems()).isEmpty();
      }
    }
    assertThat(docs).contains("```yaml\n# resource-limits.yaml");
  }
}
