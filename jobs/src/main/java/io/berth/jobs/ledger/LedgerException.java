package io.berth.jobs.ledger;

import java.sql.SQLException;

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

  /** Whether the disk is to blame, full or failing: the same may succeed in a while. */
  public boolean isOfTheDisk() {
    return getCause() instanceof SQLException e && Soundness.isOfTheDisk(e);
  }
}
