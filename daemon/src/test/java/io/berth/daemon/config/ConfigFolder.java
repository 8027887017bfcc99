package io.berth.daemon.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A configuration of a test, with its ledger's folder. */
final class ConfigFolder {

  final Path main;
  final Path state;

  ConfigFolder(Path folder) {
    main = folder.resolve("etc/berth.yaml");
    state = folder.resolve("state");
  }

  ConfigFolder write(String idleTimeout) throws IOException {
    return writeText(
        """
        defaults:
          idle_timeout: %s
        groups:
          lab: {max_runtime: 2h}
        daemon:
          ledger: %s/ledger.db
        """
            .formatted(idleTimeout, state));
  }

  ConfigFolder writeText(String text) throws IOException {
    return writeBeside("berth.yaml", text);
  }

  ConfigFolder writeBeside(String name, String text) throws IOException {
    Path file = main.resolveSibling(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return this;
  }
}
