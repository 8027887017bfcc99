package io.berth.jobs;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The containers that the Enforcer has in hand. What a survey says of one of them may be older than
 * what was done to it since the survey began, so it says nothing.
 */
final class InFlight {

  private final Set<String> inHand = new HashSet<>();
  private final Map<String, Long> ended = new HashMap<>();
  private long moment;
  private int surveys;

  /** A survey begins; the answer goes to {@link #isTouched} and then to {@link #surveyed}. */
  synchronized long surveying() {
    surveys++;
    return moment;
  }

  /** That survey has been used up. */
  synchronized void surveyed() {
    surveys--;
    if (surveys == 0) {
      ended.clear();
    }
  }

  /** Whether it was in hand at any time since that survey began. */
  synchronized boolean isTouched(String containerId, long surveyed) {
    return inHand.contains(containerId) || ended.getOrDefault(containerId, -1L) >= surveyed;
  }

  /** Takes it in hand; false if it is already. */
  synchronized boolean take(String containerId) {
    return inHand.add(containerId);
  }

  synchronized void release(String containerId) {
    inHand.remove(containerId);
    ended.put(containerId, moment++);
  }
}
