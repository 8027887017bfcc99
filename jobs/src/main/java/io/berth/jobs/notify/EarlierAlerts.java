package io.berth.jobs.notify;

import java.util.List;

/** What owners were told before, by this daemon or by one before it. */
@FunctionalInterface
public interface EarlierAlerts {

  /** None are known. */
  EarlierAlerts NONE = (containerId, most) -> List.of();

  /**
   * The last alerts about a container, as {@link Notice#alert} has them, oldest first.
   *
   * @return never more than {@code most}; empty where there are none, or none can be read
   */
  List<String> of(String containerId, int most);
}
