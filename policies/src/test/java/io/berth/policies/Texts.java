package io.berth.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** What the tests of this module read. */
final class Texts {

  static final String FILE = "limits.yaml";

  /** The root of the checkout, from the folder that module tests run in. */
  private static final Path ROOT = Path.of("..");

  static final Path ANNOTATED = ROOT.resolve("config/resource-limits.yaml");
  static final Path DOCS = ROOT.resolve("docs/configuration.md");

  private Texts() {}

  static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The book of a text without an error. */
  static PolicyBook book(String yaml) {
    return book(PolicyLoader.parse(FILE, yaml));
  }

  static PolicyBook book(PolicyLoader.Loaded loaded) {
    assertThat(loaded.errors()).isEmpty();
    return Objects.requireNonNull(loaded.book());
  }

  /** What is said of a text, without the file's name. */
  static List<String> problems(String yaml) {
    return PolicyLoader.parse(FILE, yaml).problems().stream()
        .map(problem -> problem.toString().substring(FILE.length() + 1))
        .toList();
  }

  /** The type's reading of a value as it would stand behind a key. */
  static <T> T value(ValueType<T> type, String text) {
    Problems problems = new Problems();
    Source source = new Source(FILE, problems);
    Value root = new Value(YamlText.root("key: " + text, source).orElseThrow(), "", source);
    Value value = root.fields().orElseThrow().take("key").orElseThrow().value();
    T read = type.read(value).orElse(null);
    assertThat(problems.sorted()).as(text).isEmpty();
    return Objects.requireNonNull(read);
  }
}
