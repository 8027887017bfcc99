package io.berth.daemon.cli;

import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Where the daemon's control socket is: DESIGN section 7, "CLI". */
final class ControlSocket {

  static final Path DEFAULT = Path.of("/run/berth/berth.sock");
  private static final String VARIABLE = "BERTH_SOCKET";

  private ControlSocket() {}

  /**
   * Finds it.
   *
   * @throws LedgerPlace.NoConfiguration if the configuration would have to tell, and can't be
   *     loaded
   */
  static Path find(GlobalOptions global, Map<String, String> environment) {
    Path named = global.socket();
    if (named != null) {
      return named;
    }
    String variable = environment.getOrDefault(VARIABLE, "");
    if (!variable.isBlank()) {
      return Path.of(variable);
    }
    Path config = global.namedConfig();
    if (config != null) {
      return configured(config);
    }
    // Reading the configuration takes longer than all else: only where it may say otherwise.
    boolean usual = Files.exists(DEFAULT) || !Files.isReadable(GlobalOptions.DEFAULT_CONFIG);
    return usual ? DEFAULT : configured(GlobalOptions.DEFAULT_CONFIG);
  }

  private static Path configured(Path config) {
    PolicyLoader.Loaded loaded = PolicyLoader.load(config);
    PolicyBook book = loaded.book();
    if (book == null) {
      throw new LedgerPlace.NoConfiguration(
          "where the daemon's socket is can't be told: "
              + loaded.errors().get(0)
              + ". Name it with --socket, or see 'berth check-config'");
    }
    return book.daemon().socket();
  }
}
