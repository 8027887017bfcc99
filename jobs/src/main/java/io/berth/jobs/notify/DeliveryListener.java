package io.berth.jobs.notify;

import java.util.List;

/** Hears what came of a notice. */
@FunctionalInterface
public interface DeliveryListener {

  /**
   * Called once for each notice, on a thread of the notifier's own, when the last channel is done
   * with it.
   *
   * @param deliveries one for each channel that is on, in the order of the configuration
   */
  void delivered(Notice notice, List<Delivery> deliveries);
}
