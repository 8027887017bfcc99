package io.berth.daemon.events;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The number of the last event in a file of the log, which is where writing goes on. Lines that are
 * not the log's (a crash of the host may leave zeros) are passed over.
 */
final class LastSeq {

  private static final int BLOCK = 64 * 1024;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Logger LOG = LoggerFactory.getLogger(LastSeq.class);

  private LastSeq() {}

  /**
   * Reads backwards from the end; empty where no line carries a number.
   *
   * @param end where the last complete line ends
   */
  static OptionalLong of(FileChannel file, long end) throws IOException {
    long lineEnd = end;
    while (lineEnd > 0) {
      long start = afterLastNewline(file, lineEnd - 1);
      OptionalLong seq = inLine(read(file, start, lineEnd));
      if (seq.isPresent()) {
        return seq;
      }
      lineEnd = start;
    }
    return OptionalLong.empty();
  }

  /**
   * Reads a whole file that was moved away, compressed or not; empty where no line carries a
   * number. One that is damaged counts up to the damage: better an event twice than none any more.
   */
  static OptionalLong of(Path moved) throws IOException {
    String last = "";
    try (InputStream bytes = Files.newInputStream(moved);
        InputStream plain = moved.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes;
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line.contains("\"seq\":") ? line : last;
      }
    } catch (EOFException | ZipException e) {
      LOG.warn("{} is damaged and was read in part only", moved, e);
    }
    return inLine(last);
  }

  /** The position behind the last newline before {@code end}; 0 if there is none. */
  static long afterLastNewline(FileChannel file, long end) throws IOException {
    long blockEnd = end;
    while (blockEnd > 0) {
      long blockStart = Math.max(0, blockEnd - BLOCK);
      byte[] block = bytes(file, blockStart, blockEnd);
      for (int i = block.length - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return blockStart + i + 1;
        }
      }
      blockEnd = blockStart;
    }
    return 0;
  }

  private static OptionalLong inLine(String line) {
    try {
      JsonNode seq = JSON.readTree(line).path("seq");
      return seq.canConvertToLong() ? OptionalLong.of(seq.asLong()) : OptionalLong.empty();
    } catch (JacksonException e) {
      return OptionalLong.empty(); // no line of ours
    }
  }

  private static String read(FileChannel file, long start, long end) throws IOException {
    return new String(bytes(file, start, end), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(FileChannel file, long start, long end) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(end - start));
    while (buffer.hasRemaining()) {
      if (file.read(buffer, start + buffer.position()) < 0) {
        throw new IOException("the file became shorter while it was read");
      }
    }
    return buffer.array();
  }
}
