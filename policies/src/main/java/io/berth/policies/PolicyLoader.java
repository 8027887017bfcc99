package io.berth.policies;

import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a main file and the files beside it into a {@link PolicyBook}, or into the list of all that
 * is wrong.
 */
public final class PolicyLoader {

  private final Problems problems = new Problems();

  private PolicyLoader() {}

  /**
   * What came of reading.
   *
   * @param book null where any problem is an error
   * @param problems errors and notes, by file and line
   */
  public record Loaded(@Nullable PolicyBook book, List<Problem> problems) {
    public Loaded {
      problems = List.copyOf(problems);
    }

    /** Those that refuse the file. */
    public List<Problem> errors() {
      return problems.stream().filter(p -> p.severity() == Problem.Severity.ERROR).toList();
    }

    /** Those that are told and nothing else. */
    public List<Problem> notes() {
      return problems.stream().filter(p -> p.severity() == Problem.Severity.NOTE).toList();
    }
  }

  /** Never throws for what is in the files, or for a file that can't be read: each is a problem. */
  public static Loaded load(Path main) {
    PolicyLoader loader = new PolicyLoader();
    Source source = new Source(main.toString(), loader.problems);
    SideFiles side = new SideFiles(main.resolveSibling(""), loader.problems);
    return loader.load(main, FileText.read(main, source).flatMap(text -> top(text, source)), side);
  }

  /**
   * Reads the text of a main file alone, as if nothing stood beside it.
   *
   * @param fileName what problems and provenance call it
   */
  public static Loaded parse(String fileName, String yaml) {
    PolicyLoader loader = new PolicyLoader();
    Source source = new Source(fileName, loader.problems);
    return loader.loaded(
        FileText.printable(yaml, source)
            .flatMap(text -> top(text, source))
            .map(MainFile::read)
            .map(main -> book(main, Map.of(), List.of(), List.of())));
  }

  /** A side file is checked as far as it can be when the main one could not be read. */
  private Loaded load(Path file, Optional<Fields> top, SideFiles side) {
    Optional<MainFile.Content> main = top.map(MainFile::read);
    main.ifPresent(content -> side.members(content.members()));
    Map<String, Overrides.Entry> overrides = side.overrides();
    ZoneId zone = main.map(it -> it.settings().schedules().timezone()).orElse(ZoneOffset.UTC);
    List<Exemption> exemptions = side.exemptions(zone);
    List<Path> files = new ArrayList<>(List.of(file));
    files.addAll(side.files());
    return loaded(main.map(it -> book(it, overrides, exemptions, files)));
  }

  private static Optional<Fields> top(String text, Source source) {
    Optional<Value> root = YamlText.root(text, source).map(node -> new Value(node, "", source));
    if (root.isPresent() && (root.get().isBlank() || root.get().isNull())) {
      root.get().error("is empty", "write at least safety: {mode: observe}");
      return Optional.empty();
    }
    return root.flatMap(Value::fields);
  }

  private static PolicyBook book(
      MainFile.Content main,
      Map<String, Overrides.Entry> side,
      List<Exemption> exemptions,
      List<Path> files) {
    Layers layers =
        new Layers(
            Overrides.together(main.overrides(), side),
            main.types(),
            main.groups(),
            main.defaults(),
            main.policies());
    Groups groups = main.members().build(main.defaultGroup());
    return new Book(main.settings(), layers, groups, exemptions, files);
  }

  private Loaded loaded(Optional<PolicyBook> book) {
    Loaded all = new Loaded(null, problems.sorted());
    return all.errors().isEmpty() ? new Loaded(book.orElse(null), all.problems()) : all;
  }
}
