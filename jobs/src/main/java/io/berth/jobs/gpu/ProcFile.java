package io.berth.jobs.gpu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Small text files of the kernel. They have no size before they are read, which the library's own
 * methods pay for with more calls; a sample reads many.
 */
public final class ProcFile {

  private static final int USUAL_SIZE = 8192;

  /** A thread's own, outside of the heap, where the kernel writes to without a copy between. */
  private static final ThreadLocal<ByteBuffer> USUAL =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(USUAL_SIZE));

  private ProcFile() {}

  /** Its whole content. Names in it may be any bytes: as Latin-1 none of them is an error. */
  public static String read(Path file) throws IOException {
    try (ByteChannel channel = Files.newByteChannel(file)) {
      ByteBuffer text = USUAL.get().clear();
      while (channel.read(text) >= 0) {
        if (!text.hasRemaining()) {
          text = ByteBuffer.allocate(2 * text.capacity()).put(text.flip());
        }
      }
      byte[] content = new byte[text.position()];
      text.flip().get(content);
      return new String(content, StandardCharsets.ISO_8859_1);
    }
  }
}
