package io.berth.daemon.control;

import java.util.List;

/** What an admin can ask of the breaker. */
public interface BreakerControl {

  /** What was approved: exactly these containers, once. */
  record Approved(List<String> containers) {}

  /**
   * Lets what it holds back now be done, once.
   *
   * @throws IllegalStateException if it is not tripped; the message says so
   */
  Approved approve(String who, String why);
}
