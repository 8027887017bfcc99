package io.berth.daemon.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the ledger lies, read from a configuration that can't be loaded: that is where the copy of
 * the last good one is looked for. A guess is good enough, since a copy knows whose it is.
 */
final class LedgerFolder {

  private static final Path DEFAULT = Path.of("/var/lib/berth");
  private static final Pattern LEDGER =
      Pattern.compile(
          "^daemon:[^\\n]*\\n(?:(?:[ \\t#][^\\n]*)?\\n)*?[ \\t]+ledger:[ \\t]*[\"']?(?<path>/[^\"'#\\n]*)",
          Pattern.MULTILINE);

  private LedgerFolder() {}

  static Path guess(Path main) {
    try {
      String text = new String(Files.readAllBytes(main), StandardCharsets.ISO_8859_1);
      Matcher matcher = LEDGER.matcher(text);
      Path parent = matcher.find() ? Path.of(matcher.group("path").strip()).getParent() : null;
      return parent == null ? DEFAULT : parent;
    } catch (IOException e) {
      return DEFAULT; // that it can't be read is among the problems of loading it
    }
  }
}
