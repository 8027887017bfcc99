package io.berth.daemon.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Notices that a configuration's files changed, once they have been quiet from one look to the
 * next: an editor may write a file in several steps.
 */
public final class FilesWatch {

  private final Path main;
  private List<String> known;
  private List<String> latest;

  /**
   * @param main the main file; the side files are beside it
   */
  public FilesWatch(Path main) {
    this.main = main.toAbsolutePath();
    this.known = look();
    this.latest = known;
  }

  /**
   * Whether they are others than when this was last true, and have stayed so since the last look.
   */
  public boolean changed() {
    List<String> now = look();
    boolean quiet = now.equals(latest);
    latest = now;
    if (!quiet || now.equals(known)) {
      return false;
    }
    known = now;
    return true;
  }

  private List<String> look() {
    List<String> seen = new ArrayList<>();
    note(seen, main);
    note(seen, main.resolveSibling("user-overrides.yaml"));
    note(seen, main.resolveSibling("lifecycle-exemptions.yaml"));
    try (Stream<Path> groups = Files.list(main.resolveSibling("groups"))) {
      groups.sorted().forEach(each -> note(seen, each));
    } catch (IOException e) {
      seen.add("no groups"); // there need not be any
    }
    return seen;
  }

  private static void note(List<String> seen, Path file) {
    try {
      seen.add(file + " " + Files.getLastModifiedTime(file) + " " + Files.size(file));
    } catch (IOException e) {
      seen.add(file + " can't be read");
    }
  }
}
