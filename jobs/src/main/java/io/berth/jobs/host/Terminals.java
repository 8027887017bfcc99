package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.berth.jobs.container.UserDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The terminals that somebody is logged in at. Those that utmp lists; where there is no utmp, or an
 * empty one, as with newer systemds, all pseudo terminals of the host.
 *
 * <p>Whose a terminal is, is told by the owner of its device alone, before and after the opening.
 * One that its owner closed to messages ({@code mesg n} takes the group's right to write) is left
 * alone.
 */
public final class Terminals {

  /** Bits of st_mode: the kind of file, a character device, and the group's right to write. */
  private static final int S_IFMT = 0170000;

  private static final int S_IFCHR = 0020000;
  private static final int S_IWGRP = 0020;

  private record Device(int uid, int mode) {

    boolean isCharacterDevice() {
      return (mode & S_IFMT) == S_IFCHR;
    }

    boolean takesMessages() {
      return (mode & S_IWGRP) != 0;
    }
  }

  private final Path dev;
  private final Path utmp;
  private final UserDatabase users;

  /**
   * What became of a message.
   *
   * @param to the terminals that took it all
   * @param notTo the user's other terminals, each with the reason; and what stood in the way of
   *     telling whose a terminal is
   */
  public record Written(List<String> to, List<String> notTo) {}

  /**
   * @param dev {@code /dev}
   * @param utmp {@code /run/utmp}
   */
  public Terminals(Path dev, Path utmp, UserDatabase users) {
    this.dev = dev;
    this.utmp = utmp;
    this.users = users;
  }

  /**
   * Writes to all terminals of a user. A terminal that is stopped, or that nobody reads from, does
   * not hold this up: what does not fit is not written.
   *
   * @param text lines; all but ASCII's printing characters is shown as {@code ?}, since a terminal
   *     may take the bytes of others for its own commands
   * @throws IOException it can't be told which terminals there are
   */
  public Written write(String user, String text) throws IOException {
    byte[] bytes = printable(text).getBytes(US_ASCII);
    List<String> to = new ArrayList<>();
    List<String> notTo = new ArrayList<>();
    for (String line : lines()) {
      try {
        if (isOf(user, device(dev.resolve(line), LinkOption.NOFOLLOW_LINKS))) {
          write(line, user, bytes);
          to.add(line);
        }
      } catch (IOException e) {
        if (Files.exists(dev.resolve(line))) { // it may be closed by now
          notTo.add(line + ": " + e.getMessage());
        }
      }
    }
    return new Written(to, notTo);
  }

  private void write(String line, String user, byte[] text) throws IOException {
    int flags = Libc.O_WRONLY | Libc.O_NOCTTY | Libc.O_NONBLOCK;
    try (Libc.Fd terminal = Libc.open(dev.resolve(line).toString(), flags)) {
      Device opened = device(terminal.path());
      if (!isOf(user, opened) || !opened.isCharacterDevice()) {
        throw new IOException("is another's by now");
      }
      if (!opened.takesMessages()) {
        throw new IOException("takes no messages (mesg n)");
      }
      int taken = Libc.write(terminal, text);
      if (taken < text.length) {
        throw new IOException(
            "is stopped or full: took " + taken + " of " + text.length + " bytes");
      }
    }
  }

  private boolean isOf(String user, Device terminal) throws IOException {
    UserDatabase.Answer answer = users.nameOf(Integer.toUnsignedLong(terminal.uid));
    if (answer instanceof UserDatabase.Answer.NoAnswer none) {
      throw new IOException("whose it is can't be told: " + none.why());
    }
    return answer instanceof UserDatabase.Answer.Found found && found.name().equals(user);
  }

  private List<String> lines() throws IOException {
    List<String> logins = Utmp.lines(utmp);
    return logins.isEmpty() && Utmp.isEmpty(utmp) ? pseudoTerminals() : logins;
  }

  private List<String> pseudoTerminals() throws IOException {
    try (Stream<Path> all = Files.list(dev.resolve("pts"))) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> name.matches("[0-9]+"))
          .sorted()
          .map(name -> "pts/" + name)
          .toList();
    }
  }

  private static Device device(Path file, LinkOption... links) throws IOException {
    return new Device(
        (int) Files.getAttribute(file, "unix:uid", links),
        (int) Files.getAttribute(file, "unix:mode", links));
  }

  /** Lines end with a carriage return as well: a terminal in raw mode does not add it. */
  private static String printable(String text) {
    return text.replaceAll("[^\\x20-\\x7e\\n]", "?").replace("\n", "\r\n");
  }
}
