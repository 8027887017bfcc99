package io.berth.daemon.cli;

import io.berth.jobs.ledger.LedgerReader;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the ledger lies that a command reads without a daemon. */
final class LedgerPlace {

  private final GlobalOptions global;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      description = "The ledger; daemon.ledger of the configuration if not given.")
  private @Nullable Path ledger;

  LedgerPlace(GlobalOptions global) {
    this.global = global;
  }

  /** Whether the command line says which file to read. */
  boolean isNamed() {
    return ledger != null;
  }

  /** The configuration that would name the ledger can't be loaded. */
  static final class NoConfiguration extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoConfiguration(String message) {
      super(message);
    }
  }

  /**
   * @param named what the command line says in another way; null where it does not
   * @throws NoConfiguration if it is needed and can't be loaded
   */
  LedgerReader reader(@Nullable Path named) {
    if (named != null) {
      return new LedgerReader(named);
    }
    return new LedgerReader(ledger != null ? ledger : configured());
  }

  private Path configured() {
    PolicyLoader.Loaded loaded = PolicyLoader.load(global.config());
    PolicyBook book = loaded.book();
    if (book == null) {
      throw new NoConfiguration(
          "where the ledger is can't be told: "
              + loaded.errors().get(0)
              + ". Name the ledger with --ledger, or see 'berth check-config'");
    }
    return book.daemon().ledger();
  }
}
