package io.berth.daemon.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * What the output goes to.
 *
 * @param width in characters; very wide where it is no terminal, so that nothing is cut
 * @param colour whether to use it
 */
record Terminal(int width, boolean colour) {

  private static final int UNLIMITED = 10_000;
  private static final int USUAL = 100;
  private static final int NARROWEST = 40;

  /** A file, a pipe, a test. */
  static final Terminal NONE = new Terminal(UNLIMITED, false);

  static Terminal of(Map<String, String> environment) {
    return isTerminal() ? of(environment, Terminal::asked) : NONE;
  }

  /**
   * A terminal.
   *
   * @param width its own, which COLUMNS goes before
   */
  static Terminal of(Map<String, String> environment, IntSupplier width) {
    boolean colour =
        environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "dumb").equals("dumb");
    String columns = environment.getOrDefault("COLUMNS", "");
    int wide = columns.matches("[0-9]{1,4}") ? Integer.parseInt(columns) : width.getAsInt();
    return new Terminal(Math.max(NARROWEST, wide), colour);
  }

  /** Stdout alone counts; the console of the JDK wants stdin to be one as well. */
  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /** Shells rarely export COLUMNS; the terminal itself knows. */
  private static int asked() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(Path.of("/dev/tty").toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (stty.waitFor(500, TimeUnit.MILLISECONDS) && stty.exitValue() == 0) {
        String size = new String(stty.getInputStream().readAllBytes(), US_ASCII).strip();
        return Integer.parseInt(size.substring(size.indexOf(' ') + 1));
      }
    } catch (IOException | NumberFormatException e) {
      return USUAL;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return USUAL;
  }

  /** The text in lines that fit behind an indent, broken where it has blanks. */
  List<String> wrapped(String text, int indent) {
    int room = Math.max(NARROWEST - indent, width - indent);
    List<String> lines = new ArrayList<>();
    String rest = text;
    while (rest.length() > room) {
      int blank = rest.lastIndexOf(' ', room);
      int end = blank > 0 ? blank : room;
      lines.add(rest.substring(0, end));
      rest = rest.substring(end).strip();
    }
    lines.add(rest);
    return lines;
  }

  String bold(String text) {
    return styled("1", text);
  }

  String good(String text) {
    return styled("32", text);
  }

  String warning(String text) {
    return styled("33", text);
  }

  String bad(String text) {
    return styled("31", text);
  }

  private String styled(String code, String text) {
    return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
