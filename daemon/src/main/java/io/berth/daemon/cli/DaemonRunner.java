package io.berth.daemon.cli;

import io.berth.policies.Mode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What {@code berth daemon} runs. */
public interface DaemonRunner {

  /**
   * The command line of the daemon.
   *
   * @param mode null where the command line says none
   * @param waitForEngine whether to wait for an Engine that is unreachable at start
   */
  record Options(Path config, @Nullable Mode mode, boolean waitForEngine) {}

  /** Runs until it is told to end; returns an {@link ExitCode}. */
  int run(Options options);
}
