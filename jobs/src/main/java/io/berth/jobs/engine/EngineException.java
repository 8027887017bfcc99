package io.berth.jobs.engine;

import java.util.Objects;

/**
 * The Engine could not be asked, or did not answer as it should. What was asked for stays unknown.
 */
public final class EngineException extends Exception {

  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Kind {
    /** Nobody listens, or the connection broke. */
    UNREACHABLE,
    /** No answer by the deadline. */
    TIMEOUT,
    /** An answer that is an error, or one that makes no sense. */
    ERROR
  }

  private final Kind kind;

  public EngineException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public EngineException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /** Where, what, and what to do; never null. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
