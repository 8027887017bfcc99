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

  @Option(
      names = "--socket",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description = "The daemon's socket; else $BERTH_SOCKET, else daemon.socket of --config.")
  private @Nullable Path socket;

  /** What the command line says; null where it says nothing. */
  @Nullable Path socket() {
    return socket;
  }

  /** What the command line says; null where it says nothing. */
  @Nullable Path namedConfig() {
    return config;
  }

  boolean json() {
    return format == Format.JSON;
  }

  Path config() {
    return config == null ? DEFAULT_CONFIG : config;
  }
}
