package io.berth.daemon.config;

import io.berth.policies.Problem;
import java.util.List;

/** There is no configuration to start with: the file is bad, and there is no last good one. */
public final class BadConfiguration extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  BadConfiguration(String message, List<Problem> problems) {
    super(message);
    this.problems = List.copyOf(problems);
  }

  /** What is wrong with the file. */
  public List<Problem> problems() {
    return problems;
  }
}
