package io.berth.policies;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The files beside a main one. One that is absent or empty is empty; one that can't be read is an
 * error.
 */
final class SideFiles {

  private static final String GROUPS = "groups";
  private static final String SUFFIX = ".members";
  private static final String ARCHIVED = "archived" + SUFFIX;
  private static final String OVERRIDES = "user-overrides.yaml";
  private static final String EXEMPTIONS = "lifecycle-exemptions.yaml";

  private final Path folder;
  private final Problems problems;
  private final List<Path> read = new ArrayList<>();

  /**
   * @param folder the main file's
   */
  SideFiles(Path folder, Problems problems) {
    this.folder = folder;
    this.problems = problems;
  }

  /** Those that are there. */
  List<Path> files() {
    return read;
  }

  Map<String, Overrides.Entry> overrides() {
    return fields(OVERRIDES).map(Overrides::read).orElse(Map.of());
  }

  List<Exemption> exemptions(ZoneId zone) {
    return fields(EXEMPTIONS).map(top -> ExemptionsFile.read(top, zone)).orElse(List.of());
  }

  private Optional<Fields> fields(String name) {
    Path file = folder.resolve(name);
    Source source = new Source(file.toString(), problems);
    return text(file, source)
        .flatMap(text -> YamlText.root(text, source))
        .flatMap(root -> new Value(root, "", source).fields());
  }

  private Optional<String> text(Path file, Source source) {
    if (FileText.isAbsent(file)) {
      return Optional.empty();
    }
    read.add(file);
    return FileText.read(file, source);
  }

  /** Adds the users of {@code groups/<group>.members}. */
  void members(Groups.Builder groups) {
    for (Path file : memberFiles()) {
      String name = String.valueOf(file.getFileName());
      String group = name.substring(0, name.length() - SUFFIX.length());
      Source source = new Source(file.toString(), problems);
      if (groups.names().contains(group)) {
        text(file, source).ifPresent(text -> MembersFile.read(text, group, groups, source));
      } else if (!name.equals(ARCHIVED)) {
        source.note(
            "there is no group " + Value.shown(group) + ", so these members are not used",
            Spelling.hint(group, groups.names()));
      }
    }
  }

  private List<Path> memberFiles() {
    Path groups = folder.resolve(GROUPS);
    if (FileText.isAbsent(groups)) {
      return List.of();
    }
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> listing = Files.newDirectoryStream(groups, "*" + SUFFIX)) {
      listing.forEach(files::add);
    } catch (IOException | DirectoryIteratorException e) {
      new Source(groups.toString(), problems)
          .error(
              "can't be read as a directory: " + e.getMessage(), "let the daemon's user list it");
    }
    files.sort(null);
    return files;
  }
}
