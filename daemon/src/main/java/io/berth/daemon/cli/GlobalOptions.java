package io.berth.daemon.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options that may stand before or after any command. */
final class GlobalOptions {

  static final Path DEFAULT_CONFIG = Path.of("/etc/berth/resource-limits.yaml");

  /** How a command prints what it found. */
  enum Format {
    TEXT,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      description = "How to print: text (default) or json.")
  private Format format = Format.TEXT;

  @Option(
      names = "--config",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description = "The configuration; /etc/berth/resource-limits.yaml if not given.")
  private @Nullable Path config;

  boolean json() {
    return format == Format.JSON;
  }

  Path config() {
    return config == null ? DEFAULT_CONFIG : config;
  }
}
