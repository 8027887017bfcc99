package io.berth.daemon.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * One entry for systemd's journal in its own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL):
 * fields in a datagram. Values are cut, so that the whole stays under what a datagram takes.
 */
final class JournalMessage {

  /** What the journal takes as a field's name. */
  private static final int MAX_NAME = 64;

  private static final String CUT = " ... (cut)";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);

  /**
   * Adds a field; several of one name are several values of it.
   *
   * @param name in any letters; a name that the journal would not take is spelled as one that it
   *     does
   * @param most how many characters of the value are kept
   */
  JournalMessage field(String name, String value, int most) {
    String kept = value.length() <= most ? value : value.substring(0, most) + CUT;
    byte[] text = kept.getBytes(UTF_8);
    bytes.writeBytes(spelled(name).getBytes(UTF_8));
    if (kept.indexOf('\n') < 0) {
      bytes.write('=');
    } else {
      bytes.write('\n');
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.writeBytes(length.putLong(text.length).array());
    }
    bytes.writeBytes(text);
    bytes.write('\n');
    return this;
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }

  /** Capitals, digits and underscores, beginning with a letter: others are the journal's own. */
  private static String spelled(String name) {
    String capitals = name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    String proper = capitals.matches("[A-Z].*") ? capitals : "X" + capitals;
    return proper.substring(0, Math.min(proper.length(), MAX_NAME));
  }
}
