package io.berth.jobs.ledger;

/**
 * The ledger could not be opened, read or written. Whatever was to be written is not; no act may
 * follow from it.
 */
public final class LedgerException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public LedgerException(String message, Throwable cause) {
    super(message, cause);
  }

  public LedgerException(String message) {
    super(message);
  }
}
