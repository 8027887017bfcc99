package io.berth.daemon.demo;

import io.berth.daemon.cli.BerthCli;
import io.berth.daemon.run.DaemonHome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the berth command prints in the middle of the demo, as a page of the documentation. */
final class Screens {

  private static final String HEAD =
      """
      # Screens

      Made by `dev/demo --screens docs/screens.md`; do not edit. This is what `berth` prints in the middle of the demo, where
      the limits are seconds. On a terminal it is coloured, and cut to its width.
      """;

  private static final Pattern ID = Pattern.compile("\\b[0-9a-f]{64}\\b");

  private final Path page;
  private final DaemonHome home;

  Screens(Path page, DaemonHome home) {
    this.page = page;
    this.home = home;
  }

  /**
   * Writes the page.
   *
   * @param container one that is warned of
   * @param owner its owner
   */
  void take(String container, String owner) throws IOException {
    StringBuilder text = new StringBuilder(HEAD);
    for (List<String> command :
        List.of(
            List.of("status"),
            List.of("ps", "--state", "running"),
            List.of("explain", container),
            List.of("plan", "--at", "+20s"),
            List.of("limits", owner),
            List.of("gpus"))) {
      text.append("\n## berth %s\n\n".formatted(command.get(0)));
      text.append("    $ berth %s\n".formatted(String.join(" ", command)));
      printed(command)
          .lines()
          .map(line -> ("    " + line).stripTrailing())
          .forEach(line -> text.append(line).append('\n'));
    }
    Files.writeString(page, text);
  }

  /** The files as they would lie on a host, ids as short as people write them. */
  private String printed(List<String> command) {
    StringWriter out = new StringWriter();
    PrintWriter both = new PrintWriter(out, true);
    new BerthCli(options -> 1, both, both)
        .run(
            Stream.concat(Stream.of("--config", home.config().toString()), command.stream())
                .toArray(String[]::new));
    String text = out.toString().replace(home.config().resolveSibling("").toString(), "/etc/berth");
    return ID.matcher(text).replaceAll(id -> id.group().substring(0, 12));
  }
}
