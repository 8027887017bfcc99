package io.berth.daemon.cli;

/** The exit codes of DESIGN section 7. */
public final class ExitCode {

  public static final int DONE = 0;
  public static final int FAILED = 1;
  public static final int USAGE = 2;

  /** A quota, a policy, or what the caller may do. */
  public static final int REFUSED = 3;

  /** No rule forbids it, but no device is free. */
  public static final int NOTHING_FREE = 4;

  /** The daemon is not reachable. */
  public static final int NO_DAEMON = 5;

  /** The Engine is unreachable at start: EX_UNAVAILABLE of sysexits.h. */
  public static final int NO_ENGINE = 69;

  /** Bad configuration: EX_CONFIG of sysexits.h. */
  public static final int CONFIG = 78;

  private ExitCode() {}
}
