package io.berth.daemon.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The GPUs of the demo: what the stand-in for NVIDIA's library (jobs/src/test/c) says is there. So
 * many that they are never in high demand, which would shorten the limits.
 */
final class Rack {

  static final int GPUS = 24;

  private Rack() {}

  /** Fills the rack that the library at that path sees. */
  static void fill(Path library) throws IOException {
    List<String> lines = new ArrayList<>(List.of("driver 550.54.15"));
    for (int gpu = 0; gpu < GPUS; gpu++) {
      lines.add(
          String.format(
              Locale.ROOT,
              "gpu GPU-00000000-0000-0000-0000-%012d mem=81920 name=NVIDIA H100 80GB",
              gpu));
    }
    Files.write(library.resolveSibling(library.getFileName() + ".state"), lines);
  }

  /** As people call the device of that UUID. */
  static String name(String uuid) {
    return "GPU " + Integer.parseInt(uuid.substring(uuid.lastIndexOf('-') + 1));
  }
}
