package io.berth.jobs.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of procfs as text. */
final class Proc {

  private Proc() {}

  /** Its whole content; what is not UTF-8 (a process may call itself anything) is replaced. */
  static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
