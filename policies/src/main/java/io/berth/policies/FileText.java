package io.berth.policies;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Optional;

/** The text of one file on disk, read whole and checked to be one. */
final class FileText {

  /** More than a thousand users' overrides; a parser takes many times that in memory. */
  static final int LARGEST = 1 << 20;

  private static final String TOO_LARGE_MEANT =
      "a file of up to " + (LARGEST >> 20) + " MiB is read; is it the right one?";

  private FileText() {}

  /** Whether nothing is there, not even a link that leads nowhere. */
  static boolean isAbsent(Path path) {
    return Files.notExists(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Its text; empty after saying why it can't be read. */
  static Optional<String> read(Path path, Source source) {
    try {
      if (!Files.readAttributes(path, BasicFileAttributes.class).isRegularFile()) {
        String kind = Files.isDirectory(path) ? "is a directory" : "is not a regular file";
        source.error(kind, "put a file in its place");
        return Optional.empty();
      }
      return decode(path, source);
    } catch (NoSuchFileException e) {
      source.error("does not exist", "create it, or name the file to read");
    } catch (AccessDeniedException e) {
      source.error("can't be read: permission denied", "let the daemon's user read it");
    } catch (IOException e) {
      source.error("can't be read: " + e.getMessage(), "see that it is a file on a healthy disk");
    }
    return Optional.empty();
  }

  private static Optional<String> decode(Path path, Source source) throws IOException {
    if (Files.size(path) > LARGEST) {
      source.error("is " + Files.size(path) + " bytes, too large", TOO_LARGE_MEANT);
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(LARGEST + 1);
      if (bytes.length > LARGEST) {
        source.error("is too large", TOO_LARGE_MEANT);
        return Optional.empty();
      }
      return decode(bytes, source);
    }
  }

  private static Optional<String> decode(byte[] bytes, Source source) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    String text = out.flip().toString();
    if (result.isError()) {
      int[] place = placeAfter(text);
      String what =
          String.format(Locale.ROOT, "the byte 0x%02x is not UTF-8", bytes[in.position()]);
      source.error(place[0], place[1], what, "save the file as UTF-8");
      return Optional.empty();
    }
    return printable(text.startsWith("\ufeff") ? text.substring(1) : text, source);
  }

  /** The text, unless it has characters that neither YAML nor a user name may have. */
  static Optional<String> printable(String text, Source source) {
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      int c = text.codePointAt(at);
      if (!isPrintable(c)) {
        int[] place = placeAfter(text.substring(0, at));
        String what = String.format(Locale.ROOT, "the character U+%04X is not allowed", c);
        source.error(place[0], place[1], what, "remove it; the file must be plain text");
        return Optional.empty();
      }
    }
    return Optional.of(text);
  }

  private static boolean isPrintable(int c) {
    boolean control = Character.isISOControl(c) && c != '\t' && c != '\n' && c != '\r';
    boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
    return !control && !surrogate && c != 0xfeff && (c & 0xfffe) != 0xfffe;
  }

  /** Line and column, from 1, of what comes after that text. */
  private static int[] placeAfter(String text) {
    int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
    int begin = text.lastIndexOf('\n') + 1;
    return new int[] {line, 1 + text.codePointCount(begin, text.length())};
  }
}
