package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The file of those logged in now (utmp(5)), as the GNU C library lays it out. */
final class Utmp {

  private static final int USER_PROCESS = 7;
  private static final int LINE_AT = 8;
  private static final int LINE_LENGTH = 32;

  /** Without directories: the file is as good as whoever may write it. */
  private static final Pattern LINE = Pattern.compile("pts/[0-9]+|tty[0-9]+");

  private Utmp() {}

  /** Whether nobody keeps it on this host: a kept one has the boot in it at least. */
  static boolean isEmpty(Path file) throws IOException {
    try {
      return Files.size(file) == 0;
    } catch (NoSuchFileException e) {
      return true;
    }
  }

  /** The terminals of logins, such as {@code pts/3} or {@code tty1}. */
  static List<String> lines(Path file) throws IOException {
    if (isEmpty(file)) {
      return List.of();
    }
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
    List<String> lines = new ArrayList<>();
    int size = recordSize();
    for (int at = 0; at + size <= all.limit(); at += size) {
      String line = line(all, at);
      if (all.getShort(at) == USER_PROCESS && LINE.matcher(line).matches()) {
        lines.add(line);
      }
    }
    return lines;
  }

  private static String line(ByteBuffer all, int at) {
    byte[] bytes = new byte[LINE_LENGTH];
    all.get(at + LINE_AT, bytes);
    String padded = new String(bytes, ISO_8859_1);
    int end = padded.indexOf('\0');
    return end < 0 ? padded : padded.substring(0, end);
  }

  /** aarch64 has times of 64 bits in it, x86-64 keeps the old ones of 32. */
  static int recordSize() {
    return System.getProperty("os.arch", "").equals("aarch64") ? 400 : 384;
  }
}
